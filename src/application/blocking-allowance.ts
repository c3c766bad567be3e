import { nowMicros } from '../protocol/monotonic-clock.js';

/** How long may a thread be held up now, if that is to be a small share of its time, and short each time? */
export class BlockingAllowance {
  readonly #mostMs: number;
  readonly #share: number;
  #leftMs: number;
  #asOfMicros = nowMicros();

  /**
   * @param mostMs At once: what a rest saves up.
   * @param share Of the time that passes, from 0 to 1.
   */
  constructor(mostMs: number, share: number) {
    this.#mostMs = mostMs;
    this.#share = share;
    this.#leftMs = mostMs;
  }

  /** Milliseconds; 0 or less when it is used up. */
  get leftMs(): number {
    const now = nowMicros();
    const saved = ((now - this.#asOfMicros) / 1000) * this.#share;
    this.#asOfMicros = now;
    this.#leftMs = Math.min(this.#mostMs, this.#leftMs + saved);
    return this.#leftMs;
  }

  /** Does what holds the thread up, and takes the time off. */
  spend(work: () => void): void {
    const begin = nowMicros();
    try {
      work();
    } finally {
      this.#leftMs -= (nowMicros() - begin) / 1000;
    }
  }
}
