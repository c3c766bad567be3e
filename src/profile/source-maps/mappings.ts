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

/** The value of each base64 digit; 64 for `,`, 65 for `;`, 66 for all else. */
const digits = new Uint8Array(256).fill(66);
[...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'].forEach((char, value) => {
  digits[char.charCodeAt(0)] = value;
});
digits[','.charCodeAt(0)] = 64;
digits[';'.charCodeAt(0)] = 65;

/**
 * Hands the segments that are wanted to the sink, and keeps nothing. Up to the last of them every segment has to be gone
 * through, because each one says how it differs from the one before.
 *
 * @param bytes The text of `mappings`.
 * @throws {SourceMapError} when it is none.
 */
export function readMappings(bytes: Uint8Array, sink: SegmentSink, placement: Placement = wholeFile): void {
  const { endLine, endColumn } = placement;
  const length = bytes.length;
  let generatedLine = placement.line;
  let column = placement.column;
  let source = placement.sources;
  let line = 0;
  let originalColumn = 0;
  let name = placement.names;
  // A line without segments is told of as well.
  while (sink.wantedLine < generatedLine) sink.endLine();
  let isWanted = sink.wantedLine === generatedLine;
  let at = 0;
  while (at < length) {
    let digit = digits[bytes[at] as number] as number;
    if (digit >= 64) {
      if (digit === 66) throw unreadable();
      at++;
      if (digit === 64) continue;
      // The rest of that line is the next section's.
      if (generatedLine >= endLine) return;
      if (isWanted) sink.endLine();
      generatedLine++;
      column = 0;
      const { wantedLine } = sink;
      if (wantedLine === Number.POSITIVE_INFINITY) return;
      isWanted = wantedLine === generatedLine;
      continue;
    }

    // The column. One digit is the rule, so it goes first. What follows says the same for the other numbers.
    let value = digit & 31;
    at++;
    if (digit >= 32) {
      let shift = 5;
      do {
        digit = digits[bytes[at++] as number] as number;
        if (digit >= 64 || at > length) throw unreadable();
        value |= (digit & 31) << shift;
        shift += 5;
      } while (digit >= 32);
    }
    column += value & 1 ? -(value >>> 1) : value >>> 1;

    digit = at < length ? (digits[bytes[at] as number] as number) : 64;
    if (digit >= 64) {
      if (digit === 66) throw unreadable();
      if (isWanted && (generatedLine < endLine || column < endColumn)) sink.segment(column, -1, -1, -1, -1);
      continue;
    }

    value = digit & 31;
    at++;
    if (digit >= 32) {
      let shift = 5;
      do {
        digit = digits[bytes[at++] as number] as number;
        if (digit >= 64 || at > length) throw unreadable();
        value |= (digit & 31) << shift;
        shift += 5;
      } while (digit >= 32);
    }
    source += value & 1 ? -(value >>> 1) : value >>> 1;

    digit = at < length ? (digits[bytes[at++] as number] as number) : 64;
    if (digit >= 64) throw unreadable();
    value = digit & 31;
    if (digit >= 32) {
      let shift = 5;
      do {
        digit = digits[bytes[at++] as number] as number;
        if (digit >= 64 || at > length) throw unreadable();
        value |= (digit & 31) << shift;
        shift += 5;
      } while (digit >= 32);
    }
    line += value & 1 ? -(value >>> 1) : value >>> 1;

    digit = at < length ? (digits[bytes[at++] as number] as number) : 64;
    if (digit >= 64) throw unreadable();
    value = digit & 31;
    if (digit >= 32) {
      let shift = 5;
      do {
        digit = digits[bytes[at++] as number] as number;
        if (digit >= 64 || at > length) throw unreadable();
        value |= (digit & 31) << shift;
        shift += 5;
      } while (digit >= 32);
    }
    originalColumn += value & 1 ? -(value >>> 1) : value >>> 1;

    let hasName = false;
    digit = at < length ? (digits[bytes[at] as number] as number) : 64;
    if (digit < 64) {
      hasName = true;
      value = digit & 31;
      at++;
      if (digit >= 32) {
        let shift = 5;
        do {
          digit = digits[bytes[at++] as number] as number;
          if (digit >= 64 || at > length) throw unreadable();
          value |= (digit & 31) << shift;
          shift += 5;
        } while (digit >= 32);
      }
      name += value & 1 ? -(value >>> 1) : value >>> 1;
      // A segment has five numbers at most.
      if (at < length && (digits[bytes[at] as number] as number) < 64) throw unreadable();
    }

    if (isWanted && (generatedLine < endLine || column < endColumn)) {
      sink.segment(column, source, line, originalColumn, hasName ? name : -1);
    }
  }
  // Another section may go on with the line; whoever has called knows.
}

function unreadable(): SourceMapError {
  return new SourceMapError('its mappings are damaged');
}
