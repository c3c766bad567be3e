import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { listenersWord, type WatchedSignal, watch, watchedSignals, watchWord } from './control.js';
import { processStatusText, signalMask } from './signal-mask.js';

/** The handle that lies under `process.on(signal)`. */
interface SignalHandle {
  onsignal: () => void;
  start(signal: number): number;
  unref(): void;
  close(): void;
}

/**
 * Sees signals that are about to end the program, on the collector's own event loop: the application's thread may be in
 * an endless loop. A signal for which the program has listeners is left alone.
 *
 * Node lets only main threads use `process.on(signal)`. The binding below it works on any thread; the collector's worker,
 * and nothing else in the process, is started with the flag that shows it. Where it is missing, a signal ends the program
 * at once, as it would without us, and the last checkpoint is what remains.
 */
export class SignalWatch {
  readonly #words: Int32Array;
  readonly #beforeEnd: () => Promise<void>;
  readonly #handles = new Map<WatchedSignal, SignalHandle>();
  readonly #taken: ReadonlySet<WatchedSignal>;
  #Signal: (new () => SignalHandle) | undefined;

  /**
   * @param words Shared with the application's thread; see control.ts.
   * @param beforeEnd Called once a signal is about to end the process, which ends when the promise settles.
   */
  constructor(words: Int32Array, beforeEnd: () => Promise<void>) {
    this.#words = words;
    this.#beforeEnd = beforeEnd;
    this.#taken = takenSignals(words);
  }

  /** @returns whether signals can be seen. */
  start(): boolean {
    this.#Signal = signalBinding();
    this.update();
    return this.#Signal !== undefined;
  }

  /** The program's listeners have changed. */
  update(): void {
    for (const signal of watchedSignals) {
      if (!this.#isHandled(signal)) this.#open(signal);
      // A signal may have come before the program's listener did. It is in this thread's queue then, and has its turn first.
      else setImmediate(() => setImmediate(() => this.#leave(signal)));
    }
  }

  stop(): void {
    this.#Signal = undefined;
    for (const signal of watchedSignals) this.#close(signal, watch.none);
  }

  #isHandled(signal: WatchedSignal): boolean {
    return Atomics.load(this.#words, listenersWord(signal)) === 1;
  }

  #open(signal: WatchedSignal): void {
    if (this.#Signal === undefined || this.#handles.has(signal) || this.#taken.has(signal)) return;
    const handle = new this.#Signal();
    handle.unref();
    handle.onsignal = () => this.#onSignal(signal);
    if (handle.start(constants.signals[signal]) !== 0) {
      handle.close();
      return;
    }
    this.#handles.set(signal, handle);
    this.#say(signal, watch.open);
  }

  #leave(signal: WatchedSignal): void {
    if (this.#Signal !== undefined && this.#isHandled(signal)) this.#close(signal, watch.left);
  }

  #close(signal: WatchedSignal, state: number): void {
    this.#handles.get(signal)?.close();
    this.#handles.delete(signal);
    this.#say(signal, state);
  }

  #say(signal: WatchedSignal, state: number): void {
    Atomics.store(this.#words, watchWord(signal), state);
    Atomics.notify(this.#words, watchWord(signal));
  }

  async #onSignal(signal: WatchedSignal): Promise<void> {
    if (this.#isHandled(signal)) return;
    // Closing libuv's last handle for a signal gives it its default action back, so that a second one, while the profile
    // is being written, ends the process at once.
    this.#close(signal, watch.none);
    try {
      await this.#beforeEnd();
    } finally {
      process.kill(process.pid, signal);
    }
  }
}

function signalBinding(): (new () => SignalHandle) | undefined {
  try {
    const require = createRequire(process.execPath);
    const { internalBinding } = require('internal/test/binding') as {
      internalBinding(name: string): { Signal?: new () => SignalHandle };
    };
    return internalBinding('signal_wrap').Signal;
  } catch {
    return undefined;
  }
}

/** Node has handlers of its own for these, from the start, and dies of them all the same. */
const caughtByNode: ReadonlySet<WatchedSignal> = new Set(['SIGINT', 'SIGTERM']);

/**
 * The watched signals that somebody wanted ignored, or that native code catches, where the system tells. A handle would
 * undo either.
 */
function takenSignals(words: Int32Array): ReadonlySet<WatchedSignal> {
  const status = processStatusText('self');
  const isIgnored = signalMask(status, 'SigIgn');
  const isCaught = signalMask(status, 'SigCgt');
  const isListenedTo = (signal: WatchedSignal) => Atomics.load(words, listenersWord(signal)) === 1;
  return new Set(
    watchedSignals.filter(
      (signal) => isIgnored(signal) || (isCaught(signal) && !caughtByNode.has(signal) && !isListenedTo(signal)),
    ),
  );
}
