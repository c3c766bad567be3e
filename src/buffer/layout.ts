/**
 * Where everything lies in a ring's memory. docs/buffer.md draws it byte by byte for writers in other languages; any
 * change here that such a writer could notice raises {@link LAYOUT_VERSION}.
 *
 * ```text
 * byte    0  magic, layout version, capacity, header words, generation bits       written once
 *        20  a mark by which a thread knows memory again                        attached.ts
 *       128  write position        the writer; the reader adds the sleeping bit
 *       256  read position         the reader
 *       384  overflow              both: losses.ts
 *       512  pending losses        the writer: time of the first, carried count, place
 *       640  closed                the writer
 *       768  the ring: `capacity` words of 8 bytes
 * ```
 *
 * Each control word has 128 bytes to itself: cache lines are 64 bytes and processors fetch them in pairs, and two words
 * that share a line make two threads that never wait for each other wait for the line (up to 8 times slower).
 */
import { ProfBufError } from './errors.js';

/** "pbuf" in ASCII, as a little-endian Int32. */
const MAGIC = 0x66756270;
export const LAYOUT_VERSION = 1;

// Indices into an Int32Array that begins at the ring's byte offset.
const LINE = 32;
const MAGIC_INDEX = 0;
const LAYOUT_VERSION_INDEX = 1;
const CAPACITY_INDEX = 2;
const HEADER_WORDS_INDEX = 3;
const GENERATION_BITS_INDEX = 4;
/** Nobody's but {@link attach}'s: it says nothing about the ring. */
export const MARK = 5;
export const WRITE_POSITION = 1 * LINE;
export const READ_POSITION = 2 * LINE;
export const OVERFLOW = 3 * LINE;
export const FIRST_LOST_LOW = 4 * LINE;
export const FIRST_LOST_MIDDLE = FIRST_LOST_LOW + 1;
export const FIRST_LOST_HIGH = FIRST_LOST_LOW + 2;
/** Two words: the carried part of the count for an even and for an odd generation. */
export const LOST_CARRIES = FIRST_LOST_LOW + 3;
export const LOST_AT = FIRST_LOST_LOW + 5;
export const CLOSED = 5 * LINE;
const CONTROL_WORDS = 6 * LINE;

const CONTROL_BYTES = CONTROL_WORDS * 4;
const BYTES_PER_WORD = 8;

/**
 * Control words stay below 2^30: an engine with 31-bit small integers (Chrome, Electron) would otherwise allocate a
 * number on the heap for each atomic operation's result.
 */
export const CONTROL_BITS = 30;

/** Positions count words and wrap here; every capacity divides it, so `position & (capacity - 1)` is an index. */
export const POSITION_MASK = 2 ** (CONTROL_BITS - 1) - 1;
/** In the write position's word: the reader is asleep, or about to be, and sleeps on that word. */
export const SLEEPING = 2 ** (CONTROL_BITS - 1);

/** A record's first word, as two Int32: its length in words (0: go on at the ring's start; negative: a loss), its tag. */
export const LENGTH_HALF = 0;
export const TAG_HALF = 1;
/** Words of a record: length and tag, time, header words, stack words. */
export const TIME_WORD = 1;
export const HEADER_WORD = 2;
/** A length of 0 sends the reader back to the start of the ring. */
export const REWIND = 0;

const MIN_CAPACITY = 8;
const MAX_CAPACITY = 2 ** 28;

export interface AllocateOptions {
  /** Capacity in words of 8 bytes: a power of two from 8 to 2^28. */
  words: number;
  /** Header words of every record: 0 (the default) to `words / 2 - 3`. */
  headerWords?: number;
}

/** What only tests choose: where positions start, and how soon generations and counts wrap. */
export interface RingInternals {
  startPosition?: number;
  generationBits?: number;
}

/** A ring's sizes. A record never takes more than half of it, so that one always fits an empty ring, wherever it starts. */
export interface Geometry {
  readonly capacity: number;
  readonly headerWords: number;
  readonly maxDepth: number;
  readonly generationBits: number;
}

/** A ring's memory, seen in the three ways the writer and the reader use it. */
export interface Ring extends Geometry {
  /** The control words. */
  readonly control: Int32Array;
  /** The ring as float64 words. */
  readonly words: Float64Array;
  /** The same memory as pairs of Int32, for each record's length and tag. */
  readonly halves: Int32Array;
}

/**
 * While the reader is stopped between looking at a group and taking it, the writer can report at most capacity / 5 groups
 * (each takes a loss record and a record out of the free space that only the reader renews). Half the capacity as the
 * number of generations leaves the rest for counts that carry.
 */
function defaultGenerationBits(capacity: number): number {
  return Math.max(6, Math.log2(capacity) - 1);
}

function isPowerOfTwo(value: number): boolean {
  return Number.isInteger(value) && value > 0 && Number.isInteger(Math.log2(value));
}

function geometry(words: number, headerWords: number, generationBits: number): Geometry {
  return { capacity: words, headerWords, maxDepth: words / 2 - HEADER_WORD - headerWords, generationBits };
}

/** A value as an error message shows it. */
export function describe(value: unknown): string {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' ? JSON.stringify(value) : Object.prototype.toString.call(value);
}

