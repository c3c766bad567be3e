import { type ChildProcess, spawn } from 'node:child_process';
import { processStatusText, signalMask } from '../protocol/signal-mask.js';

/** Every signal that a program may be meant to handle and that would otherwise end the command. */
const relayed: readonly NodeJS.Signals[] =
  process.platform === 'win32'
    ? ['SIGINT', 'SIGBREAK', 'SIGHUP']
    : ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'];

/**
 * Hands the signals that the command receives on to its program, each once, and keeps them from ending the command
 * before the program has ended.
 *
 * A signal may have reached the program already: Ctrl-C and a closing terminal signal the whole process group, and so
 * does `timeout`. Handing that one on as well would make two of it, and many programs take the second Ctrl-C for "stop
 * at once". The kernel does not tell a Node program who was meant, so a witness stands beside it: a `cat` in the same
 * group that waits for the end of its input. If it dies of the signal, the group was meant.
 */
export class SignalRelay {
  readonly #send: (signal: NodeJS.Signals) => void;
  readonly #listeners = new Map<NodeJS.Signals, () => void>();
  #witness: Witness;

  /** @param send is called for each signal that reached the command alone. */
  constructor(send: (signal: NodeJS.Signals) => void) {
    this.#send = send;
    this.#witness = new Witness();
    for (const signal of relayed) {
      const listener = () => void this.#relay(signal);
      this.#listeners.set(signal, listener);
      process.on(signal, listener);
    }
  }

  /** From here on signals do to the command what they do to any program. */
  close(): void {
    for (const [signal, listener] of this.#listeners) process.off(signal, listener);
    this.#witness.dismiss();
  }

  async #relay(signal: NodeJS.Signals): Promise<void> {
    const witness = this.#witness;
    const reachedGroup = await witness.diesOf(signal);
    if (reachedGroup && witness === this.#witness) this.#witness = new Witness();
    if (!reachedGroup) this.#send(signal);
  }
}

/** The witness dies within a millisecond of the signal, unless the machine has no time for it: see {@link Witness.#isDying}. */
const patienceMs = 100;

class Witness {
  readonly #process: ChildProcess | undefined;
  readonly #death: Promise<NodeJS.Signals | null>;

  constructor() {
    if (process.platform === 'win32') {
      // A console's Ctrl-C always reaches every process of the console, and there is no other source of these signals.
      this.#death = Promise.resolve(null);
      return;
    }
    const witness = spawn('cat', { stdio: ['pipe', 'ignore', 'ignore'], cwd: '/', env: { PATH: process.env.PATH } });
    this.#process = witness;
    this.#death = new Promise((resolve) => {
      witness.once('exit', (_code, signal) => resolve(signal));
      // A system without `cat` has no witness; see diesOf.
      witness.once('error', () => resolve(null));
    });
    witness.stdin.on('error', () => {});
    witness.unref();
  }

  async diesOf(signal: NodeJS.Signals): Promise<boolean> {
    if (this.#process?.pid === undefined) {
      return process.platform === 'win32' || (signal === 'SIGINT' && process.stdin.isTTY);
    }
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<null>((resolve) => {
      timer = setTimeout(resolve, patienceMs, null);
    });
    const died = await Promise.race([this.#death, timeout]);
    clearTimeout(timer);
    return died === signal || (died === null && this.#isDying(this.#process.pid, signal));
  }

  /** On a busy machine the witness may be dead without our having heard, or may still have to die. Linux tells of both. */
  #isDying(pid: number, signal: NodeJS.Signals): boolean {
    const status = processStatusText(pid);
    return /^State:\s*[ZX]/m.test(status) || signalMask(status, 'ShdPnd')(signal);
  }

  dismiss(): void {
    this.#process?.stdin?.end();
  }
}
