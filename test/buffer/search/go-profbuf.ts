/**
 * The protocol of `profBuf` in Go's runtime (runtime/profbuf.go, Go 1.19; later versions differ in spelling only), step by
 * step, for the search to show what is wrong with it. Made anew from its behaviour. Left out is the ring of tags, which
 * moves in step with the ring of data; its count is kept, since it is part of the two positions. Words that have 64 bits in
 * Go have fewer here, which is enough for the few records of a search.
 */
import { createView, type Recorder, searchedAtomics as shared } from './access.js';
import { Violation } from './violation.js';

/** Indices of the control words. */
export const GO_R = 32;
export const GO_W = 33;
export const GO_OVERFLOW = 34;
export const GO_OVERFLOW_TIME = 35;
export const GO_EOF = 36;
export const GO_NOTE = 37;

// `r` and `w`: tag count, two flags, data count.
const COUNT_BITS = 12;
const COUNT_MASK = 2 ** COUNT_BITS - 1;
const READER_SLEEPING = 2 ** COUNT_BITS;
const WRITE_EXTRA = 2 ** (COUNT_BITS + 1);
const TAG_SHIFT = COUNT_BITS + 2;

// `overflow`: generation, count.
const OVERFLOW_COUNT_BITS = 8;
const OVERFLOW_COUNT_MASK = 2 ** OVERFLOW_COUNT_BITS - 1;

export const dataCount = (position: number) => position & COUNT_MASK;
export const overflowCount = (overflow: number) => overflow & OVERFLOW_COUNT_MASK;
const nextGeneration = (overflow: number) => ((overflow >> OVERFLOW_COUNT_BITS) + 1) << OVERFLOW_COUNT_BITS;

function difference(a: number, b: number): number {
  const unused = 32 - COUNT_BITS;
  return ((a - b) << unused) >> unused;
}

function advanced(position: number, data: number, tags: number): number {
  const tagCount = ((position >> TAG_SHIFT) + tags) & COUNT_MASK;
  return (tagCount << TAG_SHIFT) | ((position + data) & COUNT_MASK);
}

export interface GoRecord {
  readonly time: number;
  readonly header: readonly number[];
  readonly stack: readonly number[];
}

export type GoRead = { readonly records: readonly GoRecord[]; readonly isEnd: boolean };

export class GoProfBuf {
  readonly #control: Int32Array;
  readonly #data: Float64Array;
  readonly #headerSize: number;
  /** Owned by the reader: the read position once what it was handed last is given back. */
  readerNext = 0;

  constructor(recorder: Recorder, capacity: number, headerSize: number) {
    this.#control = createView(recorder, 'control', new Int32Array(GO_NOTE + 1));
    this.#data = createView(recorder, 'words', new Float64Array(capacity));
    this.#headerSize = headerSize;
  }

