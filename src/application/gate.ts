import { preloadSettings, sessionFolder } from '../protocol/session.js';
import { versionProblem } from '../protocol/supported-node.js';
import { giveUp, watchedBy } from './unprofiled.js';

/*
 * The beginning of dist/register.cjs, which a command under `profbuf record` may load into any Node since 8.0, the first
 * one with NODE_OPTIONS. scripts/build.mjs compiles it for that, and puts the preload itself before it as a string: an old
 * Node cannot even parse it.
 */

declare const module: { exports: object; _compile(source: string, file: string): void };
declare const __filename: string;
/** The preload, as CommonJS for the Nodes that can run it. */
declare const preload: string;
/** What the preload has the collector's thread evaluate. In the preload's own text V8 would scan it once more. */
declare const collectorSources: { readonly source: string; readonly pushSource: string };

function begin(): void {
  const problem = versionProblem();
  if (problem === undefined) {
    // The one way to hand something to what is compiled there.
    module.exports = collectorSources;
    try {
      module._compile(preload, __filename);
    } finally {
      module.exports = {};
    }
  }
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
