import { readdirSync } from 'node:fs';
import { constants } from 'node:os';
import { processStatusText, signalMask } from '../protocol/signal-mask.js';
import { isFirstProcess } from '../protocol/watched-signals.js';

type Kill = (this: unknown, pid: number, signal: number, ...rest: unknown[]) => unknown;

/** Signals that do not end a process which has no listener for them. SIGUSR1 is Node's: it opens the inspector. */
const harmless: ReadonlySet<string> = new Set([
  'SIGCHLD',
  'SIGCONT',
  'SIGPIPE',
  'SIGSTOP',
  'SIGTSTP',
  'SIGTTIN',
  'SIGTTOU',
  'SIGURG',
  'SIGUSR1',
  'SIGWINCH',
]);

const names: ReadonlyMap<number, NodeJS.Signals> = new Map(
  Object.entries(constants.signals).map(([name, number]) => [number, name as NodeJS.Signals]),
);

/**
 * The system's number of a thread of this process other than the main one. A signal to it is one to the process, and Node does not
 * know that. Of a signal to itself without a listener Node thinks that it is the end, whatever the signal: it says that it waits for
 * our session, and lets nobody call into the program any more.
 *
 * @returns nothing where the system does not tell.
 */
function anotherThread(): number | undefined {
  try {
    return readdirSync('/proc/self/task')
      .map(Number)
      .find((thread) => thread > 0 && thread !== process.pid);
  } catch {
    return undefined;
  }
}

/**
 * Calls back when the program is about to send itself a signal that it dies of: by `process.kill` out of the blue, or again
 * in a listener that has taken itself away.
 *
 * The collector sees signals from outside on its own thread. One that the program sends itself would be seen there too, while
 * the program runs on, where it would have been dead at once. So nothing of ours may be left when it is sent; and Node's
 * inspector would say that it waits for a debugger. `process._kill` is what `process.kill` comes down to, once it knows the
 * signal's number.
 *
 * @param callBack Gets the signal's name.
 * @returns takes everything away.
 */
export function onOwnSignal(callBack: (signal: NodeJS.Signals) => void): () => void {
  const { pid } = process;
  const { apply, get, set } = Reflect;
  const { listenerCount } = process;
  const kill = get(process, '_kill') as Kill;

  const isMeant = (target: number) => target === pid || target === 0 || target === -1 || target === -pid;
  const endsProgram = (signal: NodeJS.Signals) =>
    !harmless.has(signal) && !isFirstProcess() && !signalMask(processStatusText('self'), 'SigIgn')(signal);
  const wrapped: Kill = function (target, number, ...rest) {
    const signal = names.get(number);
    if (signal !== undefined && isMeant(target) && apply(listenerCount, process, [signal]) === 0) {
      if (endsProgram(signal)) callBack(signal);
      else if (target === pid) {
        const other = anotherThread();
        if (other !== undefined && apply(kill, this, [other, number, ...rest]) === 0) return 0;
      }
    }
    return apply(kill, this, [target, number, ...rest]);
  };
  if (!set(process, '_kill', wrapped)) return () => {};
  return () => {
    // Whoever has wrapped ours keeps it, and it only passes on.
    if (get(process, '_kill') === wrapped) set(process, '_kill', kill);
  };
}