function checkOptions({ words, headerWords = 0 }: AllocateOptions): void {
  if (!isPowerOfTwo(words) || words < MIN_CAPACITY || words > MAX_CAPACITY) {
    throw new ProfBufError(
      'INVALID_OPTIONS',
      `words is ${describe(words)}; expected a power of two from ${MIN_CAPACITY} to 2^28`,
    );
  }
  const most = words / 2 - HEADER_WORD - 1;
  if (!Number.isInteger(headerWords) || headerWords < 0 || headerWords > most) {
    throw new ProfBufError(
      'INVALID_OPTIONS',
      `headerWords is ${describe(headerWords)}; expected an integer from 0 to ${most} for a ring of ${words} words`,
    );
  }
}

/** Bytes that a ring takes, control words included. */
export function byteLength(options: AllocateOptions): number {
  checkOptions(options);
  return CONTROL_BYTES + options.words * BYTES_PER_WORD;
}

/** Makes an empty ring in memory that exists already, as {@link allocate} does in memory of its own. */
export function format(
  shared: SharedArrayBuffer,
  byteOffset: number,
  options: AllocateOptions,
  internals: RingInternals = {},
): void {
  const bytes = byteLength(options);
  checkMemory(shared, byteOffset, bytes);
  const { words: capacity, headerWords = 0 } = options;
  const { startPosition = 0, generationBits = defaultGenerationBits(capacity) } = internals;
  const control = new Int32Array(shared, byteOffset, CONTROL_WORDS);
  control.fill(0);
  control[LAYOUT_VERSION_INDEX] = LAYOUT_VERSION;
  control[CAPACITY_INDEX] = capacity;
  control[HEADER_WORDS_INDEX] = headerWords;
  control[GENERATION_BITS_INDEX] = generationBits;
  Atomics.store(control, WRITE_POSITION, startPosition);
  Atomics.store(control, READ_POSITION, startPosition);
  // Last, so that a thread that finds the magic finds everything else too.
  Atomics.store(control, MAGIC_INDEX, MAGIC);
}

/** Checks that there is a ring of this layout at `byteOffset`, and opens it. */
export function open(shared: SharedArrayBuffer, byteOffset: number): Ring {
  checkMemory(shared, byteOffset, CONTROL_BYTES);
  const control = new Int32Array(shared, byteOffset, CONTROL_WORDS);
  const magic = Atomics.load(control, MAGIC_INDEX);
  if (magic !== MAGIC) {
    throw new ProfBufError(
      'NOT_A_RING',
      `no ring at byte ${byteOffset}: found 0x${(magic >>> 0).toString(16)} where a ring has 0x${MAGIC.toString(16)}; ` +
        'make one with allocate()',
    );
  }
  const [, version, capacity = 0, headerWords = 0, generationBits = 0] = control;
  if (version !== LAYOUT_VERSION) {
    throw new ProfBufError(
      'LAYOUT_VERSION',
      `the ring has layout version ${version}; this version of profbuf reads and writes version ${LAYOUT_VERSION}`,
    );
  }
  try {
    checkOptions({ words: capacity, headerWords });
  } catch (cause) {
    throw new ProfBufError('CORRUPT', `the ring's sizes are damaged: ${(cause as Error).message}`, { cause });
  }
  if (generationBits < 1 || generationBits > CONTROL_BITS - 2) {
    throw new ProfBufError('CORRUPT', `the ring's sizes are damaged: ${generationBits} generation bits`);
  }
  const dataOffset = byteOffset + CONTROL_BYTES;
  checkMemory(shared, byteOffset, CONTROL_BYTES + capacity * BYTES_PER_WORD);
  return {
    ...geometry(capacity, headerWords, generationBits),
    control,
    words: new Float64Array(shared, dataOffset, capacity),
    halves: new Int32Array(shared, dataOffset, capacity * 2),
  };
}

function checkMemory(shared: SharedArrayBuffer, byteOffset: number, bytes: number): void {
  if (typeof Atomics !== 'object') {
    throw new ProfBufError(
      'NO_ATOMICS',
      'there is no Atomics here, without which threads cannot share memory; take another engine, or a realm that has it',
    );
  }
  // Not instanceof: the constructor is hidden on pages without cross-origin isolation, and other realms have their own.
  if (Object.prototype.toString.call(shared) !== '[object SharedArrayBuffer]') {
    throw new ProfBufError('NOT_SHARED', `expected a SharedArrayBuffer, got ${describe(shared)}`);
  }
  if (!Number.isInteger(byteOffset) || byteOffset < 0 || byteOffset % BYTES_PER_WORD !== 0) {
    throw new ProfBufError(
      'INVALID_OFFSET',
      `byteOffset is ${describe(byteOffset)}; expected a multiple of ${BYTES_PER_WORD}, 0 or more`,
    );
  }
  if (byteOffset + bytes > shared.byteLength) {
    throw new ProfBufError(
      'TRUNCATED',
      `the memory has ${shared.byteLength} bytes; a ring at byte ${byteOffset} needs ${byteOffset + bytes}`,
    );
  }
}

/** Words between the two positions. Whoever asks owns one of them, so that only the other may move meanwhile. */
export function usedWords(ring: Ring, writePosition: number, readPosition: number): number {
  const used = (writePosition - readPosition) & POSITION_MASK;
  const areInRange =
    (writePosition & POSITION_MASK) === writePosition && (readPosition & POSITION_MASK) === readPosition;
  if (areInRange && used <= ring.capacity) return used;
  throw new ProfBufError(
    'CORRUPT',
    `the ring's positions are damaged: write ${writePosition}, read ${readPosition}, at most ${ring.capacity} words apart`,
  );
}
