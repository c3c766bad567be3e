import { constants } from 'node:os';
import { hasListeners, listenersWord, watch, watchedSince, watchWord } from '../../protocol/control-words.js';
import { processStatusText, signalMask } from '../../protocol/signal-mask.js';
import { caughtByNode, isFirstProcess, type WatchedSignal, watchedSignals } from '../../protocol/watched-signals.js';

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
  readonly #beforeEnd: (signal: WatchedSignal) => Promise<void>;
  /** With the listeners' word at which each is known to have seen nothing that the program has seen too. */
  readonly #handles = new Map<WatchedSignal, { readonly handle: SignalHandle; since: number }>();
  readonly #taken: ReadonlySet<WatchedSignal>;
  #Signal: (new () => SignalHandle) | undefined;

  /**
   * @param words Shared with the application's thread; see control.ts.
   * @param beforeEnd Called once a signal is about to end the process, which ends when the promise settles.
   */
  constructor(words: Int32Array, beforeEnd: (signal: WatchedSignal) => Promise<void>) {
    this.#words = words;
    this.#beforeEnd = beforeEnd;
    this.#taken = takenSignals(words);
  }

  /** @returns whether signals can be seen, where they matter. */
  start(): boolean {
    // It lives on, and so does its profile.
    if (isFirstProcess()) return true;
    this.#Signal = signalBinding();
    this.update();
    return this.#Signal !== undefined;
  }

  /** The program's listeners have changed. */
  update(): void {
    for (const signal of watchedSignals) {
      const listeners = this.#listeners(signal);
      if (this.#handles.get(signal)?.since === listeners) continue;
      if (!hasListeners(listeners)) this.#open(signal, listeners);
      // A signal may have come before. It is in this thread's queue then, and has its turn first.
      setImmediate(() => setImmediate(() => this.#follow(signal, listeners)));
    }
  }

  stop(): void {
    this.#Signal = undefined;
    for (const signal of watchedSignals) this.#close(signal, watch.none);
  }

  #listeners(signal: WatchedSignal): number {
    return Atomics.load(this.#words, listenersWord(signal));
  }

  #open(signal: WatchedSignal, since: number): void {
    if (this.#Signal === undefined || this.#handles.has(signal) || this.#taken.has(signal)) return;
    const handle = new this.#Signal();
    handle.unref();
    handle.onsignal = () => this.#onSignal(signal);
    if (handle.start(constants.signals[signal]) !== 0) {
      handle.close();
      return;
    }
    this.#handles.set(signal, { handle, since });
    this.#say(signal, watch.open, since);
  }

  /** Does as the program's listeners were, unless they have changed again. */
  #follow(signal: WatchedSignal, listeners: number): void {
    const watched = this.#handles.get(signal);
    if (watched === undefined || listeners !== this.#listeners(signal)) return;
    if (hasListeners(listeners)) {
      this.#close(signal, watch.left);
    } else if (watched.since !== listeners) {
      watched.since = listeners;
      this.#say(signal, watch.open, listeners);
    }
  }

  #close(signal: WatchedSignal, state: number): void {
    this.#handles.get(signal)?.handle.close();
    this.#handles.delete(signal);
    this.#say(signal, state, this.#listeners(signal));
  }

  #say(signal: WatchedSignal, state: number, since: number): void {
    Atomics.store(this.#words, watchWord(signal), watchedSince(state, since));
    Atomics.notify(this.#words, watchWord(signal));
  }

  async #onSignal(signal: WatchedSignal): Promise<void> {
    // Since this watch began the program has listened, or does so now: the signal may have been for its listener.
    if (this.#handles.get(signal)?.since !== this.#listeners(signal)) return;
    // Closing libuv's last handle for a signal gives it its default action back, so that a second one, while the profile
    // is being written, ends the process at once.
    this.#close(signal, watch.none);
    try {
      await this.#beforeEnd(signal);
    } finally {
      process.kill(process.pid, signal);
    }
  }
}

function signalBinding(): (new () => SignalHandle) | undefined {
  try {
    // Of the script that Node has evaluated; to load node:module takes 1.6 to 2.6 ms of a start (20.20, 24.21, a slow machine).
    const { require = process.getBuiltinModule('node:module').createRequire(process.execPath) } = globalThis as {
      require?: NodeJS.Require;
    };
    const { internalBinding } = require('internal/test/binding') as {
      internalBinding(name: string): { Signal?: new () => SignalHandle };
    };
    return internalBinding('signal_wrap').Signal;
  } catch {
    return undefined;
  }
}

/**
 * The watched signals that somebody wanted ignored, or that native code catches, where the system tells. A handle would
 * undo either.
 */
function takenSignals(words: Int32Array): ReadonlySet<WatchedSignal> {
  const status = processStatusText('self');
  const isIgnored = signalMask(status, 'SigIgn');
  const isCaught = signalMask(status, 'SigCgt');
  const isListenedTo = (signal: WatchedSignal) => hasListeners(Atomics.load(words, listenersWord(signal)));
  return new Set(
    watchedSignals.filter(
      (signal) => isIgnored(signal) || (isCaught(signal) && !caughtByNode.has(signal) && !isListenedTo(signal)),
    ),
  );
}
