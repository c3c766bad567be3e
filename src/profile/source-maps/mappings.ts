import { SourceMapError } from './source-map-error.js';

/**
 * Takes segments of the lines that it wants, in the order of the text: lines ascend, and so do columns in nearly every map.
 * All numbers count from 0.
 */
export interface SegmentSink {
  /** The next line of which segments are wanted, of the generated text; `Infinity` when none is. Never goes back. */
  readonly wantedLine: number;
  /**
   * A segment of that line.
   * @param source -1, as what follows, when the segment says that the text from there on has no source.
   * @param name -1 when it has none.
   */
  segment(column: number, source: number, line: number, originalColumn: number, name: number): void;
  /** The line that was wanted is over; now another one is. */
  endLine(): void;
}

/** What a section of a map adds to the numbers in it, and where it ends. */
export interface Placement {
  readonly line: number;
  /** Of its first line only. */
  readonly column: number;
  readonly sources: number;
  readonly names: number;
  /** Where the next section begins, whose text it is from there on. */
  readonly endLine: number;
  readonly endColumn: number;
}

export const wholeFile: Placement = {
  line: 0,
  column: 0,
  sources: 0,
  names: 0,
  endLine: Number.POSITIVE_INFINITY,
  endColumn: Number.POSITIVE_INFINITY,
};

const comma = 64;
const semicolon = 65;

/** The value of each base64 digit; something larger for all else. */
const digits = new Uint8Array(256).fill(66);
[...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'].forEach((char, value) => {
  digits[char.charCodeAt(0)] = value;
});
digits[','.charCodeAt(0)] = comma;
digits[';'.charCodeAt(0)] = semicolon;

/** So many segments are decoded in one call. */
const batchSize = 512;
/** Numbers of a segment in a batch: column, source, line and column there, name; and how many of them it has. */
const width = 6;
const lastLine = 2 ** 30;

/**
 * Hands the segments that are wanted to the sink, and keeps nothing. Up to the last of them every segment has to be gone
 * through, because each one says how it differs from the one before.
 *
 * @param bytes The text of `mappings`.
 * @throws {SourceMapError} when it is none.
 */
export function readMappings(bytes: Uint8Array, sink: SegmentSink, placement: Placement = wholeFile): void {
  const { endLine, endColumn } = placement;
  while (sink.wantedLine < placement.line) sink.endLine();
  const batch = new Int32Array(batchSize * width);
  const state = new Int32Array(stateSize);
  state[stateOf.line] = placement.line;
  state[stateOf.column] = placement.column;
  state[stateOf.source] = placement.sources;
  state[stateOf.name] = placement.names;
  for (;;) {
    const wanted = Math.min(sink.wantedLine, endLine, lastLine);
    const end = decode(bytes, wanted, state, batch);
    const line = state[stateOf.line] as number;
    const count = state[stateOf.count] as number;
    if (line === sink.wantedLine) {
      for (let i = 0; i < count; i++) handOver(sink, batch, i * width, line < endLine ? lastLine : endColumn);
    }
    if (end === stop.damaged) throw unreadable();
    if (end === stop.end) return;
    if (end === stop.full) continue;
    // The rest of that line is the next section's.
    if (line >= endLine) return;
    if (line === sink.wantedLine) sink.endLine();
    if (sink.wantedLine === Number.POSITIVE_INFINITY) return;
    state[stateOf.line] = line + 1;
    state[stateOf.column] = 0;
  }
}

function handOver(sink: SegmentSink, batch: Int32Array, at: number, endColumn: number): void {
  const column = batch[at] as number;
  if (column >= endColumn) return;
  const numbers = batch[at + 5] as number;
  if (numbers === 1) sink.segment(column, -1, -1, -1, -1);
  else {
    const name = numbers === 5 ? (batch[at + 4] as number) : -1;
    sink.segment(column, batch[at + 1] as number, batch[at + 2] as number, batch[at + 3] as number, name);
  }
}

/** Where the decoding is: what the numbers have come to, how many of the batch are there, and the next byte. */
const stateOf = {
  line: 0,
  column: 1,
  source: 2,
  originalLine: 3,
  originalColumn: 4,
  name: 5,
  count: 6,
  at: 7,
} as const;
const stateSize = 8;
/** Why the decoding has stopped: there is no more; the batch is full; the wanted line is over; it is no text of mappings. */
const stop = { end: 0, full: 1, line: 2, damaged: 3 } as const;

/**
 * Decodes up to the end of the wanted line, of which it puts the segments into the batch.
 *
 * It calls nothing, has whole numbers alone, and ends soon: most maps are read by code that has never run before. V8 compiles a
 * short function in a few milliseconds, where one with all that is done with segments in it took 70 of processor time and 5 MB,
 * and changes over to what it has compiled with the next call.
 */
function decode(bytes: Uint8Array, wanted: number, state: Int32Array, batch: Int32Array): number {
  let generatedLine = state[stateOf.line] as number;
  let column = state[stateOf.column] as number;
  let source = state[stateOf.source] as number;
  let line = state[stateOf.originalLine] as number;
  let originalColumn = state[stateOf.originalColumn] as number;
  let name = state[stateOf.name] as number;
  let at = state[stateOf.at] as number;
  let put = 0;
  // How many numbers of the segment have been read.
  let numbers = 0;
  let value = 0;
  let shift = 0;
  let why: number = stop.end;
  const { length } = bytes;
  // One step behind the end, which ends the last segment as a comma would.
  for (; at <= length; at++) {
    const digit = at < length ? (digits[bytes[at] as number] as number) : comma;
    if (digit < comma) {
      value |= (digit & 31) << shift;
      if (digit >= 32) {
        shift += 5;
        continue;
      }
      const difference = (value & 1) === 0 ? value >>> 1 : -(value >>> 1);
      value = 0;
      shift = 0;
      if (numbers === 0) column = (column + difference) | 0;
      else if (numbers === 1) source = (source + difference) | 0;
      else if (numbers === 2) line = (line + difference) | 0;
      else if (numbers === 3) originalColumn = (originalColumn + difference) | 0;
      else name = (name + difference) | 0;
      numbers++;
      continue;
    }
    if (numbers !== 0) {
      if (numbers > 5 || numbers === 2 || numbers === 3) {
        why = stop.damaged;
        break;
      }
      if (generatedLine === wanted) {
        batch[put] = column;
        batch[put + 1] = source;
        batch[put + 2] = line;
        batch[put + 3] = originalColumn;
        batch[put + 4] = name;
        batch[put + 5] = numbers;
        put += width;
      }
      numbers = 0;
    }
    if (shift !== 0 || digit > semicolon) {
      why = stop.damaged;
      break;
    }
    if (digit === semicolon) {
      if (generatedLine >= wanted) {
        at++;
        why = stop.line;
        break;
      }
      generatedLine++;
      column = 0;
    } else if (put === batchSize * width) {
      at++;
      why = stop.full;
      break;
    }
  }
  state[stateOf.line] = generatedLine;
  state[stateOf.column] = column;
  state[stateOf.source] = source;
  state[stateOf.originalLine] = line;
  state[stateOf.originalColumn] = originalColumn;
  state[stateOf.name] = name;
  state[stateOf.count] = put / width;
  state[stateOf.at] = at;
  return why;
}

function unreadable(): SourceMapError {
  return new SourceMapError('its mappings are damaged');
}
