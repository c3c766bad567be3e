import { readFileSync } from 'node:fs';
import { fileOptions } from '../protocol/file-options.js';
import { isOurOptions, settleNodeOptions, withFileOptions } from '../protocol/session.js';

interface Execve {
  /** Node 22.15, 23.11 and later, not on Windows. */
  execve?(file: string, args: readonly string[], env: Record<string, string | undefined>): never;
}

/**
 * Lets NODE_OPTIONS in `--env-file` and in Node's config file count: Node has not looked at them, as the command's own are in
 * the environment. Before anything of the program has run, the process begins anew with both.
 *
 * @returns what is to be said where it cannot.
 */
export function applyFileOptions(): string | undefined {
  const { argv, env, execArgv, execPath, channel } = process;
  if (settleNodeOptions(env) || !isOurOptions(env.NODE_OPTIONS)) return undefined;
  const found = fileOptions(execArgv, argv.slice(2));
  if (found.applied === '') return undefined;
  const { execve } = process as Execve;
  try {
    // The parent's channel is read from by now, and Node has taken its name off the environment.
    if (execve !== undefined && channel == null) {
      const options = withFileOptions(env.NODE_OPTIONS ?? '', found);
      execve.call(process, execPath, commandLine(), { ...env, ...options });
    }
  } catch {
    // The permission model denies it.
  }
  return `NODE_OPTIONS of its files do not count in this process (${found.applied}): as profbuf has to set that variable, Node does not look there; give node and these options to profbuf record itself`;
}

/** As the process was started. */
function commandLine(): string[] {
  try {
    return readFileSync('/proc/self/cmdline', 'utf8').split('\0').slice(0, -1);
  } catch {
    const { argv0, argv, execArgv } = process;
    return [argv0, ...execArgv, ...argv.slice(1)];
  }
}
