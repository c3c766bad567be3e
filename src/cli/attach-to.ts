import { setTimeout as delay } from 'node:timers/promises';
import { formatCount } from './amounts.js';
import { AttachedProcess } from './attach/attached-process.js';
import { openInspector } from './attach/open-inspector.js';
import { factsOf, type ProcessFacts } from './attach/process-facts.js';
import { refusalOf, refuse } from './attach/refusal.js';
import { BadInput } from './bad-input.js';

/** Options of all commands that attach to a process. */
export const targetOptions = {
  port: { type: 'string' },
  signal: { type: 'boolean' },
  'other-user': { type: 'boolean' },
} as const;

/** Their lines of a usage. */
export const targetUsage = `  --port PORT         where its inspector is open already, if the program has opened it at a port of its own choice
  --signal            send SIGUSR1 also where it cannot be told whether the program listens to it itself
  --other-user        as root: also if it is another user's`;

/** Which process, and how it may be reached. */
export interface AttachTarget {
  readonly pid: number;
  readonly port: number | undefined;
  readonly isSignalAllowed: boolean;
  /** Whether root may attach to another user's. */
  readonly isOtherUserAllowed: boolean;
}

interface TargetValues {
  readonly port?: string | undefined;
  readonly signal?: boolean | undefined;
  readonly 'other-user'?: boolean | undefined;
}

/** @throws BadInput when that names no process. */
export function attachTargetOf(command: string, values: TargetValues, operands: readonly string[]): AttachTarget {
  const [word, ...more] = operands;
  if (word === undefined) throw new BadInput(`no process; name one by its id: see profbuf ${command} --help`);
  if (more.length > 0) throw new BadInput(`one process at a time, not ${operands.join(' ')}`);
  if (!/^[1-9]\d{0,9}$/.test(word)) throw new BadInput(`${word} is no process id: that is a whole number from 1 on`);
  const port = values.port === undefined ? undefined : Number(values.port);
  if (port !== undefined && !(Number.isInteger(port) && port >= 1 && port <= 65_535)) {
    throw new BadInput(`--port ${values.port}: a port is a whole number from 1 to 65535`);
  }
  return {
    pid: Number(word),
    port,
    isSignalAllowed: values.signal === true,
    isOtherUserAllowed: values['other-user'] === true,
  };
}

/** @throws BadInput when it is no time to look at a process for. */
export function secondsOf(value: string | undefined, standard: number): number {
  const seconds = Number(value ?? standard);
  if (seconds >= 0.1 && seconds <= 600) return seconds;
  throw new BadInput(`--seconds ${value}: seconds are a number from 0.1 to 600`);
}

/** @throws BadInput when it is no number of samples a second. */
export function rateOf(value: string | undefined): number {
  const rate = Number(value ?? 100);
  if (rate >= 1 && rate <= 10_000) return rate;
  throw new BadInput(`--rate ${value}: samples a second are a number from 1 to 10000`);
}

/** Settles after that time, or when nobody wants it any more. */
export async function timeIsUp(seconds: number, stop: AbortSignal): Promise<void> {
  await delay(seconds * 1000, undefined, { signal: stop }).catch(() => {});
}

/**
 * What has to be known of a process before anything is sent to it, only Linux tells.
 * @throws BadInput elsewhere.
 */
export function requireLinux(command: string): void {
  if (process.platform === 'linux') return;
  throw new BadInput(
    `${command} is for Linux only: elsewhere nothing says for sure, beforehand, that a process is Node.js and does not listen to the signal itself`,
  );
}

/** What this command itself can be ended by, while it has something to put back. */
const endingSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

interface SilenceOptions {
  /** How long the main thread has to answer, in milliseconds. */
  readonly silenceMs?: number;
  /** Called when it does not answer the signal. What that opens later is waited for all the same, to be closed. */
  readonly onSilence?: () => void;
}

/**
 * Attaches to a process, and leaves it as it was, whatever happens meanwhile.
 * @param work Its signal is aborted by Ctrl-C, which ends it early.
 * @throws BadInput when it cannot be attached to, or Ctrl-C came before the work had begun; {@link SilentProcess} when its main
 *   thread does not answer.
 */
export async function attachTo<Result>(
  command: string,
  { pid, port, isSignalAllowed, isOtherUserAllowed }: AttachTarget,
  work: (attached: AttachedProcess, facts: ProcessFacts, stop: AbortSignal) => Promise<Result>,
  { silenceMs = 10_000, onSilence = () => {} }: SilenceOptions = {},
): Promise<Result> {
  requireLinux(command);
  const facts = factsOf(pid);
  refuse(refusalOf(facts, isOtherUserAllowed));
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  // From before SIGUSR1 on: what that opens is to be closed, whatever ends this command.
  for (const signal of endingSignals) process.on(signal, onSignal);
  try {
    const inspector = await openInspector(facts, {
      port,
      isSignalAllowed,
      stop: stop.signal,
      onSignal: (workers) => {
        say(`opens the inspector of process ${pid}, which says so on its stderr`);
        if (workers > 0)
          say(
            `it is the primary of a cluster: Node opens those of its ${formatCount(workers, 'worker')} as well, which are closed at once`,
          );
      },
      silenceMs,
      onSilence: () => {
        onSilence();
        say(`process ${pid} does not answer, and may be blocked in native code: waits; Ctrl-C gives up`);
      },
    });
    const attached = await AttachedProcess.attach(facts, inspector, silenceMs);
    try {
      if (stop.signal.aborted) throw new BadInput(`ended before process ${pid} was looked at`);
      return await work(attached, facts, stop.signal);
    } finally {
      // What waits for it would keep this command.
      stop.abort();
      const problem = await attached.detach();
      if (problem !== undefined) say(problem);
    }
  } finally {
    for (const signal of endingSignals) process.off(signal, onSignal);
  }
}

export function say(text: string): void {
  process.stderr.write(`profbuf: ${text}\n`);
}
