import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants } from 'node:os';

/** Signals that end a process which has no handler for them, and that come from outside. */
const watchedSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
export type WatchedSignal = (typeof watchedSignals)[number];

/** The handle that lies under `process.on(signal)`. */
interface SignalHandle {
  onsignal: () => void;
  start(signal: number): number;
  unref(): void;
  close(): void;
}

export interface SignalWatchOptions {
  /** Asked where the system does not tell which signals a process catches. */
  readonly hasHandler: (signal: WatchedSignal) => Promise<boolean>;
  /** Called once a signal is about to end the process, which ends when the promise settles. */
  readonly beforeEnd: () => Promise<void>;
}

/**
 * Sees signals that are about to end the program, on the collector's own event loop: the application's thread may be in
 * an endless loop. libuv hands a signal to every watcher in the process, so the program's own handlers still get theirs.
 *
 * Node lets only main threads use `process.on(signal)`. The binding below it works on any thread; the collector's worker,
 * and nothing else in the process, is started with the flag that shows it. Where it is missing, a signal ends the program
 * at once, as it would without us, and the last checkpoint is what remains.
 */
export class SignalWatch {
  readonly #options: SignalWatchOptions;
  readonly #handles = new Map<WatchedSignal, SignalHandle>();
  #Signal: (new () => SignalHandle) | undefined;

  constructor(options: SignalWatchOptions) {
    this.#options = options;
  }

  /** @returns whether signals can be seen. */
  start(): boolean {
    this.#Signal = signalBinding();
    for (const signal of watchedSignals) {
      // A handle would undo what somebody wanted ignored.
      if (isInMask('SigIgn', signal) !== true) this.#open(signal);
    }
    return this.#Signal !== undefined;
  }

  stop(): void {
    for (const signal of watchedSignals) this.#close(signal);
  }

  #open(signal: WatchedSignal): void {
    if (this.#Signal === undefined) return;
    const handle = new this.#Signal();
    handle.unref();
    handle.onsignal = () => this.#onSignal(signal);
    if (handle.start(constants.signals[signal]) === 0) this.#handles.set(signal, handle);
    else handle.close();
  }

  #close(signal: WatchedSignal): void {
    this.#handles.get(signal)?.close();
    this.#handles.delete(signal);
  }

  async #onSignal(signal: WatchedSignal): Promise<void> {
    // Closing libuv's last handle for a signal gives it its default action back: a second one, while the profile is being
    // written, ends the process at once. If the signal is caught all the same, then by the program.
    this.#close(signal);
    if (isInMask('SigCgt', signal) ?? (await this.#options.hasHandler(signal))) {
      this.#open(signal);
      return;
    }
    try {
      await this.#options.beforeEnd();
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

/** Whether the process ignores (`SigIgn`) or catches (`SigCgt`) the signal; `undefined` where the system does not tell. */
function isInMask(mask: 'SigIgn' | 'SigCgt', signal: WatchedSignal): boolean | undefined {
  try {
    const status = readFileSync('/proc/self/status', 'latin1');
    const digits = new RegExp(`^${mask}:\\s*([0-9a-f]+)$`, 'm').exec(status)?.[1];
    if (digits === undefined) return undefined;
    return ((BigInt(`0x${digits}`) >> BigInt(constants.signals[signal] - 1)) & 1n) === 1n;
  } catch {
    return undefined;
  }
}
