import { existsSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { ProcessStatus } from '../collector/process-status.js';
import { encodeAs, type ProfileFormat } from '../profile/format.js';
import type { Profile } from '../profile/profile.js';
import { defaultName, stemOf } from './file-format.js';
import { readProfile, writeWhole } from './profile-file.js';
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
  readonly file: string | undefined;
  readonly profile: Profile | undefined;
}

/** What the collectors get as PROFBUF_OUTPUT: a file for each process, beside the output that was asked for. */
export function processOutputPattern(output: string): string {
  return join(dirname(output), defaultName(`${stemOf(basename(output))}.{name}.{pid}`, 'pprof'));
}

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
  const recorded: RecordedProcess[] = [];
  for (const status of statuses) {
    const outcome = outcomeOf(status);
    if (outcome === 'none') {
      recorded.push({ status, outcome, file: undefined, profile: undefined });
      continue;
    }
    const profile = readProfile(status.output);
    const file = outcome === 'running' ? status.output : await keep(status.output, profile, isLone, output, format);
    recorded.push({ status, outcome, file, profile });
  }
  return recorded;
}

function outcomeOf(status: ProcessStatus): RecordedProcess['outcome'] {
  if (status.state === 'unavailable' || !existsSync(status.output)) return 'none';
  if (status.state === 'finished') return 'whole';
  return isAlive(status) ? 'running' : 'killed';
}

async function keep(written: string, profile: Profile, isLone: boolean, output: string, format: ProfileFormat) {
  const file = isLone ? output : join(dirname(written), defaultName(stemOf(basename(written)), format));
  if (format === 'pprof') {
    renameSync(written, file);
  } else {
    writeWhole(file, await encodeAs(profile, format));
    rmSync(written);
  }
  return file;
}
