import type { FinishedWindow } from './rotation.js';
import type { WindowAccount } from './window-account.js';

/** Brings the finished windows of one thread to its account, one after the other, in the order of time. */
export class Deliveries {
  readonly #account: WindowAccount;
  #last: Promise<void> = Promise.resolve();

  constructor(account: WindowAccount) {
    this.#account = account;
  }

  /** @param finished `undefined` for a window that was lost. */
  put(finished: FinishedWindow | undefined, periodNanos: number): Promise<void> {
    return this.#append(async () => {
      if (finished === undefined) this.#account.lose();
      else await this.#account.take(finished, periodNanos);
    });
  }

  /** @param isWhole Whether the last window has come. */
  end(isWhole: boolean, periodNanos: number): void {
    this.#append(async () => this.#account.end(periodNanos, isWhole));
  }

  /** Resolves when what has come has been delivered. */
  async settled(): Promise<void> {
    await this.#last.catch(() => {});
  }

  #append(delivery: () => Promise<void>): Promise<void> {
    this.#last = this.#last.then(delivery, delivery);
    return this.#last;
  }
}
