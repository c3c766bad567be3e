import { samplingIntervalWord } from '../../protocol/control-words.js';
import { type HandOver, handOverBy } from '../../protocol/hand-over.js';
import type { InheritedSettings, WindowMessage } from '../../protocol/thread-channel.js';
import type { FirstWindow, Series } from '../../protocol/thread-control.js';
import { firstWindow, ownSpending, readWaitsFrom, startStopwatch } from './stopwatch.js';
import type { Windows } from './windows.js';

/** What `v8.startCpuProfile()` gives. */
interface ProfileHandle {
  /** @returns the profile as text, in which names and urls stand as they are, with their quotes and backslashes. */
  stop(): string;
}

const v8 = process.getBuiltinModule('node:v8') as unknown as {
  startCpuProfile?(options: { sampleInterval: number }): ProfileHandle;
  setFlagsFromString(flag: string): void;
};
const { startCpuProfile, setFlagsFromString } = v8;
const { BroadcastChannel, isMainThread, threadId } = process.getBuiltinModule('node:worker_threads');
const { compareExchange, notify, store, wait } = Atomics;
const on = process.on.bind(process);
const off = process.off.bind(process);

// The collector may come while Node is still at its own beginning, and comes again then.
if (typeof BroadcastChannel !== 'function') throw new Error('Node has not begun yet');

export const hasHandles = startCpuProfile !== undefined;

/** Node 24 does not look at the option, but at V8's flag, and only when the first profile of a thread begins. */
const needsFlag = Number(process.versions.node.split('.', 1)[0]) < 26;
/** How long a thread waits for another one that has set the flag just now, in milliseconds: a start takes 13 to 19. */
const flagPatienceMs = 100;
const intervalFlag = /^--cpu[-_]profiler[-_]sampling[-_]interval=/;
/** V8's own, in microseconds, unless the program was started with another one. */
const defaultInterval = process.execArgv.find((flag) => intervalFlag.test(flag))?.replace(intervalFlag, '') ?? '1000';

let handOver: HandOver<WindowMessage> | undefined;
let channel = '';
let intervalMicros = 10_000;
/** The newest one last. */
let running: readonly ProfileHandle[] = [];
let early: FirstWindow | undefined;
/** The thread, a worker, is about to end. */
let isLeaving = false;
/** How many profiles nobody will ask for run on in a thread that is about to end. */
let spare: 0 | 1 = 0;
/** Windows that have ended and are not handed over, because there was no room on the stack to do so. */
let ended: readonly string[] = [];

/** Windows by profile handles: the first start takes 13 to 19 ms, one beside another that runs 0.02 ms. */
export const handleWindows: Windows = {
  begin(series: Series): FirstWindow {
    const first = early;
    early = undefined;
    channel = series.channel;
    readWaitsFrom(series.schedstat);
    if (first === undefined) {
      // What a collector that is gone has left behind is nobody's.
      for (const handle of running) handle.stop();
      running = [];
      ended = [];
    }
    if (!isMainThread) {
      off('exit', leaveAtEnd);
      on('exit', leaveAtEnd);
    }
    return first ?? start(series.intervalMicros);
  },

  next(): number {
    // A window that begins while the last ones are being handed over would be nobody's, and the last one not the last.
    if (isLeaving) return 0;
    const pauseMs = startStopwatch();
    startOne();
    return pauseMs();
  },

  end(kept: 0 | 1): number {
    if (isGone()) return 0;
    const pauseMs = startStopwatch();
    endAllBut(kept);
    return pauseMs();
  },

  leave(): void {
    // It may be ending by itself just now.
    if (isGone()) return;
    // To end V8's last profile takes 3 to 4 ms, for which whoever terminates the thread would have to wait.
    startOne();
    spare = 1;
    isLeaving = true;
    endAllBut(1);
  },
};

/**
 * Whether this thread has ended by itself, and handed its last window over. A command that comes after that may come while Node takes
 * the thread down, as it runs JavaScript to write coverage, and what the clocks are read by is gone: that ended the process (24.21, 12
 * of 450 runs).
 */
function isGone(): boolean {
  return isLeaving && running.length === 0 && ended.length === 0;
}

export function startEarly(settings: InheritedSettings): void {
  // The collector may have been faster.
  if (running.length > 0) return;
  handOver = handOverBy(BroadcastChannel);
  const words = new Int32Array(settings.control);
  channel = settings.channel;
  while (needsFlag && compareExchange(words, samplingIntervalWord, 0, 1) !== 0) {
    if (wait(words, samplingIntervalWord, 1, flagPatienceMs) === 'timed-out') break;
  }
  early = start(settings.intervalMicros);
  store(words, samplingIntervalWord, 0);
  notify(words, samplingIntervalWord);
  if (!isMainThread) on('exit', leaveAtEnd);
}

function start(interval: number): FirstWindow {
  const pauseMs = startStopwatch();
  intervalMicros = interval;
  // The flag is the whole process's, and others that profile expect what it was.
  if (needsFlag) setFlagsFromString(`--cpu-profiler-sampling-interval=${interval}`);
  startOne();
  if (needsFlag) setFlagsFromString(`--cpu-profiler-sampling-interval=${defaultInterval}`);
  return firstWindow(pauseMs());
}

function startOne(): void {
  makeSureOfRoom(32);
  const handle = startCpuProfile?.({ sampleInterval: intervalMicros / 1000 });
  if (handle !== undefined) running = [...running, handle];
}

/** A worker thread that ends by itself hands its last window over on the way out. */
function leaveAtEnd(): void {
  isLeaving = true;
  spare = 0;
  // A command in the middle of it may have closed the channel that the window was to go over.
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      endAllBut(0);
      return;
    } catch {
      // No room on the stack. The collector sees that the thread ended without its last window, and says so.
    }
  }
}

function endAllBut(kept: 0 | 1): void {
  makeSureOfRoom(32);
  while (running.length > kept) {
    const [oldest, ...others] = running;
    running = others;
    if (oldest !== undefined) ended = [...ended, oldest.stop()];
  }
  handWindowsOver();
  if (kept === 0 && !isMainThread) off('exit', leaveAtEnd);
}

/** A command may come in the middle of another: each takes what is there. */
function handWindowsOver(): void {
  for (let [window, ...others] = ended; window !== undefined; [window, ...others] = ended) {
    ended = others;
    const isLast = isLeaving && running.length === spare && others.length === 0;
    try {
      handOver ??= handOverBy(BroadcastChannel);
      handOver(channel, {
        threadId,
        window,
        ...(early === undefined ? {} : { first: early }),
        ...(isLast ? { lastNanos: ownSpending().cpuNanos } : {}),
      });
    } catch (error) {
      ended = [window, ...ended];
      throw error;
    }
  }
}

/** Throws while there is something to lose yet: a start that failed half-way would leave a profile that nobody can end. */
function makeSureOfRoom(frames: number): number {
  return frames === 0 ? 0 : 1 + makeSureOfRoom(frames - 1);
}
