import type { SampleRate } from './sample-rate.js';
import type { WindowAccount } from './window-account.js';
import type { WindowLength } from './window-length.js';

/** The longest that one window may last at all. Ending one wakes the thread's event loop, so an idle one is left alone. */
export const longestIdleMs = 2000;
/**
 * How long two windows run side by side, in periods and at most in milliseconds. V8 puts a sample into its profiles when it
 * takes the next one: of one that is ended at once, what was sampled last would be in none, and of a long system call that is
 * all (Node 20 to 26; half of all ends cost a sample).
 */
const overlapPeriods = 1.2;
const longestOverlapMs = 60;
/** A worker thread is young while it has worked no longer than this. */
const youngMs = 1000;
/** Of its life, what a window may take at most: the last one of a thread that is terminated while nothing can be asked of it is lost. */
const shareOfLife = 1 / 4;

/** When the running window of a thread is to end, and how long the next one runs beside it. */
export class WindowPlan {
  readonly #isWorker: boolean;
  readonly #account: WindowAccount;
  readonly #rate: SampleRate;

  /** @param isWorker Worker threads may be terminated, and most that are have not lived long. */
  constructor(isWorker: boolean, account: WindowAccount, rate: SampleRate) {
    this.#isWorker = isWorker;
    this.#account = account;
    this.#rate = rate;
  }

  get overlapMs(): number {
    return Math.min(longestOverlapMs, overlapPeriods * this.#periodMs);
  }

  /**
   * Milliseconds until the window can have become long enough, or expensive enough, to end: 0 or less when it has. No
   * thread spends CPU time faster than time passes, so nobody needs to look earlier.
   */
  untilDueMs(length: WindowLength): number {
    const untilLongMs = this.#plannedMs(length) - this.#account.busyMs;
    return Math.min(untilLongMs, longestIdleMs - this.#account.ageMs);
  }

  #plannedMs({ ms }: WindowLength): number {
    if (!this.#isYoung) return ms;
    return Math.min(ms, Math.max(this.#periodMs, (this.#account.lifeMs ?? 0) * shareOfLife));
  }

  get #isYoung(): boolean {
    return this.#isWorker && (this.#account.lifeMs ?? Number.POSITIVE_INFINITY) < youngMs;
  }

  get #periodMs(): number {
    return this.#rate.intervalMicros / 1000;
  }
}
