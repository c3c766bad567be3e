import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { BadInput, reasonOf } from './bad-input.js';
import type { Program } from './program.js';
import { SignalRelay } from './signal-relay.js';

/** How a process ended: one of the two is null. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/**
 * Starts the program with our stdin, stdout and stderr. Until it ends, signals to the command are signals to it.
 * @returns what comes when it has ended.
 * @throws BadInput when it cannot be started.
 */
export async function startProgram(program: Program, env: NodeJS.ProcessEnv): Promise<{ end: Promise<Ending> }> {
  // The relay listens before the program runs: there is no moment in which a signal ends us and leaves it alone.
  const relay = new SignalRelay((signal) => child.kill(signal));
  const { file, args, argv0, shell } = program;
  const child = spawn(file, args, { stdio: 'inherit', env, shell, ...(argv0 === undefined ? {} : { argv0 }) });
  try {
    await once(child, 'spawn');
  } catch (error) {
    relay.close();
    const reason = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such command' : reasonOf(error);
    throw new BadInput(`cannot run ${file}: ${reason}`);
  }
  return { end: endOf(child).finally(() => relay.close()) };
}

function endOf(child: ChildProcess): Promise<Ending> {
  if (child.exitCode !== null || child.signalCode !== null) {
    return Promise.resolve({ code: child.exitCode, signal: child.signalCode });
  }
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
}

/**
 * Ends the command as its program ended: with the same status, or of the same signal, so that a shell, a supervisor or
 * `&&` sees no difference. Call it when nothing is left to do.
 */
export function endLike({ code, signal }: Ending): void {
  if (signal === null) {
    process.exitCode = code ?? 1;
    return;
  }
  // The status that shells give to a death by signal, for the signals that do not end a Node process, such as SIGPIPE.
  process.exitCode = 128 + constants.signals[signal];
  process.kill(process.pid, signal);
}
