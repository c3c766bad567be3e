import { nowMicros } from '../../protocol/monotonic-clock.js';

/** Until work is due again that has failed, in milliseconds. */
export const retryMs = 10;

/** One piece of work at a time, and after one that has failed a rest. */
export class Turn {
  #current: Promise<void> | undefined;
  #notBeforeMicros = 0;

  get isTaken(): boolean {
    return this.#current !== undefined;
  }

  /** 0 or less when the rest is over. */
  get untilRetryMs(): number {
    return (this.#notBeforeMicros - nowMicros()) / 1000;
  }

  /** Begins the work, if none is under way. @returns what is under way then. */
  take(work: () => Promise<void>): Promise<void> {
    this.#current ??= this.#do(work);
    return this.#current;
  }

  async #do(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#notBeforeMicros = nowMicros() + retryMs * 1000;
      throw error;
    } finally {
      this.#current = undefined;
    }
  }

  /** Resolves when what is under way has ended, in whatever way. */
  async settled(): Promise<void> {
    await this.#current?.catch(() => {});
  }
}
