import { writeFileSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { type ProcessStatus, processStatusFileName } from '../protocol/process-status.js';
import { say } from '../protocol/say.js';

/*
 * What is said of a process that cannot be profiled. It is in the part of the preload that every Node since 8 runs, so it
 * uses nothing that came later.
 */

/** What the command hears of a process, whatever becomes of it. */
export interface Watched {
  /** Of the command that watches, if there is one. */
  readonly sessionFolder?: string | undefined;
  readonly processName: string;
  readonly argv: readonly string[];
  /** Absolute. */
  readonly outputPath: string;
}

/** As long as there are no settings. */
export function watchedBy(sessionFolder: string | undefined): Watched {
  return { sessionFolder, processName: nameOfProcess(process.env), argv: process.argv, outputPath: '' };
}

/** The script's file name; `-e` code and programs read from stdin have none. */
export function nameOfProcess(environment: NodeJS.ProcessEnv): string {
  const { argv, execPath } = process;
  if (argv[1] === undefined) return basename(execPath, extname(execPath));
  const name = basename(argv[1]);
  const script = pm2Containers.indexOf(name) === -1 ? undefined : scriptOfPm2(environment);
  return script ? basename(script) : name;
}

/** Scripts of pm2 that run the program in their own process. */
const pm2Containers = [
  'ProcessContainer.js',
  'ProcessContainerFork.js',
  'ProcessContainerBun.js',
  'ProcessContainerForkBun.js',
];

/** In a cluster it is one variable that has them all. */
function scriptOfPm2({ pm_exec_path, pm2_env }: NodeJS.ProcessEnv): string | undefined {
  try {
    return pm_exec_path || (JSON.parse(pm2_env || '') as { pm_exec_path?: string }).pm_exec_path;
  } catch {
    return undefined;
  }
}

/** Says why this process is not profiled, in one line: the command does so, or else the process itself. */
export function giveUp(watched: Watched, reason: string): void {
  if (writeStatus(watched, { state: 'unavailable', reason }) === undefined) say(`not profiled: ${reason}`);
}

/** Of this process, once it has told something. */
let statusPath: string | undefined;

/** @returns the file, if there is a command that watches, and it could be told. */
export function writeStatus(watched: Watched, state: Pick<ProcessStatus, 'state' | 'reason'>): string | undefined {
  const { sessionFolder, processName, argv, outputPath } = watched;
  if (sessionFolder === undefined) return undefined;
  const status: ProcessStatus = {
    version: 1,
    pid: process.pid,
    ppid: process.ppid || 0,
    name: processName,
    argv,
    output: outputPath,
    isWritten: false,
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
  const text = JSON.stringify(status);
  try {
    if (statusPath === undefined) statusPath = createStatusFile(sessionFolder, text);
    else writeFileSync(statusPath, text);
    return statusPath;
  } catch {
    return undefined;
  }
}

/** What another process of this id has told stays. */
function createStatusFile(folder: string, text: string): string {
  for (let number = 1; ; number++) {
    const path = join(folder, processStatusFileName(process.pid, number));
    try {
      writeFileSync(path, text, { flag: 'wx' });
      return path;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}
