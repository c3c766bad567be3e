import { SourceMapError } from './source-map-error.js';

/*
 * Finds parts of a JSON text without reading the others: of 16 MB of map, a few kilobytes are needed, and all that
 * `JSON.parse` makes of the rest would be garbage. It does not prove that the text is right: what is wrong in a part that
 * nobody asks for is not seen.
 */

/** A value's place in the text, in bytes. */
export interface Range {
  readonly start: number;
  /** Behind its last byte. */
  readonly end: number;
}

const quote = 0x22;
const backslash = 0x5c;

/**
 * Where is the value of each field of the object? Of two fields of one name the last one counts, as in `JSON.parse`.
 * @throws {SourceMapError} when there is no object.
 */
export function fieldsOf(bytes: Uint8Array, { start, end }: Range): ReadonlyMap<string, Range> {
  const fields = new Map<string, Range>();
  for (const { key, value } of members(bytes, start, end, '{')) {
    if (key !== undefined) fields.set(textOf(bytes, key), value);
  }
  return fields;
}

/**
 * Where is each element of the array?
 * @throws {SourceMapError} when there is no array.
 */
export function* elementsOf(bytes: Uint8Array, { start, end }: Range): Iterable<Range> {
  for (const { value } of members(bytes, start, end, '[')) yield value;
}

/** @throws {SourceMapError} */
export function parsedValue(bytes: Uint8Array, { start, end }: Range): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes.subarray(start, end)));
  } catch {
    throw broken('a value is no JSON');
  }
}

/**
 * A string's bytes: the text's own, without the quotes, where nothing in it is escaped.
 * @throws {SourceMapError} when it is no string.
 */
export function stringBytes(bytes: Uint8Array, range: Range): Uint8Array {
  if (bytes[range.start] !== quote) throw broken('a string is something else');
  const inside = bytes.subarray(range.start + 1, range.end - 1);
  return inside.includes(backslash) ? new TextEncoder().encode(textOf(bytes, range)) : inside;
}

function textOf(bytes: Uint8Array, range: Range): string {
  const value = parsedValue(bytes, range);
  if (typeof value !== 'string') throw broken('a string is something else');
  return value;
}

interface Member {
  readonly key: Range | undefined;
  readonly value: Range;
}

function* members(bytes: Uint8Array, start: number, end: number, bracket: '{' | '['): Iterable<Member> {
  let at = skipSpace(bytes, start, end);
  if (bytes[at] !== bracket.charCodeAt(0))
    throw broken(bracket === '{' ? 'it is no object' : 'a list is something else');
  const close = bracket === '{' ? 0x7d : 0x5d;
  at = skipSpace(bytes, at + 1, end);
  if (bytes[at] === close) return;
  for (;;) {
    let key: Range | undefined;
    if (bracket === '{') {
      if (bytes[at] !== quote) throw broken('a field has no name');
      key = { start: at, end: endOfString(bytes, at, end) };
      at = skipSpace(bytes, key.end, end);
      if (bytes[at] !== 0x3a) throw broken('a field has no value');
      at = skipSpace(bytes, at + 1, end);
    }
    const value = { start: at, end: endOfValue(bytes, at, end) };
    yield { key, value };
    at = skipSpace(bytes, value.end, end);
    if (bytes[at] === close) return;
    if (bytes[at] !== 0x2c) throw broken('it is cut short, or damaged');
    at = skipSpace(bytes, at + 1, end);
  }
}

function skipSpace(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end && (bytes[at] as number) <= 0x20) at++;
  return at;
}

function endOfValue(bytes: Uint8Array, start: number, end: number): number {
  const first = bytes[start];
  if (first === quote) return endOfString(bytes, start, end);
  if (first === 0x7b || first === 0x5b) return endOfNested(bytes, start, end);
  let at = start;
  // A number or a word, up to a comma, a closing bracket or space.
  while (at < end && !isDelimiter(bytes[at] as number)) at++;
  if (at === start || at === end) throw broken('it is cut short, or damaged');
  return at;
}

function isDelimiter(byte: number): boolean {
  return byte === 0x2c || byte === 0x7d || byte === 0x5d || byte <= 0x20;
}

function endOfNested(bytes: Uint8Array, start: number, end: number): number {
  let depth = 0;
  let at = start;
  while (at < end) {
    const byte = bytes[at] as number;
    if (byte === quote) {
      at = endOfString(bytes, at, end);
      continue;
    }
    if (byte === 0x7b || byte === 0x5b) depth++;
    else if (byte === 0x7d || byte === 0x5d) depth--;
    at++;
    if (depth === 0) return at;
  }
  throw broken('it is cut short');
}

/** A quote behind an odd number of backslashes is part of the string. */
function endOfString(bytes: Uint8Array, start: number, end: number): number {
  let at = start + 1;
  for (;;) {
    at = bytes.indexOf(quote, at);
    if (at === -1 || at >= end) throw broken('it is cut short');
    let backslashes = 0;
    while (bytes[at - 1 - backslashes] === backslash) backslashes++;
    at++;
    if (backslashes % 2 === 0) return at;
  }
}

function broken(why: string): SourceMapError {
  return new SourceMapError(`it is no source map: ${why}`);
}
