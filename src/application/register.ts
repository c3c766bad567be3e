import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import type { CollectorOptions } from '../protocol/messages.js';
import { type ProcessStatus, processStatusFileName } from '../protocol/process-status.js';
import { say } from '../protocol/say.js';
import { CollectorClient } from './collector-client.js';
import { nameOfProcess, readEnvironment } from './environment.js';
import { beginWorkerThread } from './first-line.js';
import { isCollecting, setRunningCollector } from './running-collector.js';

/*
 * The preload: `node --import profbuf/register app.js`. It profiles the process from its start to its end, configured by
 * the variables of ./environment.ts. Whatever goes wrong, the program runs as it would have without.
 *
 * Worker threads inherit it: the collector of the main thread samples them too, from their first line on.
 */
if (!isMainThread) beginWorkerThread();
else if (!isCollecting()) profileThisProcess();

function profileThisProcess(): void {
  let watched = watchedBy(process.env.PROFBUF_SESSION);
  const giveUp = (reason: string) => {
    if (!writeStatus(watched, { state: 'unavailable', reason })) say(`not profiled: ${reason}`);
  };
  try {
    const problem = versionProblem() ?? folderProblem();
    const settings = problem === undefined ? readEnvironment(process.env) : { problem };
    if (settings === 'over') {
      // For the command alone, lest it says that there was no such process.
      writeStatus(watched, { state: 'unavailable', reason: 'it began when the time to collect was over' });
    } else if ('problem' in settings) {
      giveUp(settings.problem);
    } else {
      watched = settings.options;
      for (const notice of settings.options.notices) say(notice);
      // The command hears of this process even if it is over before the collector's first word.
      writeStatus(watched, { state: 'running' });
      const events = {
        onUnavailable: ({ message }: Error) => giveUp(message),
        onFarewellTimeout: () => say('the collector did not answer in time: the profile lacks the last seconds'),
      };
      const client = new CollectorClient(settings.options, events, 'before the first line');
      setRunningCollector(client, false);
    }
  } catch (error) {
    giveUp(error instanceof Error ? error.message : String(error));
  }
}

function versionProblem(): string | undefined {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return undefined;
  return `Node.js ${process.version} is too old: profbuf needs 20.19 or later`;
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

/** What the command hears of a process, whatever becomes of it. */
type Watched = Pick<CollectorOptions, 'sessionFolder' | 'processName' | 'argv' | 'output'>;

/** As long as there are no settings. */
function watchedBy(sessionFolder: string | undefined): Watched {
  return { processName: nameOfProcess(), argv: process.argv, ...(sessionFolder ? { sessionFolder } : {}) };
}

/** @returns whether there is a command that watches, and it could be told. */
function writeStatus(
  { sessionFolder, processName, argv, output }: Watched,
  state: Pick<ProcessStatus, 'state' | 'reason'>,
): boolean {
  if (sessionFolder === undefined) return false;
  const status: ProcessStatus = {
    version: 1,
    pid: process.pid,
    ppid: process.ppid,
    name: processName,
    argv,
    output: output?.path ?? '',
    ...state,
    elapsedMs: 0,
    samples: 0,
    cpuNanos: 0,
    unsampledNanos: 0,
    outsideNanos: 0,
    processNanos: 0,
    windows: 0,
    lost: { windows: 0, otherSamples: 0, restarts: 0 },
    startPauseMs: 0,
    startedAfterMs: 0,
    longestPauseMs: 0,
    endPauseMs: 0,
    notices: [],
  };
  try {
    writeFileSync(join(sessionFolder, processStatusFileName(process.pid)), JSON.stringify(status));
    return true;
  } catch {
    return false;
  }
}
