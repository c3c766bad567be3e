import type { SegmentSink } from './mappings.js';
import type { SourceMap } from './source-map.js';

/** Places in the generated text, from 0, in its order: lines ascend, and columns within a line. */
export interface Positions {
  readonly lines: ArrayLike<number>;
  readonly columns: ArrayLike<number>;
}

/** A segment for each position, or -1 in all columns. Numbers count from 0. */
export interface Segments {
  /** Where the segment begins in the generated text. */
  readonly column: Int32Array;
  /** -1 when there is no segment at or before the position, or it says that there is no source. */
  readonly source: Int32Array;
  readonly line: Int32Array;
  readonly originalColumn: Int32Array;
  readonly name: Int32Array;
}

export interface Answers {
  /** The last segment at or before the position, on its line; of several at one column the one that stands first. */
  readonly first: Segments;
  /** The same, but of several at one column the one that stands last. */
  readonly last: Segments;
}

/**
 * Where does each of these positions come from? Nothing but the answers is kept, so that a map of any size costs what its
 * bytes take.
 *
 * @throws {SourceMapError} when the mappings are damaged.
 */
export function lookUp(map: SourceMap, positions: Positions): Answers {
  const sink = new PositionSink(positions);
  map.readSegments(sink);
  return sink.answers;
}

function newSegments(size: number): Segments {
  const table = () => new Int32Array(size).fill(-1);
  return { column: table(), source: table(), line: table(), originalColumn: table(), name: table() };
}

function set(to: Segments, at: number, from: Kept): void {
  to.column[at] = from.column;
  to.source[at] = from.source;
  to.line[at] = from.line;
  to.originalColumn[at] = from.originalColumn;
  to.name[at] = from.name;
}

/** A segment as it came. */
class Kept {
  column = -1;
  source = -1;
  line = -1;
  originalColumn = -1;
  name = -1;

  set(column: number, source: number, line: number, originalColumn: number, name: number): void {
    this.column = column;
    this.source = source;
    this.line = line;
    this.originalColumn = originalColumn;
    this.name = name;
  }
}

/** Answers positions as segments come. */
export class PositionSink implements SegmentSink {
  readonly answers: Answers;
  wantedLine: number;
  readonly #lines: ArrayLike<number>;
  readonly #columns: ArrayLike<number>;
  /** The first position that is not answered. */
  #next = 0;
  /** Behind the last position of the wanted line. */
  #end = 0;
  #nextColumn = 0;
  readonly #first = new Kept();
  readonly #last = new Kept();

  constructor({ lines, columns }: Positions) {
    this.answers = { first: newSegments(lines.length), last: newSegments(lines.length) };
    this.#lines = lines;
    this.#columns = columns;
    this.wantedLine = this.#wantNext();
  }

  segment(column: number, source: number, line: number, originalColumn: number, name: number): void {
    const last = this.#last;
    if (column < last.column) {
      this.#outOfOrder(column, source, line, originalColumn, name);
      return;
    }
    if (column > this.#nextColumn) this.#answerBefore(column);
    if (column !== last.column) this.#first.set(column, source, line, originalColumn, name);
    last.set(column, source, line, originalColumn, name);
  }

  endLine(): void {
    this.#answerBefore(Number.POSITIVE_INFINITY);
    this.wantedLine = this.#wantNext();
  }

  #wantNext(): number {
    const lines = this.#lines;
    this.#first.set(-1, -1, -1, -1, -1);
    this.#last.set(-1, -1, -1, -1, -1);
    const from = this.#end;
    this.#next = from;
    if (from >= lines.length) return Number.POSITIVE_INFINITY;
    const line = lines[from] as number;
    let end = from;
    while (end < lines.length && lines[end] === line) end++;
    this.#end = end;
    this.#nextColumn = this.#columns[from] as number;
    return line;
  }

  /** What lies before the column can be answered now. */
  #answerBefore(column: number): void {
    while (this.#next < this.#end && (this.#columns[this.#next] as number) < column) {
      set(this.answers.first, this.#next, this.#first);
      set(this.answers.last, this.#next, this.#last);
      this.#next++;
    }
    this.#nextColumn = this.#next < this.#end ? (this.#columns[this.#next] as number) : Number.POSITIVE_INFINITY;
  }

  /** The format allows no such line, but there are writers of it: it is nearer than what the position has? */
  #outOfOrder(column: number, source: number, line: number, originalColumn: number, name: number): void {
    const { first, last } = this.answers;
    const late = new Kept();
    late.set(column, source, line, originalColumn, name);
    for (let i = this.#next - 1; i >= 0 && this.#lines[i] === this.wantedLine; i--) {
      if ((this.#columns[i] as number) < column) break;
      const known = last.column[i] as number;
      if (column > known) set(first, i, late);
      if (column >= known) set(last, i, late);
    }
  }
}
