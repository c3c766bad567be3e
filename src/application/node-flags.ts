import { fileOptions } from '../protocol/file-options.js';
import { isOurOptions } from '../protocol/session.js';

/**
 * Whether Node has an inspector session of its own in this process, for `--cpu-prof` or coverage. It hears of every
 * `console.profile`, which the collector uses otherwise, and complains about each on stderr.
 */
export function isBesideNodesProfiler(): boolean {
  return (process.env.NODE_V8_COVERAGE ?? '') !== '' || isGiven(/(^|\s)--cpu[-_]prof(\s|$)/);
}

/** `node --test`: Node gives such a process no inspector, and aborts it when it is asked for one. */
export function runsTestFiles(): boolean {
  return process.execArgv.includes('--test') && !isGiven(/--(experimental[-_])?test[-_]isolation[= ]none/);
}

/**
 * Whether the program's heap came from a snapshot that was built before (`--build-snapshot`). Node 22 to 26 then abort as soon as a
 * worker thread loads what streams need: `Assertion failed: shutdown_wrap_template_.IsEmpty()`. Node 20 does not.
 */
export function runsFromSnapshot(): boolean {
  if (process.versions.node.startsWith('20.')) return false;
  return isGiven(/(^|\s)--snapshot[-_]blob(=|\s|$)/) && !isGiven(/(^|\s)--build[-_]snapshot(-config)?(=|\s|$)/);
}

/** Whether Node itself ends the process at SIGINT, and says first where the program was. */
export function tracesSigint(): boolean {
  return isGiven(/(^|\s)--trace[-_]sigint(\s|$)/);
}

/** Whether Node says at the end which functions called for it. */
export function tracesExit(): boolean {
  return isGiven(/(^|\s)--trace[-_]exit(\s|$)/);
}

/** To this process, on its command line, by the environment or by files. Node takes `_` for `-`. */
function isGiven(flag: RegExp): boolean {
  const { env, execArgv } = process;
  return [...execArgv, env.NODE_OPTIONS ?? '', inFiles()].some((text) => flag.test(text));
}

/** Node looks there if the environment has no options; under the command, ours have led to the same. */
function inFiles(): string {
  const { argv, env, execArgv } = process;
  const { applied, lasting } = fileOptions(execArgv, argv.slice(2));
  const { NODE_OPTIONS: options = lasting } = env;
  return options === lasting || isOurOptions(options, lasting) ? applied : '';
}
