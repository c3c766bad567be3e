import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { ProfileFormatError } from '../profile/errors.js';
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
    if (error instanceof ProfileFormatError) throw new BadInput(`${name}: ${error.message}`);
    throw error;
  }
}

/**
 * Replaces the file in one step, so that nobody ever reads half a profile.
 * @param path as `writablePath` gives it.
 */
export function writeWhole(path: string, content: Uint8Array | string): void {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(temporary, content);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw new BadInput(`cannot write ${path}: ${reasonOf(error)}`);
  }
}
