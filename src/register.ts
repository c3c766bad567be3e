import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { CollectorClient } from './collector/collector-client.js';
import type { CollectorOptions } from './collector/messages.js';
import { type ProcessStatus, processStatusFileName } from './collector/process-status.js';
import { say } from './collector/say.js';
import { readEnvironment } from './environment.js';
import { isCollecting, setRunningCollector } from './running-collector.js';

/*
 * The preload: `node --import profbuf/register app.js`. It profiles the process from its start to its end, configured by
 * the variables of ./environment.ts. Whatever goes wrong, the program runs as it would have without.
 *
 * Worker threads inherit it and have nothing to do: the collector of the main thread samples them too.
 */
if (isMainThread && !isCollecting()) profileThisProcess();

function profileThisProcess(): void {
  const problem = versionProblem();
  if (problem !== undefined) {
    say(`not profiled: ${problem}`);
    return;
  }
  const settings = readEnvironment(process.env);
  if (settings === 'over') return;
  if ('problem' in settings) {
    say(`not profiled: ${settings.problem}`);
    return;
  }
  const { options } = settings;
  const giveUp = (reason: string) => {
    if (!writeStatus(options, { state: 'unavailable', reason })) say(`not profiled: ${reason}`);
  };
  // The command hears of this process even if it is over before the collector's first word.
  writeStatus(options, { state: 'running' });
  try {
    const client = new CollectorClient(options, {
      onUnavailable: ({ message }) => giveUp(message),
      onFarewellTimeout: () => say('the collector did not answer in time: the profile lacks the last seconds'),
    });
    setRunningCollector(client, false);
  } catch (error) {
    giveUp(error instanceof Error ? error.message : String(error));
  }
}

function versionProblem(): string | undefined {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return undefined;
  return `Node.js ${process.version} is too old: profbuf needs 20.19 or later`;
}

/** @returns whether there is a command that watches, and it could be told. */
function writeStatus(options: CollectorOptions, state: Pick<ProcessStatus, 'state' | 'reason'>): boolean {
  if (options.sessionFolder === undefined) return false;
  const status: ProcessStatus = {
    version: 1,
    pid: process.pid,
    ppid: process.ppid,
    name: options.processName,
    argv: options.argv,
    output: options.output?.path ?? '',
    ...state,
    elapsedMs: 0,
    samples: 0,
    cpuNanos: 0,
    windows: 0,
    lost: { windows: 0, otherSamples: 0, restarts: 0 },
    startPauseMs: 0,
    longestPauseMs: 0,
    endPauseMs: 0,
    notices: [],
  };
  try {
    writeFileSync(join(options.sessionFolder, processStatusFileName(process.pid)), JSON.stringify(status));
    return true;
  } catch {
    return false;
  }
}
