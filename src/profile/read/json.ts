import { ProfileFormatError, ProfileTooLargeError } from '../errors.js';

/** What JSON.parse makes of `{…}`: nothing is known of it. */
export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * The most arrays and objects, and the most values, that a file may have: a text of 128 MiB can hold sixty million empty
 * arrays, and they take gigabytes. A .cpuprofile of a million nodes has four million.
 */
const mostContainers = 8_000_000;
const mostValues = 32_000_000;

/** @throws {ProfileFormatError} when it is no whole JSON, or more of it than fits into memory. */
export function parseJson(bytes: Uint8Array): unknown {
  requireModest(bytes);
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    // The rest of what V8 says quotes the file, and may take several lines.
    const [place = ''] = /position \d+/.exec(String(error)) ?? [];
    throw new ProfileFormatError(`not a whole profile: its JSON is damaged or cut short${place && `, at ${place}`}`, {
      cause: error,
    });
  }
}

function requireModest(bytes: Uint8Array): void {
  let containers = 0;
  let commas = 0;
  // Those in strings are counted too: that is rather too many than too few.
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (byte === 0x2c) commas++;
    else if (byte === 0x5b || byte === 0x7b) containers++;
  }
  if (containers > mostContainers || containers + commas > mostValues) {
    throw new ProfileTooLargeError(
      `the profile is too large: more than ${mostContainers} arrays and objects, or ${mostValues} values`,
    );
  }
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @param what as in "damaged profile: {what} is no object". */
export function objectIn(value: unknown, what: string): JsonObject {
  if (!isObject(value)) throw damaged(`${what} is no object`);
  return value;
}

export function arrayIn(value: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(value)) throw damaged(`${what} is no array`);
  return value;
}

/** @param length How many there are; without it, any number from 0 on. */
export function indexIn(value: unknown, length: number, what: string): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < length) return value;
  throw damaged(`${what} is not one of ${length}`);
}

export function numberIn(value: unknown, what: string): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw damaged(`${what} is no number`);
}

export function textIn(value: unknown, what: string): string {
  if (typeof value === 'string') return value;
  throw damaged(`${what} is no text`);
}

/** A line or column from 1; 0 for one that is not there or makes no sense. */
export function placeIn(value: unknown): number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 && value < 2 ** 31 ? value : 0;
}

export function damaged(what: string): ProfileFormatError {
  return new ProfileFormatError(`damaged profile: ${what}`);
}