  /** False, which Go does not say, if the record is lost. */
  write(time: number, header: readonly number[], stack: readonly number[]): boolean {
    const isOverflowing = this.#hasOverflow();
    if (isOverflowing && this.#fits(1, stack.length)) {
      const taken = this.#takeOverflow();
      if (taken.count > 0) this.write(taken.time, [], [taken.count]);
    } else if (isOverflowing || !this.#fits(stack.length)) {
      this.#incrementOverflow(time);
      this.#wakeUpExtra();
      return false;
    }
    this.#load(GO_R);
    const length = 2 + this.#headerSize + stack.length;
    let at = dataCount(this.#load(GO_W)) % this.#data.length;
    let skip = 0;
    if (at + length > this.#data.length) {
      this.#data[at] = 0;
      skip = this.#data.length - at;
      at = 0;
    }
    this.#data[at] = length;
    this.#data[at + 1] = time;
    for (let i = 0; i < this.#headerSize; i++) this.#data[at + 2 + i] = header[i] ?? 0;
    for (const [i, word] of stack.entries()) this.#data[at + 2 + this.#headerSize + i] = word;
    this.#changeWrite((old) => advanced(old, skip + length, 1));
    return true;
  }

  close(): void {
    shared.store(this.#control, GO_EOF, 1);
    this.#wakeUpExtra();
  }

  read(isBlocking: boolean): GoRead {
    const position = this.readerNext;
    if (this.#load(GO_R) !== position) shared.store(this.#control, GO_R, position);
    for (;;) {
      const write = this.#load(GO_W);
      const available = difference(dataCount(write), dataCount(position));
      if (available > 0) return { records: this.#take(position, available), isEnd: false };
      if (this.#hasOverflow()) {
        const { count, time } = this.#takeOverflow();
        if (count === 0) continue;
        const header = Array.from({ length: this.#headerSize }, () => 0);
        return { records: [{ time, header, stack: [count] }], isEnd: false };
      }
      if (this.#load(GO_EOF) > 0) return { records: [], isEnd: true };
      if ((write & WRITE_EXTRA) !== 0) {
        this.#compareAndSwap(GO_W, write, write & ~WRITE_EXTRA);
        continue;
      }
      if (!isBlocking) return { records: [], isEnd: false };
      if (!this.#compareAndSwap(GO_W, write, write | READER_SLEEPING)) continue;
      while (this.#load(GO_NOTE) === 0) shared.wait(this.#control, GO_NOTE, 0);
      shared.store(this.#control, GO_NOTE, 0);
    }
  }

  /** Whole records from `position` on, of `available` words: up to the end of the ring, or after it. */
  #take(position: number, available: number): GoRecord[] {
    const from = dataCount(position) % this.#data.length;
    let end = Math.min(this.#data.length, from + available);
    let at = from;
    let skip = 0;
    if (this.#data[at] === 0) {
      skip = end - from;
      end = Math.min(this.#data.length, available - skip);
      at = 0;
    }
    const begin = at;
    const records: GoRecord[] = [];
    for (let length = 0; at < end; at += length) {
      length = this.#data[at] as number;
      if (length === 0) break;
      if (at + length > end) throw new Violation('error', 'malformed profBuf buffer - invalid size');
      const stackAt = at + 2 + this.#headerSize;
      records.push({
        time: this.#data[at + 1] as number,
        header: this.#words(at + 2, stackAt),
        stack: this.#words(stackAt, at + length),
      });
    }
    this.readerNext = advanced(position, skip + at - begin, records.length);
    return records;
  }

  #words(from: number, to: number): number[] {
    return Array.from({ length: to - from }, (_, i) => this.#data[from + i] as number);
  }

  /** Whether there is room for records of these depths, one after the other. */
  #fits(...depths: number[]): boolean {
    const read = this.#load(GO_R);
    const write = this.#load(GO_W);
    let free = difference(dataCount(read), dataCount(write)) + this.#data.length;
    let at = dataCount(write) % this.#data.length;
    return depths.every((depth) => {
      const length = 2 + this.#headerSize + depth;
      if (at + length > this.#data.length) {
        free -= this.#data.length - at;
        at = 0;
      }
      at += length;
      free -= length;
      return free >= 0;
    });
  }

  #hasOverflow(): boolean {
    return overflowCount(this.#load(GO_OVERFLOW)) > 0;
  }

  #takeOverflow(): { count: number; time: number } {
    for (;;) {
      const overflow = this.#load(GO_OVERFLOW);
      const time = this.#load(GO_OVERFLOW_TIME);
      const count = overflowCount(overflow);
      if (count === 0 || this.#compareAndSwap(GO_OVERFLOW, overflow, nextGeneration(overflow))) return { count, time };
    }
  }

  #incrementOverflow(time: number): void {
    for (;;) {
      const overflow = this.#load(GO_OVERFLOW);
      if (overflowCount(overflow) === 0) {
        shared.store(this.#control, GO_OVERFLOW_TIME, time);
        shared.store(this.#control, GO_OVERFLOW, nextGeneration(overflow) + 1);
        return;
      }
      if (this.#compareAndSwap(GO_OVERFLOW, overflow, overflow + 1)) return;
    }
  }

  /** The first fault: this leaves the sleeping bit set, so the next change wakes the reader again. */
  #wakeUpExtra(): void {
    this.#changeWrite((old) => old | WRITE_EXTRA);
  }

  #changeWrite(change: (old: number) => number): void {
    for (;;) {
      const old = this.#load(GO_W);
      if (!this.#compareAndSwap(GO_W, old, change(old))) continue;
      if ((old & READER_SLEEPING) !== 0) this.#wakeUp();
      return;
    }
  }

  #wakeUp(): void {
    const wasSet = shared.exchange(this.#control, GO_NOTE, 1);
    if (wasSet !== 0) throw new Violation('double wake-up', 'notewakeup - double wakeup');
    shared.notify(this.#control, GO_NOTE);
  }

  #load(index: number): number {
    return shared.load(this.#control, index) as number;
  }

  #compareAndSwap(index: number, expected: number, value: number): boolean {
    return shared.compareExchange(this.#control, index, expected, value) === expected;
  }
}
