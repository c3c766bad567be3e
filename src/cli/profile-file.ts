import { readFileSync } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { OtherFormatError, ProfileFormatError, ProfileMergeError, ProfileTooLargeError } from '../profile/errors.js';
import type { ProfileModel } from '../profile/model.js';
import { replaceFile } from '../profile/output-file.js';
import { Profile } from '../profile/profile.js';
import { readProfileFile } from '../profile/read/profile-file.js';
import { BadInput, reasonOf } from './bad-input.js';

/**
 * Reads a profile of any format that we know, by its content; `-` is stdin.
 * @throws BadInput when it cannot be read or is no profile.
 */
export async function readProfile(path: string): Promise<Profile> {
  const name = path === '-' ? 'stdin' : path;
  let bytes: Buffer;
  try {
    // Not by readFileSync: a pipe may be one that does not wait, and have nothing yet.
    bytes = path === '-' ? await buffer(process.stdin) : readFileSync(path);
  } catch (error) {
    throw new BadInput(`cannot read ${name}: ${reasonOf(error)}`);
  }
  try {
    return readProfileFile(bytes);
  } catch (error) {
    if (!(error instanceof ProfileFormatError)) throw error;
    throw new BadInput(`${name}: ${[error.message, ...adviceOn(error)].join('; ')}`);
  }
}

function adviceOn(error: ProfileFormatError): string[] {
  if (error instanceof OtherFormatError) return [error.advice];
  return error instanceof ProfileTooLargeError ? [] : ['copy the file again, or record it again'];
}

export interface ReadOptions {
  /** Whether samples get the label `file`, with the name of the one that they are from, if there are several. */
  readonly areLabelled?: boolean;
}

/**
 * The sum of the profiles in these files.
 * @throws BadInput when there are none, one cannot be read or they do not measure the same.
 */
export async function readProfiles(
  command: string,
  paths: readonly string[],
  { areLabelled = false }: ReadOptions = {},
): Promise<Profile> {
  const profiles: Profile[] = [];
  for (const path of paths) profiles.push(await readProfile(path));
  if (profiles.length === 0) throw new BadInput(`no profile to read; see profbuf ${command} --help`);
  return sumOf(profiles, paths, areLabelled);
}

/**
 * The sum of profiles.
 * @param names By which comments, and samples if `areLabelled`, say which one they are from; a lone profile is left as it is.
 * @throws BadInput when they do not measure the same.
 */
export function sumOf(profiles: readonly Profile[], names: readonly string[], areLabelled: boolean): Profile {
  const [first, ...others] = profiles;
  if (first !== undefined && others.length === 0) return first;
  try {
    return Profile.merge(...withOrigins(profiles, names, areLabelled));
  } catch (error) {
    if (error instanceof ProfileMergeError) throw new BadInput(error.message);
    throw error;
  }
}

/** Comments that are not those of all files say which file they are of. Those that begin with `#` are for programs. */
function withOrigins(profiles: readonly Profile[], paths: readonly string[], areLabelled: boolean): Profile[] {
  return profiles.map(({ model }, index) => {
    const isCommon = (comment: string) => profiles.every((other) => other.model.comments.includes(comment));
    const comments = model.comments.map((comment) =>
      comment.startsWith('#') || isCommon(comment) ? comment : `${paths[index]}: ${comment}`,
    );
    const labelled = areLabelled ? withLabel(model, 'file', paths[index] ?? '') : model;
    return Profile.fromModel({ ...labelled, comments });
  });
}

/** The same profile, every sample of which has this label as well. */
export function withLabel(model: ProfileModel, key: string, value: string): ProfileModel {
  const label = { key, value, unit: '' };
  return { ...model, samples: model.samples.map((sample) => ({ ...sample, labels: [label, ...sample.labels] })) };
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
