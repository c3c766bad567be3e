import { versionProblem } from '../../protocol/supported-node.js';
import { BadInput } from '../bad-input.js';
import { nodeVersionIn } from './node-binary.js';
import { nodeOptionsOf, type ProcessFacts } from './process-facts.js';
import { listensToSignal } from './signal-listener.js';

/** Why can nobody look into this process from here, whether its inspector is open or not? `undefined` when one can. */
export function refusalOf(facts: ProcessFacts): string | undefined {
  const { pid, uid, state, tracerPid, executable, isInOtherContainer } = facts;
  const own = process.geteuid?.();
  if (pid === process.pid) return `${pid} is this command itself`;
  if (state === 'ended') return `process ${pid} has ended`;
  // Root may, where it is root of the same user namespace; it could do all that the process can anyway.
  if (own !== 0 && uid !== own)
    return `process ${pid} is another user's (${uid}): only that user and root can attach to it`;
  if (isInOtherContainer) return `process ${pid} is in another container: run profbuf inside of it, with its id there`;
  if (executable === undefined || isInOtherContainer === undefined) {
    return `process ${pid} lets nobody look at it: it has more rights than this command`;
  }
  let version: string | undefined;
  try {
    version = nodeVersionIn(`/proc/${pid}/exe`);
  } catch {
    return `${executable}, which process ${pid} runs, cannot be read`;
  }
  if (version === undefined) return `process ${pid} is not surely Node.js: ${executable} does not say so`;
  const problem = versionProblem(version);
  if (problem !== undefined) return `process ${pid}: ${problem}`;
  if (tracerPid !== 0) return `a debugger, process ${tracerPid}, is attached to process ${pid}`;
  if (state === 'stopped') return `process ${pid} is stopped, by a signal: kill -CONT ${pid} lets it go on`;
  return undefined;
}

/**
 * Why is SIGUSR1 not sent to this process, to open its inspector? `undefined` when it may be.
 * @param isAllowed Whether it may also be sent where it cannot be told whether the program listens to it.
 */
export function signalRefusalOf(facts: ProcessFacts, isAllowed: boolean): string | undefined {
  const { pid, catchesSigusr1, blocksSigusr1 } = facts;
  const options = nodeOptionsOf(facts);
  const has = (pattern: RegExp) => options.some((option) => pattern.test(option));
  if (has(/^--(experimental-)?permission$/) && !has(/^--allow-inspector$/)) {
    return `process ${pid} runs with --permission and without --allow-inspector, so that its inspector cannot be opened`;
  }
  if (!catchesSigusr1) {
    if (blocksSigusr1) return `process ${pid} runs with --disable-sigusr1, and its inspector is not open`;
    return `process ${pid} has no handler for SIGUSR1, which would end it, and its inspector is not open`;
  }
  const listens = listensToSignal(pid, 10);
  if (listens === true) {
    return `the program of process ${pid} listens to SIGUSR1 itself, so that its inspector cannot be opened by that signal; if it opens it by inspector.open(), say --port PORT`;
  }
  if (listens === undefined && !isAllowed) {
    return `it cannot be told whether the program of process ${pid} listens to SIGUSR1 itself, by which its inspector is opened; if it does not, say --signal`;
  }
  return undefined;
}

/** @throws BadInput */
export function refuse(reason: string | undefined): void {
  if (reason !== undefined) throw new BadInput(reason);
}
