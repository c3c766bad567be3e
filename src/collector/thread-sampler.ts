import { CpuClock } from './cpu-clock.js';
import type { Target } from './inspector-client.js';
import { type FinishedWindow, Rotation } from './rotation.js';
import { ThreadWindow } from './thread-window.js';
import { readWindow } from './window.js';

export interface ThreadSamplerOptions {
  /** Empty for the main thread. */
  readonly threadName: string;
  readonly sampleRate: number;
  readonly targetPauseMs: number;
  readonly onWindow: (window: ThreadWindow) => void;
}

/** The longest that one window may last while the thread works, in milliseconds. */
const longestBusyMs = 250;
/** The longest that one window may last at all. Ending one wakes the thread's event loop, so an idle one is left alone. */
const longestIdleMs = 2000;
/** A window this busy, in periods, without a single stack is a sampler that stands still. */
const stuckPeriods = 10;
/** How many such windows in a row it takes. */
const stuckWindows = 2;

/** Samples one thread: begins and ends its windows, and knows what they cost. */
export class ThreadSampler {
  readonly threadName: string;
  readonly #target: Target;
  readonly #options: ThreadSamplerOptions;
  readonly #intervalMicros: number;
  #rotation: Rotation | undefined;
  #clock: CpuClock | undefined;
  #windowMs: number;
  #windowStartMicros = 0;
  #lastSampleMicros = 0;
  #lastEndMicros = 0;
  /** CPU time of windows that had no sample to carry it, for the next sample that comes. */
  #owedNanos = 0;
  #emptyWindows = 0;
  #ending: Promise<void> | undefined;
  #isFinished = false;

  samples = 0;
  idleSamples = 0;
  cpuNanos = 0;
  runQueueWaitNanos = 0;
  windows = 0;
  lostWindows = 0;
  restarts = 0;
  longestPauseMs = 0;
  totalPauseMs = 0;

  constructor(target: Target, options: ThreadSamplerOptions) {
    this.#target = target;
    this.#options = options;
    this.threadName = options.threadName;
    this.#intervalMicros = Math.round(1e6 / options.sampleRate);
    this.#windowMs = this.#shortestMs();
  }

  get cpuSource(): 'schedstat' | 'samples' {
    return this.#clock === undefined ? 'samples' : 'schedstat';
  }

  async start(): Promise<void> {
    this.#rotation = await Rotation.start(this.#target, this.#intervalMicros);
    this.#clock = CpuClock.open(this.#rotation.threadId);
    this.#windowStartMicros = nowMicros();
    this.#lastEndMicros = this.#windowStartMicros;
  }

  /** Whether the window has become long enough, or expensive enough to end. */
  isDue(): boolean {
    if (this.#rotation === undefined || this.#ending !== undefined) return false;
    const ageMs = (nowMicros() - this.#windowStartMicros) / 1000;
    if (ageMs >= longestIdleMs) return true;
    const busyMs = this.#clock === undefined ? ageMs : this.#clock.peek().cpuNanos / 1e6;
    // A thread that sleeps in a system call has samples without CPU time; they do not grow the tree of stacks.
    return busyMs >= this.#windowMs;
  }

  /** Ends the window and begins the next. Late while the thread is blocked in native code, and then one at a time. */
  rotate(): Promise<void> {
    this.#ending ??= this.#rotate().finally(() => {
      this.#ending = undefined;
    });
    return this.#ending;
  }

  /** Ends the last window. */
  async finish(): Promise<void> {
    await this.#ending;
    const rotation = this.#rotation;
    this.#rotation = undefined;
    if (rotation !== undefined && !this.#isFinished) {
      this.#isFinished = true;
      this.#deliver(await rotation.finish());
    }
    this.close();
  }

  /** The thread has ended before its last window was fetched. */
  abandon(): void {
    if (this.#isFinished) return;
    this.#isFinished = true;
    this.lostWindows++;
    this.close();
  }

  close(): void {
    this.#clock?.close();
    this.#clock = undefined;
    this.#rotation = undefined;
  }

  async #rotate(): Promise<void> {
    const finished = await this.#rotation?.rotate();
    if (this.#isFinished) return;
    this.#deliver(finished);
    if (this.#emptyWindows >= stuckWindows || finished === undefined) await this.#restart();
  }

  #deliver(finished: FinishedWindow | undefined): void {
    this.#windowStartMicros = nowMicros();
    const spent = this.#clock?.advance();
    if (finished === undefined) {
      this.lostWindows++;
      this.#owedNanos += spent?.cpuNanos ?? 0;
      return;
    }
    const { profile, pauseMs } = finished;
    const read = readWindow(profile, this.#lastSampleMicros);
    const busy = read.samples.reduce((sum, { isIdle }) => sum + (isIdle ? 0 : 1), 0);
    const cpuNanos = spent === undefined ? busy * this.#intervalMicros * 1000 : spent.cpuNanos + this.#owedNanos;
    const wallNanos = Math.max(0, Math.round(profile.endTime - this.#lastEndMicros)) * 1000;
    const window = new ThreadWindow(this.threadName, read, cpuNanos, wallNanos);
    this.#owedNanos = busy === 0 ? cpuNanos : 0;
    this.#emptyWindows =
      read.samples.length === 0 && (spent?.cpuNanos ?? 0) >= stuckPeriods * this.#intervalMicros * 1000
        ? this.#emptyWindows + 1
        : 0;
    this.#lastSampleMicros = read.lastMicros;
    this.#lastEndMicros = profile.endTime;
    this.windows++;
    this.samples += busy;
    this.idleSamples += read.samples.length - busy;
    if (busy > 0) this.cpuNanos += cpuNanos;
    this.runQueueWaitNanos += spent?.runQueueWaitNanos ?? 0;
    this.#countPause(pauseMs);
    this.#options.onWindow(window);
  }

  /** Gives the next window the length at which it should cost the target, in steps that one odd window cannot upset. */
  #countPause(pauseMs: number): void {
    this.longestPauseMs = Math.max(this.longestPauseMs, pauseMs);
    this.totalPauseMs += pauseMs;
    const ratio = this.#options.targetPauseMs / 2 / Math.max(pauseMs, 0.01);
    const wanted = this.#windowMs * Math.min(1.5, Math.max(0.3, ratio));
    this.#windowMs = Math.min(longestBusyMs, Math.max(this.#shortestMs(), wanted));
  }

  /** A window needs some samples, or it is all cost: 4 periods, and not less than 20 ms. */
  #shortestMs(): number {
    return Math.min(longestBusyMs, Math.max(20, (4 * this.#intervalMicros) / 1000));
  }

  async #restart(): Promise<void> {
    this.restarts++;
    this.#emptyWindows = 0;
    await this.#target.post('Profiler.disable');
    this.#rotation = await Rotation.start(this.#target, this.#intervalMicros);
  }
}

/** The clock of `process.hrtime`, which V8 stamps samples with. */
export function nowMicros(): number {
  return Number(process.hrtime.bigint() / 1000n);
}
