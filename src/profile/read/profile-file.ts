import { constants as bufferConstants } from 'node:buffer';
import { gunzipSync } from 'node:zlib';
import { OtherFormatError, ProfileFormatError, ProfileTooLargeError } from '../errors.js';
import { Profile } from '../profile.js';
import { readCollapsed } from './collapsed.js';
import { isCpuProfile, readCpuProfile } from './cpu-profile.js';
import { isFirefoxProfile, readFirefoxProfile } from './firefox.js';
import { isHeapProfile, readHeapProfile } from './heap-profile.js';
import { isObject, type JsonObject, parseJson } from './json.js';
import { beginningAsText, isCollapsed, otherJson } from './other-formats.js';
import { isSpeedscope, readSpeedscope } from './speedscope.js';

/** The most that a file may take uncompressed, in bytes. */
const maximumBytes = 128 * 2 ** 20;

/**
 * Reads a profile of any format that we know, by what is in it: pprof, .cpuprofile, .heapprofile, speedscope, collapsed
 * stacks, Firefox Profiler's; compressed by gzip or not.
 *
 * @throws {ProfileFormatError} when it is none of them, damaged, or too large.
 */
export function readProfileFile(bytes: Uint8Array): Profile {
  if (bytes.byteLength === 0) throw new ProfileFormatError('not a profile: it is empty');
  const plain = bytes[0] === 0x1f && bytes[1] === 0x8b ? decompress(bytes) : bytes;
  if (plain.byteLength > maximumBytes) throw tooLarge();
  const beginning = beginningAsText(plain);
  // pprof never begins like text: its first bytes are numbers below 32.
  if (beginning === undefined) return Profile.decode(plain, { maximumBytes });
  if (/^[[{]/.test(beginning)) return readJson(parseJson(plain));
  if (isCollapsed(plain)) return readCollapsed(new TextDecoder().decode(plain));
  return Profile.decode(plain, { maximumBytes });
}

const jsonFormats: readonly {
  readonly is: (file: JsonObject) => boolean;
  readonly read: (file: JsonObject) => Profile;
}[] = [
  { is: isFirefoxProfile, read: readFirefoxProfile },
  { is: isSpeedscope, read: readSpeedscope },
  { is: isCpuProfile, read: readCpuProfile },
  { is: isHeapProfile, read: readHeapProfile },
];

function readJson(file: unknown): Profile {
  // What `Profiler.stop` answers has the profile in it, and so it is often saved.
  const object = isObject(file) && isObject(file.profile) ? file.profile : file;
  const format = isObject(object) ? jsonFormats.find(({ is }) => is(object)) : undefined;
  if (format === undefined || !isObject(object)) {
    const { what, advice } = otherJson(file);
    throw new OtherFormatError(what, advice);
  }
  return format.read(object);
}

function decompress(bytes: Uint8Array): Uint8Array {
  try {
    return gunzipSync(bytes, { maxOutputLength: Math.min(maximumBytes, bufferConstants.MAX_LENGTH) });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge();
    throw new ProfileFormatError(`not a whole profile: its gzip data is damaged or cut short (${error})`, {
      cause: error,
    });
  }
}

function tooLarge(): ProfileFormatError {
  return new ProfileTooLargeError(`the profile is too large: it is more than ${maximumBytes} bytes uncompressed`);
}
