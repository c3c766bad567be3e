import { preloadSettings, sessionFolder } from '../protocol/session.js';
import { versionProblem } from '../protocol/supported-node.js';
import { giveUp, watchedBy } from './unprofiled.js';

/*
 * The beginning of dist/register.cjs, which a command under `profbuf record` may load into any Node since 8.0, the first
 * one with NODE_OPTIONS. scripts/build.mjs compiles all of that file to what such a Node can parse; of the preload itself
 * nothing runs before it is asked for here.
 */

function begin(): void {
  const problem = versionProblem();
  if (problem === undefined) require('./register.js');
  // Of a process that is left over from a recording, and has none of its settings, nothing is expected.
  else if (isMainThread() && preloadSettings(process.env) !== undefined) {
    giveUp(watchedBy(sessionFolder(process.env)), problem);
  }
}

/** Node 8 has no worker threads. */
function isMainThread(): boolean {
  try {
    return (require('node:worker_threads') as { isMainThread: boolean }).isMainThread;
  } catch {
    return true;
  }
}

try {
  begin();
} catch (error) {
  giveUp(watchedBy(process.env.PROFBUF_SESSION), error instanceof Error ? error.message : String(error));
}
