import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants } from 'node:os';

/** Signals that end a process which has no handler for them, and that come from outside. */
const watched = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

interface SignalWatcher {
  onsignal: (signal: number) => void;
  start(signal: number): number;
  unref(): void;
  close(): void;
}

/**
 * Sees signals that are about to end the program, on the collector's own event loop: the application's thread may be in
 * an endless loop. libuv hands a signal to every watcher in the process, so the program's own handlers still get theirs.
 *
 * Node lets only main threads use `process.on(signal)`. Below it lies a binding that works on any thread; the collector's
 * worker, and nothing else in the process, is started with the flag that shows it. Where it is missing, a signal ends
 * the program at once, as it would without us, and the last checkpoint is what remains.
 */
export class SignalWatch {
  readonly #watchers = new Map<number, SignalWatcher>();
  readonly #beforeEnd: () => Promise<void>;

  /** @param beforeEnd Called when a signal is about to end the process. */
  constructor(beforeEnd: () => Promise<void>) {
    this.#beforeEnd = beforeEnd;
  }

  /** @returns whether signals can be seen. */
  start(): boolean {
    const Signal = signalBinding();
    if (Signal === undefined) return false;
    for (const name of watched) {
      const number = constants.signals[name];
      if (number === undefined || isInMask('SigIgn', number) === true) continue;
      this.#watch(Signal, number);
    }
    return true;
  }

  stop(): void {
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  #watch(Signal: new () => SignalWatcher, number: number): void {
    const watcher = new Signal();
    watcher.unref();
    watcher.onsignal = () => this.#onSignal(Signal, number);
    if (watcher.start(number) === 0) this.#watchers.set(number, watcher);
    else watcher.close();
  }

  #onSignal(Signal: new () => SignalWatcher, number: number): void {
    // Closing the last watcher gives the signal its default action back. If it is still caught, then by the program.
    // Otherwise a second signal, while the profile is being written, ends the process at once.
    this.#watchers.get(number)?.close();
    this.#watchers.delete(number);
    if (isInMask('SigCgt', number) === true) {
      this.#watch(Signal, number);
      return;
    }
    this.#beforeEnd().finally(() => process.kill(process.pid, number));
  }
}

function signalBinding(): (new () => SignalWatcher) | undefined {
  try {
    const { internalBinding } = createRequire(process.execPath)('internal/test/binding') as {
      internalBinding(name: string): { Signal?: new () => SignalWatcher };
    };
    return internalBinding('signal_wrap').Signal;
  } catch {
    return undefined;
  }
}

/** Whether the process ignores (`SigIgn`) or catches (`SigCgt`) the signal; `undefined` where the system does not tell. */
function isInMask(mask: 'SigIgn' | 'SigCgt', number: number): boolean | undefined {
  try {
    const digits = new RegExp(`^${mask}:\\s*([0-9a-f]+)$`, 'm').exec(readFileSync('/proc/self/status', 'latin1'))?.[1];
    return digits === undefined ? undefined : ((BigInt(`0x${digits}`) >> BigInt(number - 1)) & 1n) === 1n;
  } catch {
    return undefined;
  }
}
