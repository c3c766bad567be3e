import type { Rotation } from './rotation.js';

/**
 * What of the target the pauses should come to in the middle. They differ: on deep stacks, no two alike, the median of 1,579
 * was 1.2 ms, one in a hundred over 2.0, and the two longest 2.4 and 3.4.
 */
const aim = 0.6;
/** The most and the least by which one pause changes the length: one in many is long for reasons that do not last. */
const mostGrowth = 1.5;
const mostShrinkage = 0.5;

/** How long a thread's windows should be: as long as may be, since every one costs something, but ended by short pauses. */
export class WindowLength {
  readonly #shortestMs: number;
  readonly #longestMs: number;
  readonly #aimMs: number;
  #ms: number;

  /** @param targetPauseMs Which the pauses at the end of windows stay below, mostly. */
  constructor(
    { shortestBusyMs, longestBusyMs }: Pick<Rotation, 'shortestBusyMs' | 'longestBusyMs'>,
    intervalMicros: number,
    targetPauseMs: number,
  ) {
    this.#longestMs = longestBusyMs;
    // A window needs some samples, or it is all cost.
    this.#shortestMs = Math.min(longestBusyMs, Math.max(shortestBusyMs, (4 * intervalMicros) / 1000));
    this.#aimMs = targetPauseMs * aim;
    // What the thread does is not known yet.
    this.#ms = this.#shortestMs;
  }

  /** Of the running window, in milliseconds that the thread works. */
  get ms(): number {
    return this.#ms;
  }

  get isShortest(): boolean {
    return this.#ms === this.#shortestMs;
  }

  /**
   * Takes account of a window that has ended.
   * @param busyMs What the thread worked in it. A window that was ended early says nothing for longer ones.
   */
  learn(pauseMs: number, busyMs: number): void {
    // The root, so that pauses that come to the aim in the middle do not make the windows swing.
    const factor = Math.sqrt(this.#aimMs / Math.max(pauseMs, 0.01));
    if (factor > 1 && busyMs < this.#ms / 2) return;
    const wanted = this.#ms * Math.min(mostGrowth, Math.max(mostShrinkage, factor));
    this.#ms = Math.min(this.#longestMs, Math.max(this.#shortestMs, wanted));
  }
}
