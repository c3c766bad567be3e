/** A pause this many times as long as the target, and no shorter than so many milliseconds, is too long. */
const tooLongFactor = 4;
const tooLongMs = 8;
/** How many windows in a row it takes: one may be long for reasons that do not last. */
const patience = 3;
/** By how much one step lowers the rate. */
const leastStep = 2;
const mostStep = 8;
/** It is not lowered below this. */
const lowestRate = 10;

/**
 * How often a thread is sampled: as often as was asked for, unless even the shortest windows hold it up for too long. Then
 * shorter windows cannot help, and the collector falls behind: meanwhile the next window grows, and takes longer still. Two
 * threads with stacks 60 frames deep, no two alike, at 10,000 samples a second: one pause came to 12 s.
 *
 * It stays lowered: V8 has to be stopped for every change, which in a large program costs 100 ms.
 */
export class SampleRate {
  readonly #targetPauseMs: number;
  readonly #tooLongMs: number;
  #perSecond: number;
  #tooLong = 0;

  /** @param perSecond What was asked for. */
  constructor(perSecond: number, targetPauseMs: number) {
    this.#perSecond = perSecond;
    this.#targetPauseMs = targetPauseMs;
    this.#tooLongMs = Math.max(tooLongMs, tooLongFactor * targetPauseMs);
  }

  get perSecond(): number {
    return this.#perSecond;
  }

  get intervalMicros(): number {
    return Math.round(1e6 / this.#perSecond);
  }

  /**
   * Takes account of one of the shortest windows that can be, which has ended.
   * @param busyMs What the thread worked in it, and `plannedMs`, what it was to work: a collector that is behind comes late.
   * @returns whether the rate is lower from now on.
   */
  learn(pauseMs: number, busyMs: number, plannedMs: number): boolean {
    this.#tooLong = pauseMs > this.#tooLongMs ? this.#tooLong + 1 : 0;
    if (this.#tooLong < patience || this.#perSecond <= lowestRate) return false;
    this.#tooLong = 0;
    const inTimeMs = pauseMs * Math.min(1, plannedMs / Math.max(busyMs, 1));
    const step = Math.min(mostStep, Math.max(leastStep, inTimeMs / this.#targetPauseMs));
    this.#perSecond = Math.max(lowestRate, Math.floor(this.#perSecond / step));
    return true;
  }
}
