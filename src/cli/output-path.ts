import { closeSync, openSync, realpathSync, rmSync, type Stats, statSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { temporaryPath } from '../profile/output-file.js';
import { BadInput, reasonOf } from './bad-input.js';
import { workingFolder } from './place.js';

/**
 * The absolute path under which a profile can be written, links followed, proved by writing beside it: profiles are
 * written to a temporary file that then takes their name.
 * @param room How many characters more the names of other files have that will be written beside it.
 * @throws BadInput when nothing can be written there.
 */
export function writablePath(path: string, room = 0): string {
  if (!isAbsolute(path) && workingFolder() === undefined) throw cannotWrite(path, 'the working folder is gone');
  const target = followLinks(resolve(path));
  const trial = temporaryPath(join(dirname(target), `.${basename(target)}${'-'.repeat(room)}`));
  let stats: Stats | undefined;
  try {
    stats = statSync(target, { throwIfNoEntry: false });
    closeSync(openSync(trial, 'wx'));
    rmSync(trial);
  } catch (error) {
    throw cannotWrite(path, reasonOf(error));
  }
  if (stats !== undefined && !stats.isFile()) {
    throw cannotWrite(path, stats.isDirectory() ? 'it is a directory' : 'it is not a regular file');
  }
  return target;
}

function followLinks(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    // It does not exist yet, or cannot be reached; the trial tells the two apart.
    return path;
  }
}

function cannotWrite(path: string, reason: string): BadInput {
  return new BadInput(`cannot write ${path}: ${reason}; name another file with --output`);
}
