import type { Range } from './json-ranges.js';

/**
 * The text of a source map without what it has of its sources' texts, which is most of it, and of which few are asked for. In place
 * of each list of them an empty one is left.
 */
export interface MapText {
  readonly bytes: Uint8Array;
  /** By the place of an empty list in the bytes, where its elements are in the whole text. */
  readonly contents: ReadonlyMap<number, readonly Range[]>;
  /**
   * A part of the whole text.
   * @throws {SourceMapError}
   */
  read(range: Range): Uint8Array;
}

/** A file, or what is like one, read piece by piece. */
export interface Pieces {
  readonly length: number;
  /**
   * Fills the buffer from a place on.
   * @returns how many bytes there were.
   * @throws {SourceMapError}
   */
  read(into: Uint8Array, position: number): number;
}

const quote = 0x22;
const backslash = 0x5c;
const contentsField = new TextEncoder().encode('"sourcesContent"');
const sectionsField = new TextEncoder().encode('"sections"');

/**
 * The text of a map, of which no more is ever in memory than what is given back and one piece.
 *
 * @param pieceBytes A piece; more than the longest name of a field that is looked for.
 * @returns `undefined` for a text that is no JSON as far as was looked: it is to be read as a whole, to say what is wrong.
 */
export function readMapText(pieces: Pieces, pieceBytes = 2 ** 18): MapText | undefined {
  const lists = new ContentLists(pieces, pieceBytes).find();
  if (lists === undefined) return undefined;
  const left = lists.reduce((sum, { start, end }) => sum - (end - start), pieces.length);
  const bytes = new Uint8Array(left);
  const contents = new Map<number, readonly Range[]>();
  let length = 0;
  let position = 0;
  const copy = (end: number): boolean => {
    while (position < end) {
      const read = pieces.read(bytes.subarray(length, length + end - position), position);
      if (read === 0) return false;
      length += read;
      position += read;
    }
    return true;
  };
  for (const { start, end, elements } of lists) {
    if (!copy(start)) return undefined;
    contents.set(length - 1, elements);
    position = end;
  }
  if (!copy(pieces.length)) return undefined;
  return {
    bytes,
    contents,
    read({ start, end }) {
      const part = new Uint8Array(end - start);
      return part.subarray(0, pieces.read(part, start));
    },
  };
}

/** What is between the brackets of a `sourcesContent`, and where each of its elements is. */
interface ContentList extends Range {
  readonly elements: Range[];
}

/** Goes once over a map's text, from string to string, looking for `sourcesContent`. */
class ContentLists {
  readonly #pieces: Pieces;
  /** A piece of the text, which is gone over, and where it is in the text. */
  readonly #buffer: Uint8Array;
  #piece: Uint8Array;
  #from = 0;
  /** In the piece. */
  #at = 0;

  constructor(pieces: Pieces, pieceBytes: number) {
    this.#pieces = pieces;
    this.#buffer = new Uint8Array(Math.min(pieceBytes, pieces.length));
    this.#piece = this.#buffer.subarray(0, 0);
  }

  find(): ContentList[] | undefined {
    const lists: ContentList[] = [];
    let hasSections = false;
    // Only where a map has others in it is there more than one.
    while ((lists.length === 0 || hasSections) && this.#nextQuote()) {
      const isContents = this.#isText(contentsField);
      hasSections ||= this.#isText(sectionsField);
      if (this.#skipString() === -1) return undefined;
      if (!isContents || this.#nextSign() !== 0x3a) continue;
      this.#at++;
      if (this.#nextSign() !== 0x5b) continue;
      this.#at++;
      const list = this.#list();
      if (list === undefined) return undefined;
      lists.push(list);
    }
    return lists;
  }

  /** From behind its opening bracket to the closing one. */
  #list(): ContentList | undefined {
    const start = this.#from + this.#at;
    const elements: Range[] = [];
    for (let sign = this.#nextSign(); sign !== 0x5d; sign = this.#nextSign()) {
      const position = this.#from + this.#at;
      if (sign === quote) {
        const end = this.#skipString();
        if (end === -1) return undefined;
        elements.push({ start: position, end });
      } else if (sign === 0x6e) {
        // null
        elements.push({ start: position, end: position + 4 });
        for (let i = 0; i < 4; i++) {
          if (this.#sign() !== 'null'.charCodeAt(i)) return undefined;
          this.#at++;
        }
      } else return undefined;
      const behind = this.#nextSign();
      if (behind === 0x2c) this.#at++;
      else if (behind !== 0x5d) return undefined;
    }
    return { start, end: this.#from + this.#at, elements };
  }

  /** The byte at which it is; -1 at the end. */
  #sign(): number {
    return this.#at < this.#piece.length || this.#turn() ? (this.#piece[this.#at] as number) : -1;
  }

  /** The same for the next byte that is no space. */
  #nextSign(): number {
    for (;;) {
      const sign = this.#sign();
      if (sign === -1 || sign > 0x20) return sign;
      this.#at++;
    }
  }

  #nextQuote(): boolean {
    for (;;) {
      const found = this.#piece.indexOf(quote, this.#at);
      this.#at = found === -1 ? this.#piece.length : found;
      if (found !== -1) return true;
      if (!this.#turn()) return false;
    }
  }

  /** Whether this text, quotes included, is what begins here. */
  #isText(text: Uint8Array): boolean {
    const { length } = text;
    if (this.#at + length > this.#piece.length) this.#turn();
    if (this.#at + length > this.#piece.length) return false;
    for (let i = 0; i < length; i++) if (this.#piece[this.#at + i] !== text[i]) return false;
    return true;
  }

  /** @returns its end in the text, -1 when it has none. */
  #skipString(): number {
    // There are hundreds of thousands of quotes in texts: what is asked of each is kept at hand.
    let piece = this.#piece;
    let at = this.#at + 1;
    for (;;) {
      const found = piece.indexOf(quote, at);
      const end = found === -1 ? piece.length : found;
      let start = end;
      while (start > at && piece[start - 1] === backslash) start--;
      const isEscaped = (end - start) % 2 === 1;
      if (found === -1) {
        const endOfPiece = this.#from + end;
        // A backslash and what it escapes stay together.
        this.#at = isEscaped ? end - 1 : end;
        if (!this.#turn() || this.#from + this.#piece.length <= endOfPiece) return -1;
        piece = this.#piece;
        at = 0;
        continue;
      }
      at = found + 1;
      if (isEscaped) continue;
      this.#at = at;
      return this.#from + at;
    }
  }

  /** Goes on with the piece that begins where it is. @returns whether there is one. */
  #turn(): boolean {
    this.#from += this.#at;
    this.#at = 0;
    const length = this.#pieces.read(this.#buffer, this.#from);
    this.#piece = this.#buffer.subarray(0, length);
    return length > 0;
  }
}
