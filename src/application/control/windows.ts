import { endTitle } from '../../protocol/thread-control.js';
import { stopwatch } from './stopwatch.js';

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
/** Titles of profiles that may run. Written down before they begin, crossed out after they have ended; see ./control.ts. */
let running: readonly string[] = [];

/** What begins the first profile of a series? */
export function begin(name: string, schedstat: number): number {
  series = name;
  count = 0;
  stopwatch.readFrom(schedstat);
  if (!isMainThread) {
    off('exit', leave);
    on('exit', leave);
  }
  return rotate();
}

export function rotate(): number {
  const pauseMs = stopwatch.start();
  count++;
  start(series + count);
  endAllBut(1);
  return pauseMs();
}

export function end(): number {
  const pauseMs = stopwatch.start();
  endAllBut(0);
  if (!isMainThread) off('exit', leave);
  return pauseMs();
}

/** A worker thread that ends by itself sends its last window on the way out, and before it a profile of the name `end`. */
function leave(): void {
  start(series + endTitle);
  end();
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
