import { ProfBufError } from './errors.js';
import { HEADER_WORD, LENGTH_HALF, type Ring, TAG_HALF, TIME_WORD } from './layout.js';

/** What the reader hands out: one record, or the report of a loss in its place. */
export interface ProfBufRecord {
  /** 0 in a loss report. */
  readonly tag: number;
  /** In a loss report, the time of the first record lost. */
  readonly time: number;
  /** Number of stack words. 0 in a loss report. */
  readonly depth: number;
  /** How many records were lost here, one after another; 0 for an ordinary record. */
  readonly lost: number;
  /** Header word `i`, from 0. @throws {ProfBufError} `INVALID_INDEX` */
  header(i: number): number;
  /** Stack word `i`, from 0 to `depth - 1`. @throws {ProfBufError} `INVALID_INDEX` */
  stack(i: number): number;
}

/**
 * A window on the ring: one object for a reader's whole life, moved from record to record, so that reading allocates
 * nothing. Words are fetched when they are asked for.
 */
export class RecordView implements ProfBufRecord {
  depth = 0;
  lost = 0;
  readonly #words: Float64Array;
  readonly #halves: Int32Array;
  readonly #headerWords: number;
  /** Where the record begins in the ring; -1: a loss that the reader itself reports. */
  #at = -1;
  #firstLostTime = 0;

  constructor(ring: Ring) {
    this.#words = ring.words;
    this.#halves = ring.halves;
    this.#headerWords = ring.headerWords;
  }

  /** Moves to the record that begins at word `at`; returns its length in words, or 0 if no writer can have written it. */
  moveTo(at: number): number {
    this.#at = at;
    const length = this.#halves[2 * at + LENGTH_HALF] as number;
    if (length > 0) {
      this.lost = 0;
      this.depth = length - HEADER_WORD - this.#headerWords;
      return length;
    }
    this.lost = this.#words[at + HEADER_WORD + this.#headerWords] as number;
    this.depth = 0;
    return -length === HEADER_WORD + this.#headerWords + 1 && this.lost > 0 ? -length : 0;
  }

  /** Shows losses that have no record in the ring. */
  showLosses(count: number, firstTime: number): void {
    this.#at = -1;
    this.lost = count;
    this.depth = 0;
    this.#firstLostTime = firstTime;
  }

  get tag(): number {
    return this.#at < 0 ? 0 : (this.#halves[2 * this.#at + TAG_HALF] as number);
  }

  get time(): number {
    return this.#at < 0 ? this.#firstLostTime : (this.#words[this.#at + TIME_WORD] as number);
  }

  header(i: number): number {
    if (i >>> 0 !== i || i >= this.#headerWords) throw outside('header', i, this.#headerWords);
    return this.#at < 0 ? 0 : (this.#words[this.#at + HEADER_WORD + i] as number);
  }

  stack(i: number): number {
    if (i >>> 0 !== i || i >= this.depth) throw outside('stack', i, this.depth);
    return this.#words[this.#at + HEADER_WORD + this.#headerWords + i] as number;
  }
}

function outside(part: string, i: number, count: number): ProfBufError {
  return new ProfBufError('INVALID_INDEX', `${part} word ${i} was asked for; this record has ${count}, counted from 0`);
}
