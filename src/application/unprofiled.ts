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
  // Those of pm2 run the program in their own process.
  const isContainer = name === 'ProcessContainerFork.js' || name === 'ProcessContainer.js';
  return isContainer && environment.pm_exec_path ? basename(environment.pm_exec_path) : name;
}

/** Says why this process is not profiled, in one line: the command does so, or else the process itself. */
export function giveUp(watched: Watched, reason: string): void {
  if (!writeStatus(watched, { state: 'unavailable', reason })) say(`not profiled: ${reason}`);
}

/** @returns whether there is a command that watches, and it could be told. */
export function writeStatus(watched: Watched, state: Pick<ProcessStatus, 'state' | 'reason'>): boolean {
  const { sessionFolder, processName, argv, outputPath } = watched;
  if (sessionFolder === undefined) return false;
  const status: ProcessStatus = {
    version: 1,
    pid: process.pid,
    ppid: process.ppid || 0,
    name: processName,
    argv,
    output: outputPath,
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
