/**
 * A sequence of attempts to write, of mixed lengths, each of which can be told from all others: attempt `i` has time `i`
 * and words that follow from `i`. So whoever reads knows which attempt must come next, and whether it arrived undamaged.
 */
import type { ProfBufRecord, ProfBufWriter } from 'profbuf/buffer';

export const HEADER_WORDS = 2;
const DEEPEST = 12;

/** Scatters an integer over [0, 2^32). */
export function scatter(i: number): number {
  let x = Math.imul(i ^ (i >>> 16), 0x45d9f3b);
  x = Math.imul(x ^ (x >>> 16), 0x45d9f3b);
  return (x ^ (x >>> 16)) >>> 0;
}

const header = [0, 0];
const stack = new Float64Array(DEEPEST);

function depthOf(i: number): number {
  return scatter(i) % (DEEPEST + 1);
}

function tagOf(i: number): number {
  return scatter(i + 1) >>> 1;
}

/** More than 32 bits, so that half of a word from another record shows. */
function wordOf(i: number, k: number): number {
  return scatter(i) * 2 ** 20 + k;
}

export function writeAttempt(writer: ProfBufWriter, i: number, way: 'write' | 'tryWrite' = 'write'): boolean {
  const depth = depthOf(i);
  let checksum = i;
  for (let k = 0; k < depth; k++) checksum += stack[k] = wordOf(i, k);
  header[0] = depth;
  header[1] = checksum;
  return writer[way](tagOf(i), i, header, stack, depth);
}

/** Throws unless the record is attempt number `record.time`, all of it. */
export function checkRecord(record: ProfBufRecord): void {
  const i = record.time;
  const depth = depthOf(i);
  let isWhole = record.tag === tagOf(i) && record.depth === depth && record.header(0) === depth;
  let checksum = i;
  for (let k = 0; isWhole && k < depth; k++) {
    isWhole = record.stack(k) === wordOf(i, k);
    checksum += record.stack(k);
  }
  if (!isWhole || record.header(1) !== checksum) throw new Error(`record ${i} is damaged`);
}

/** Follows what is read: every attempt comes once, in order, as a record or among the losses reported in its place. */
export class Follower {
  /** The attempt that must come next. */
  next = 0;
  delivered = 0;
  lost = 0;
  losses = 0;

  add(record: ProfBufRecord): void {
    if (record.time !== this.next) {
      throw new Error(`expected attempt ${this.next}, got ${record.time} (${record.lost} lost)`);
    }
    if (record.lost > 0) {
      this.losses++;
      this.lost += record.lost;
      this.next += record.lost;
      if (record.tag !== 0 || record.depth !== 0 || record.header(0) !== 0 || record.header(1) !== 0) {
        throw new Error(`the report of losses at ${record.time} is not empty`);
      }
    } else {
      checkRecord(record);
      this.delivered++;
      this.next++;
    }
  }
}

/** Loses nothing. Where a thread may block. */
export function writeWhenThereIsRoom(writer: ProfBufWriter, i: number): void {
  for (let tries = 0; !writeAttempt(writer, i, 'tryWrite'); tries++) if (tries > 1000) sleep(0.1);
}

const never = new Int32Array(new SharedArrayBuffer(4));

export function sleep(milliseconds: number): void {
  Atomics.wait(never, 0, 0, milliseconds);
}
