import { readFileSync } from 'node:fs';
import { ProfileFormatError, ProfileMergeError, ProfileTooLargeError } from '../profile/errors.js';
import { replaceFile } from '../profile/output-file.js';
import { Profile } from '../profile/profile.js';
import { BadInput, reasonOf } from './bad-input.js';

/**
 * Reads a pprof file; `-` is stdin.
 * @throws BadInput when it cannot be read or is no profile.
 */
export function readProfile(path: string): Profile {
  const name = path === '-' ? 'stdin' : path;
  let bytes: Buffer;
  try {
    bytes = readFileSync(path === '-' ? 0 : path);
  } catch (error) {
    throw new BadInput(`cannot read ${name}: ${reasonOf(error)}`);
  }
  try {
    return Profile.decode(bytes);
  } catch (error) {
    if (!(error instanceof ProfileFormatError)) throw error;
    throw new BadInput(`${name}: ${error.message}${error instanceof ProfileTooLargeError ? '' : `; ${advice}`}`);
  }
}

const advice = 'copy the file again, or record it again without --format';

/**
 * The sum of the profiles in these files.
 * @throws BadInput when there are none, one cannot be read or they do not measure the same.
 */
export function readProfiles(command: string, paths: readonly string[]): Profile {
  const [first, ...others] = paths.map(readProfile);
  if (first === undefined) throw new BadInput(`no profile to read; see profbuf ${command} --help`);
  try {
    return others.length === 0 ? first : Profile.merge(first, ...others);
  } catch (error) {
    if (error instanceof ProfileMergeError) throw new BadInput(error.message);
    throw error;
  }
}

/**
 * Writes the file as a whole or not at all.
 * @param path as `writablePath` gives it.
 * @throws BadInput when it cannot be written.
 */
export function writeWhole(path: string, content: Uint8Array | string): void {
  try {
    replaceFile(path, content);
  } catch (error) {
    throw new BadInput(`cannot write ${path}: ${reasonOf(error)}`);
  }
}
