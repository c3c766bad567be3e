import { ProfBufError } from './errors.js';
import { describe, SLEEPING, WRITE_POSITION } from './layout.js';

export interface WaitOptions {
  /** Whether a pending wait keeps the process running. */
  keepAlive?: boolean;
}

// The part of ES2024 that this needs: its place in TypeScript's libraries differs between versions.
type WaitAsync = (
  array: Int32Array,
  index: number,
  value: number,
) => { readonly async: false } | { readonly async: true; readonly value: Promise<unknown> };

/** Timers take at most 2^31 - 1 ms (24.8 days); beyond that a timeout is as good as none. */
const LONGEST_TIMEOUT = 2 ** 31 - 1;

/**
 * How the reader sleeps. In both ways: set the sleeping bit, look once more, and only then sleep; look again when woken,
 * since a wake-up says only that something has changed. A bit that a timeout leaves behind costs the writer one notify.
 */
export class Sleep {
  readonly #control: Int32Array;
  readonly #isReady: () => boolean;
  readonly #position: () => number;
  /** What to do at the next wake-up: one entry for each pending `suspend`. */
  readonly #sleepers = new Set<() => void>();
  /** True while the engine has a wait of ours that it has not ended. */
  #isListening = false;

  /**
   * @param isReady whether there is something to wake up for
   * @param position the write position for which `isReady` says no
   */
  constructor(control: Int32Array, isReady: () => boolean, position: () => number) {
    this.#control = control;
    this.#isReady = isReady;
    this.#position = position;
  }

  /** Blocks until `isReady`, which must be false now, or until the time is up. Returns what `isReady` last said. */
  block(timeoutMs: number): boolean {
    checkTimeout(timeoutMs);
    const deadline = now() + timeoutMs;
    for (;;) {
      const rest = deadline - now();
      if (rest <= 0) return this.#isReady();
      const asleep = this.#setSleepingBit();
      if (this.#isReady()) return true;
      this.#waitAtMost(asleep, rest);
      if (this.#isReady()) return true;
    }
  }

  /** Settles when `isReady`, which must be false now, or when the time is up, with what `isReady` last said. */
  suspend(timeoutMs: number, keepAlive: boolean): Promise<boolean> {
    checkTimeout(timeoutMs);
    return new Promise((resolve, reject) => {
      const settle = (outcome: () => void) => {
        this.#sleepers.delete(look);
        stopTimer();
        outcome();
      };
      const attempt = (step: () => void) => {
        try {
          step();
        } catch (error) {
          settle(() => reject(error));
        }
      };
      const look = () =>
        attempt(() => {
          const asleep = this.#setSleepingBit();
          if (this.#isReady()) settle(() => resolve(true));
          else this.#listen(asleep);
        });
      const giveUp = () =>
        attempt(() => {
          const isReady = this.#isReady();
          settle(() => resolve(isReady));
        });
      const stopTimer = startTimer(giveUp, timeoutMs, keepAlive);
      this.#sleepers.add(look);
      look();
    });
  }

  /** Returns the value to sleep on. If the writer has moved on the bit is not set, and there is something to read. */
  #setSleepingBit(): number {
    const position = this.#position();
    Atomics.compareExchange(this.#control, WRITE_POSITION, position, position | SLEEPING);
    return position | SLEEPING;
  }

  #waitAtMost(asleep: number, milliseconds: number): void {
    try {
      Atomics.wait(this.#control, WRITE_POSITION, asleep, milliseconds);
    } catch (cause) {
      // Found by trying: no property tells reliably which threads may block.
      throw new ProfBufError(
        'BLOCKING_FORBIDDEN',
        'this thread may not block; poll next(), or use waitAsync() where there is one',
        { cause },
      );
    }
  }

  /** Has the engine wait on the word, unless it does already: its wait cannot be cancelled. */
  #listen(asleep: number): void {
    if (this.#isListening) return;
    const waitAsync = (Atomics as { waitAsync?: WaitAsync }).waitAsync;
    if (waitAsync === undefined) {
      throw new ProfBufError(
        'NO_WAIT_ASYNC',
        'this engine has no Atomics.waitAsync; poll next(), or wait() in a worker',
      );
    }
    const wait = waitAsync(this.#control, WRITE_POSITION, asleep);
    this.#isListening = true;
    (wait.async ? wait.value : Promise.resolve()).then(() => {
      this.#isListening = false;
      for (const look of [...this.#sleepers]) look();
    });
  }
}

/** Milliseconds on a clock that is never set back where there is one; an AudioWorklet has only the other. */
function now(): number {
  return globalThis.performance?.now() ?? Date.now();
}

function checkTimeout(timeoutMs: number): void {
  if (typeof timeoutMs !== 'number' || !(timeoutMs >= 0)) {
    throw new ProfBufError(
      'INVALID_TIMEOUT',
      `the timeout is ${describe(timeoutMs)}; expected a number of milliseconds, 0 or more, or none`,
    );
  }
}

/** Calls back when the time is up, and keeps the process running meanwhile if so asked. Returns how to stop it. */
function startTimer(callback: () => void, timeoutMs: number, keepAlive: boolean): () => void {
  const isEndless = timeoutMs > LONGEST_TIMEOUT;
  if (typeof setTimeout !== 'function') {
    if (isEndless) return () => {};
    throw new ProfBufError('INVALID_TIMEOUT', 'this thread has no timers; call without a timeout, or poll next()');
  }
  if (isEndless && !keepAlive) return () => {};
  const timer = isEndless ? setInterval(() => {}, LONGEST_TIMEOUT) : setTimeout(callback, timeoutMs);
  // Only Node's timers keep a process running, and only they have unref.
  if (!keepAlive) (timer as { unref?: () => void }).unref?.();
  return () => (isEndless ? clearInterval(timer) : clearTimeout(timer));
}
