import { isMainThread } from 'node:worker_threads';
import { say } from '../protocol/say.js';
import { preloadSettings, sessionFolder } from '../protocol/session.js';
import { versionProblem } from '../protocol/supported-node.js';
import { CollectorClient } from './collector-client.js';
import { readEnvironment } from './environment.js';
import { applyFileOptions } from './file-options.js';
import { beginWorkerThread } from './first-line.js';
import { isCollecting, setRunningCollector } from './running-collector.js';
import { giveUp, watchedBy, writeStatus } from './unprofiled.js';

/*
 * The preload: `node --import profbuf/register app.js`. It profiles the process from its start to its end, configured by
 * the variables of ./environment.ts. Whatever goes wrong, the program runs as it would have without.
 *
 * Worker threads inherit it: the collector of the main thread samples them too, from their first line on.
 */
if (!isMainThread) beginWorkerThread();
else if (!isCollecting()) profileThisProcess();

function profileThisProcess(): void {
  let watched = watchedBy(sessionFolder(process.env));
  try {
    const environment = preloadSettings(process.env);
    // Nobody waits for a profile whose settings did not get here.
    if (environment === undefined) return;
    const problem = versionProblem() ?? folderProblem();
    const unheard = problem === undefined ? applyFileOptions() : undefined;
    if (unheard !== undefined) say(unheard);
    const settings = problem === undefined ? readEnvironment(environment) : { problem };
    if (settings === 'over') {
      // For the command alone, lest it says that there was no such process.
      writeStatus(watched, { state: 'unavailable', reason: 'it began when the time to collect was over' });
    } else if ('problem' in settings) {
      giveUp(watched, settings.problem);
    } else {
      const { options } = settings;
      watched = { ...options, outputPath: options.output?.path ?? '' };
      for (const notice of options.notices) say(notice);
      // The command hears of this process even if it is over before the collector's first word.
      writeStatus(watched, { state: 'running' });
      const events = {
        onUnavailable: ({ message }: Error) => giveUp(watched, message),
        onFarewellTimeout: () => say('the collector did not answer in time: the profile lacks the last seconds'),
      };
      const client = new CollectorClient(options, events, 'before the first line');
      setRunningCollector(client, false);
    }
  } catch (error) {
    giveUp(watched, error instanceof Error ? error.message : String(error));
  }
}

/** Node's worker threads ask for the working folder before all else, and end if it is gone. */
function folderProblem(): string | undefined {
  try {
    process.cwd();
    return undefined;
  } catch {
    return 'its working folder is gone, and without one Node starts no thread; start it in a folder that exists';
  }
}
