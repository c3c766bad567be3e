import { readFileSync } from 'node:fs';
import { versionProblem } from '../../protocol/supported-node.js';
import { BadInput } from '../bad-input.js';
import { nodeVersionIn } from './node-binary.js';
import { nodeOptionsOf, type ProcessFacts } from './process-facts.js';
import { listensToSignal } from './signal-listener.js';

/**
 * Why can nobody look into this process from here, whether its inspector is open or not? `undefined` when one can.
 * @param isOtherUserAllowed Whether root has asked for another user's process.
 */
export function refusalOf(facts: ProcessFacts, isOtherUserAllowed: boolean): string | undefined {
  const { pid, uid, state, tracerPid, executable, isInOtherContainer } = facts;
  const own = process.geteuid?.();
  if (pid === process.pid) return `${pid} is this command itself`;
  if (state === 'ended') return `process ${pid} has ended`;
  // Root could do all that the process can anyway. But what it takes over the open port is that user's word, and its files are root's.
  if (uid !== own && !(own === 0 && isOtherUserAllowed)) {
    const user = `'${userName(uid) ?? `#${uid}`}'`;
    const root = own === 0 ? ', or --other-user, as you are root' : '';
    return `process ${pid} is another user's (${uid}): sudo -u ${user} npx profbuf does it as that user${root}`;
  }
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

function userName(uid: number): string | undefined {
  try {
    const line = readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .find((text) => text.split(':')[2] === String(uid));
    return line?.split(':')[0];
  } catch {
    return undefined;
  }
}
