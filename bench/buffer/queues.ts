/**
 * The queues that can be polled, each behind the same two calls, so that one loop measures them all. Every thread runs
 * one of them only: the engine sees one class at each call and inlines it, as it would in an application.
 */
import { allocate, ProfBufReader, ProfBufWriter } from 'profbuf/buffer';
import { RingBuffer } from 'ringbuf.js';

/** Five float64 words: 2 kept by every record of ours (length and tag, time), one header word and two stack words. */
export const WORDS_PER_RECORD = 5;

export interface QueueWriter {
  /** Writes record `i`; false: there was no room, and nothing is lost. */
  tryWrite(i: number): boolean;
  /** Writes record `i` or loses it; false: there was no room. */
  write(i: number): boolean;
  /** Shows the reader what it has not been shown yet. */
  publish(): void;
}

export interface QueueReader {
  /** The sum of the next record's numbers; -1 if there is nothing to read. */
  read(): number;
}

export interface Queue {
  allocate(words: number): SharedArrayBuffer;
  writer(shared: SharedArrayBuffer): QueueWriter;
  reader(shared: SharedArrayBuffer): QueueReader;
}

/** What a writer that holds its records publishes at once. */
const HELD = 32;

/** The sum of record `i`'s numbers, as every queue here carries them. */
export function sumOfRecord(i: number): number {
  return (i & 1023) + i + 7 + (i + 1) + (i + 2);
}

class ProfBufQueueWriter implements QueueWriter {
  readonly #writer: ProfBufWriter;
  readonly #header = [7];
  readonly #stack = [0, 0];

  constructor(shared: SharedArrayBuffer) {
    this.#writer = new ProfBufWriter(shared);
  }

  tryWrite(i: number): boolean {
    this.#stack[0] = i + 1;
    this.#stack[1] = i + 2;
    return this.#writer.tryWrite(i & 1023, i, this.#header, this.#stack);
  }

  write(i: number): boolean {
    this.#stack[0] = i + 1;
    this.#stack[1] = i + 2;
    return this.#writer.write(i & 1023, i, this.#header, this.#stack);
  }

  publish(): void {}
}

class HoldingQueueWriter implements QueueWriter {
  readonly #writer: ProfBufWriter;
  readonly #header = [7];
  readonly #stack = [0, 0];

  constructor(shared: SharedArrayBuffer) {
    this.#writer = new ProfBufWriter(shared, 0, { autoPublish: false });
  }

  tryWrite(i: number): boolean {
    this.#stack[0] = i + 1;
    this.#stack[1] = i + 2;
    const isWritten = this.#writer.tryWrite(i & 1023, i, this.#header, this.#stack);
    if (i % HELD === HELD - 1) this.#writer.publish();
    return isWritten;
  }

  write(i: number): boolean {
    this.#stack[0] = i + 1;
    this.#stack[1] = i + 2;
    const isWritten = this.#writer.write(i & 1023, i, this.#header, this.#stack);
    if (i % HELD === HELD - 1) this.#writer.publish();
    return isWritten;
  }

  publish(): void {
    this.#writer.publish();
  }
}

class ProfBufQueueReader implements QueueReader {
  readonly #reader: ProfBufReader;

  constructor(shared: SharedArrayBuffer) {
    this.#reader = new ProfBufReader(shared);
  }

  read(): number {
    const record = this.#reader.next();
    if (record === null) return -1;
    return record.tag + record.time + record.header(0) + record.stack(0) + record.stack(1);
  }
}

class RingBufQueueWriter implements QueueWriter {
  readonly #ring: RingBuffer;
  readonly #record = new Float64Array(WORDS_PER_RECORD);

  constructor(shared: SharedArrayBuffer) {
    this.#ring = new RingBuffer(shared, Float64Array);
  }

  tryWrite(i: number): boolean {
    const record = this.#record;
    record[0] = i & 1023;
    record[1] = i;
    record[2] = 7;
    record[3] = i + 1;
    record[4] = i + 2;
    // Its capacity is a multiple of a record's length, so that it takes all of a record or nothing.
    return this.#ring.push(record, WORDS_PER_RECORD) !== 0;
  }

  write(i: number): boolean {
    return this.tryWrite(i);
  }

  publish(): void {}
}

class RingBufQueueReader implements QueueReader {
  readonly #ring: RingBuffer;
  readonly #record = new Float64Array(WORDS_PER_RECORD);

  constructor(shared: SharedArrayBuffer) {
    this.#ring = new RingBuffer(shared, Float64Array);
  }

  read(): number {
    const record = this.#record;
    if (this.#ring.pop(record, WORDS_PER_RECORD) === 0) return -1;
    let sum = 0;
    for (let i = 0; i < WORDS_PER_RECORD; i++) sum += record[i] as number;
    return sum;
  }
}

export const queues = {
  profbuf: {
    allocate: (words) => allocate({ words, headerWords: 1 }),
    writer: (shared) => new ProfBufQueueWriter(shared),
    reader: (shared) => new ProfBufQueueReader(shared),
  },
  'profbuf, 32 at once': {
    allocate: (words) => allocate({ words, headerWords: 1 }),
    writer: (shared) => new HoldingQueueWriter(shared),
    reader: (shared) => new ProfBufQueueReader(shared),
  },
  'ringbuf.js': {
    allocate: (words) => RingBuffer.getStorageForCapacity(words - (words % WORDS_PER_RECORD), Float64Array),
    writer: (shared) => new RingBufQueueWriter(shared),
    reader: (shared) => new RingBufQueueReader(shared),
  },
} as const satisfies Record<string, Queue>;

export type QueueName = keyof typeof queues;
