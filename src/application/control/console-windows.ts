import { endTitle, type FirstWindow, type Series } from '../../protocol/thread-control.js';
import { firstWindow, ownSpending, readWaitsFrom, startStopwatch } from './stopwatch.js';
import type { Windows } from './windows.js';

const { profile, profileEnd } = (
  process.getBuiltinModule('node:inspector') as unknown as {
    console: { profile(title: string): void; profileEnd(title: string): void };
  }
).console;
const { isMainThread } = process.getBuiltinModule('node:worker_threads');
const on = process.on.bind(process);
const off = process.off.bind(process);

let series = '';
let count = 0;
/**
 * Titles of profiles that may run. One is written down before it begins and crossed out after it has ended, so that none is
 * forgotten where a command fails for want of room on the stack; to end one that does not run does nothing.
 */
let running: readonly string[] = [];

/** Windows as `console.profile`s, which the inspector's session gets. The console is V8's own, which no library wraps. */
export const consoleWindows: Windows = {
  begin({ name, schedstat }: Series): FirstWindow {
    series = name;
    count = 0;
    readWaitsFrom(schedstat);
    if (!isMainThread) {
      off('exit', leaveAtEnd);
      on('exit', leaveAtEnd);
    }
    const pauseMs = consoleWindows.next();
    // Of the series before.
    return firstWindow(pauseMs + consoleWindows.end(1));
  },

  next(): number {
    const pauseMs = startStopwatch();
    count++;
    start(series + count);
    return pauseMs();
  },

  end(kept: 0 | 1): number {
    const pauseMs = startStopwatch();
    endAllBut(kept);
    if (kept === 0 && !isMainThread) off('exit', leaveAtEnd);
    return pauseMs();
  },

  leave(): void {
    // It has ended by itself just now.
    if (running.length === 0) return;
    sayEnd();
    // To end V8's last profile takes 3 ms, for which whoever terminates the thread would have to wait.
    consoleWindows.next();
    endAllBut(1);
  },
};

/** A worker thread that ends by itself sends its last window on the way out. */
function leaveAtEnd(): void {
  try {
    sayEnd();
    consoleWindows.end(0);
  } catch {
    // No room on the stack. The collector sees that the thread ended without its last window, and says so.
  }
}

/** Before a thread's last window there is a profile of the name `end`, with the thread's CPU time behind it. */
function sayEnd(): void {
  start(`${series}${endTitle} ${ownSpending().cpuNanos}`);
}

function start(title: string): void {
  running = [...running, title];
  profile(title);
}

function endAllBut(kept: number): void {
  while (running.length > kept) {
    profileEnd(running[0] as string);
    running = running.slice(1);
  }
}
