import { existsSync, lstatSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { encodeAs, type ProfileFormat } from '../profile/format.js';
import { discard, writeTemporary } from '../profile/output-file.js';
import { giveName, takeOver } from '../profile/own-file.js';
import type { Profile } from '../profile/profile.js';
import { longestName } from '../protocol/output-pattern.js';
import type { ProcessStatus } from '../protocol/process-status.js';
import { BadInput } from './bad-input.js';
import { defaultName, stemOf } from './file-format.js';
import { readProfile } from './profile-file.js';
import { isAlive } from './session.js';

/** How one process of the run came out. */
export interface RecordedProcess {
  readonly status: ProcessStatus;
  /**
   * `whole`; `running`: it has not ended yet and goes on writing; `killed`: the profile is its last checkpoint;
   * `none`: there is no profile.
   */
  readonly outcome: 'whole' | 'running' | 'killed' | 'none';
  /** Where its profile is now. */
  readonly file?: string;
  /** Where the file of an earlier run is now that had that name. */
  readonly earlier?: string;
  readonly profile?: Profile;
  /** Why its profile could not be read, or not be given its name or format. */
  readonly problem?: string;
}

/** What the collectors get as PROFBUF_OUTPUT: a file for each process, beside the output that was asked for. */
export function processOutputPattern(output: string): string {
  return join(dirname(output), defaultName(`${stemOf(basename(output))}.{name}.{pid}`, 'pprof'));
}

/** What such a file's name has beside the output's own, at most. */
export const processNameRoom = '.'.length + longestName + '.4194304.999'.length + defaultName('', 'pprof').length;

/**
 * Gives the profiles of a run their final names and format. A lone process has the output that was asked for; several
 * keep their own names. Collectors always write pprof, so that there is something to show a table of.
 */
export async function keepProfiles(
  statuses: readonly ProcessStatus[],
  output: string,
  format: ProfileFormat,
): Promise<readonly RecordedProcess[]> {
  const isLone = statuses.filter(({ state }) => state !== 'unavailable').length === 1;
  const folder = dirname(output);
  return Promise.all(statuses.map((status) => keepProfile(status, folder, isLone ? output : undefined, format)));
}

async function keepProfile(
  status: ProcessStatus,
  folder: string,
  output: string | undefined,
  format: ProfileFormat,
): Promise<RecordedProcess> {
  const outcome = outcomeOf(status);
  // One that runs on may not have begun to write.
  if (outcome === 'none' || (outcome === 'running' && !hasFile(status))) return { status, outcome };
  try {
    const profile = await readProfile(status.output);
    const isMoved = outcome !== 'running' && isOurs(status.output, folder);
    const place = isMoved ? await moveProfile(status.output, profile, output, format) : { file: status.output };
    return { status, outcome, ...place, profile };
  } catch (error) {
    // What was written stays where it is, and the other processes' profiles are none the worse.
    return { status, outcome, file: status.output, problem: error instanceof BadInput ? error.message : String(error) };
  }
}

/** Root moves no file because a process of another user says that it is a profile: that stays where it is. */
function isOurs(file: string, folder: string): boolean {
  if (process.getuid?.() !== 0) return true;
  const stats = lstatSync(file);
  return stats.isFile() && stats.uid === 0 && dirname(file) === folder;
}

function outcomeOf(status: ProcessStatus): RecordedProcess['outcome'] {
  if (status.state === 'running' && isAlive(status)) return 'running';
  if (status.state === 'unavailable' || !hasFile(status)) return 'none';
  return status.state === 'finished' ? 'whole' : 'killed';
}

function hasFile({ isWritten, output }: ProcessStatus): boolean {
  return isWritten && existsSync(output);
}

/** What was asked for has the name that was asked for; what of several runs would have one name is told apart by numbers. */
async function moveProfile(
  written: string,
  profile: Profile,
  output: string | undefined,
  format: ProfileFormat,
): Promise<Pick<RecordedProcess, 'file' | 'earlier'>> {
  if (format === 'pprof') return output === undefined ? { file: written } : asOutput(written, output);
  const source = writeTemporary(written, await encodeAs(profile, format));
  try {
    const place = output === undefined ? besideOutput(source, written, format) : asOutput(source, output);
    rmSync(written);
    return place;
  } catch (error) {
    discard(source);
    throw error;
  }
}

function asOutput(source: string, file: string): Pick<RecordedProcess, 'file' | 'earlier'> {
  const earlier = takeOver(source, file);
  return { file, ...(earlier === undefined ? {} : { earlier }) };
}

function besideOutput(source: string, written: string, format: ProfileFormat): Pick<RecordedProcess, 'file'> {
  return { file: giveName(source, join(dirname(written), defaultName(stemOf(basename(written)), format))) };
}
