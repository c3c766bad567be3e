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

/**
 * Hands the segments that are wanted to the sink, and keeps nothing. Up to the last of them every segment has to be gone
 * through, because each one says how it differs from the one before.
 *
 * One short loop for all digits: most maps are read by code that has never run before, and V8 optimises a short loop soon.
 * Written out for each number it takes as long when it is hot, and twice as long when it is not.
 *
 * @param bytes The text of `mappings`.
 * @throws {SourceMapError} when it is none.
 */
export function readMappings(bytes: Uint8Array, sink: SegmentSink, placement: Placement = wholeFile): void {
  const { endLine, endColumn } = placement;
  let generatedLine = placement.line;
  let column = placement.column;
  let source = placement.sources;
  let line = 0;
  let originalColumn = 0;
  let name = placement.names;
  // How many numbers of the segment have been read.
  let numbers = 0;
  let value = 0;
  let shift = 0;
  while (sink.wantedLine < generatedLine) sink.endLine();
  let wantedLine = sink.wantedLine;
  let isWanted = wantedLine === generatedLine;
  // One step behind the end, which ends the last segment as a comma would.
  for (let at = 0; at <= bytes.length; at++) {
    const digit = at < bytes.length ? (digits[bytes[at] as number] as number) : comma;
    if (digit < comma) {
      value |= (digit & 31) << shift;
      if (digit >= 32) {
        shift += 5;
        continue;
      }
      const difference = value & 1 ? -(value >>> 1) : value >>> 1;
      value = 0;
      shift = 0;
      if (numbers === 0) column += difference;
      else if (numbers === 1) source += difference;
      else if (numbers === 2) line += difference;
      else if (numbers === 3) originalColumn += difference;
      else name += difference;
      numbers++;
      continue;
    }
    if (numbers !== 0) {
      if (isWanted && (generatedLine < endLine || column < endColumn)) {
        if (numbers === 1) sink.segment(column, -1, -1, -1, -1);
        else sink.segment(column, source, line, originalColumn, numbers === 5 ? name : -1);
      }
      if (numbers > 5 || numbers === 2 || numbers === 3) throw unreadable();
      numbers = 0;
    }
    if (shift !== 0 || digit > semicolon) throw unreadable();
    if (digit === semicolon) {
      // The rest of that line is the next section's.
      if (generatedLine >= endLine) return;
      if (isWanted) {
        sink.endLine();
        wantedLine = sink.wantedLine;
      }
      if (wantedLine === Number.POSITIVE_INFINITY) return;
      generatedLine++;
      column = 0;
      isWanted = wantedLine === generatedLine;
    }
  }
}

function unreadable(): SourceMapError {
  return new SourceMapError('its mappings are damaged');
}
