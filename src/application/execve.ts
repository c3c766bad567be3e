import { accessSync, constants, statSync } from 'node:fs';
import { say } from '../protocol/say.js';

/**
 * Calls back when the program is about to put another one in its place, by `process.execve`: the process id stays, its threads
 * end at once, and no listener of `exit` is called. Node tells of it when it has looked at the arguments.
 *
 * Where that fails, Node 26 throws an error, and the program goes on; earlier ones abort the process. A file that is not there,
 * or not to be executed, does not end the profile; what else fails, does, and it is said.
 *
 * @returns takes everything away.
 */
export function onExecve(callBack: () => void): () => void {
  if (!('execve' in process)) return () => {};
  const { subscribe, unsubscribe } = process.getBuiltinModule('node:diagnostics_channel');
  const schedule = queueMicrotask;
  const listener = (message: unknown) => {
    if (!isExecutable((message as { readonly execPath: string }).execPath)) return;
    callBack();
    schedule(() => say('process.execve failed: what the program does from then on is not in the profile'));
  };
  subscribe(channel, listener);
  return () => {
    unsubscribe(channel, listener);
  };
}

const channel = 'process.execve';

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch (error) {
    // Node's permission model may let it be executed, and not be looked at.
    return (error as NodeJS.ErrnoException).code === 'ERR_ACCESS_DENIED';
  }
}
