/**
 * Finds data races: plain accesses of one thread that happen neither before nor after a conflicting one of the other.
 *
 * It is a vector clock, kept as what it does *not* cover, so that equal states look equal. For each holder of a clock (a
 * thread, or a word that is accessed atomically) there is a set of words for each kind of access: those whose last access
 * of that kind does not happen before the holder's clock. An atomic store gives the word the clock of its thread; an
 * atomic load joins the word's clock into its thread's. That is the edge of the JavaScript memory model: from a store to
 * the loads that read from it. A compare-and-swap that fails is a load and nothing more.
 */
import { Violation } from './violation.js';

const THREADS = 2;
const READS = 0;
const WRITES = 1;
const KINDS = 2;
const SETS_PER_HOLDER = THREADS * KINDS;

export class HappensBefore {
  /** The sets, as bit masks of plain words. */
  readonly sets: Int32Array;
  readonly #holders: number;

  /** @param atomicWords how many words are accessed atomically */
  constructor(atomicWords: number) {
    this.#holders = THREADS + atomicWords;
    this.sets = new Int32Array(this.#holders * SETS_PER_HOLDER);
  }

  /** @param word number of a plain word, below 32 */
  plain(thread: number, word: number, isWrite: boolean, name: string): void {
    const { sets } = this;
    const bit = 1 << word;
    const others = at(thread, 1 - thread);
    const conflicting = (sets[others + WRITES] as number) | (isWrite ? (sets[others + READS] as number) : 0);
    if ((conflicting & bit) !== 0) {
      throw new Violation('happens-before', `plain ${isWrite ? 'write' : 'read'} of ${name} races with the other side`);
    }
    const kind = isWrite ? WRITES : READS;
    for (let holder = 0; holder < this.#holders; holder++) {
      if (holder !== thread) sets[at(holder, thread) + kind] = (sets[at(holder, thread) + kind] as number) | bit;
    }
  }

  /** @param word number of an atomic word */
  load(thread: number, word: number): void {
    const { sets } = this;
    const own = at(thread, 1 - thread);
    const released = at(THREADS + word, 1 - thread);
    for (let kind = 0; kind < KINDS; kind++) {
      sets[own + kind] = (sets[own + kind] as number) & (sets[released + kind] as number);
    }
  }

  store(thread: number, word: number): void {
    const { sets } = this;
    const holder = THREADS + word;
    for (let kind = 0; kind < KINDS; kind++) {
      sets[at(holder, thread) + kind] = 0;
      sets[at(holder, 1 - thread) + kind] = sets[at(thread, 1 - thread) + kind] as number;
    }
  }
}

/** Where the sets of what `holder` does not know of `thread` begin. */
function at(holder: number, thread: number): number {
  return holder * SETS_PER_HOLDER + thread * KINDS;
}
