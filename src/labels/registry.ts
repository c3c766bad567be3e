import { resolvedMask, tagMask } from '../protocol/label-records.js';
import { type LabelSet, noLabels } from './label-set.js';

/** Sets that were numbered one after another. */
interface Epoch {
  readonly first: number;
  readonly sets: LabelSet[];
  /** How many records had been attempted, modulo 2^30, when the last of them could have been written. */
  lastRecord: number;
}

/** Sets an epoch. Fewer, and sets in constant use get new numbers often; more, and garbage is kept longer. */
const epochSize = 1024;

/**
 * Keeps the sets that the collector may still ask for, exactly.
 *
 * A record names its set by number. Numbers are given in epochs; when one is full it is sealed, and a set that has a number
 * of a sealed epoch gets a new one when it is next switched to. So no record after the sealing names a set of that epoch, and
 * once the collector is past all records before it, none of them can be asked for.
 */
export class Registry {
  readonly #epochs: Epoch[] = [];
  #open: Epoch;

  constructor(firstNumber = 1) {
    this.#open = { first: firstNumber, sets: [], lastRecord: 0 };
  }

  /** Whether the set's number may be written into a record now. */
  isOpen(set: LabelSet): boolean {
    return set.number >= this.#open.first;
  }

  /** Gives the set a number, before a record with it is written. */
  add(set: LabelSet): void {
    const { first, sets } = this.#open;
    // A tag of 0 means no labels.
    if (((first + sets.length) & tagMask) === 0) sets.push(noLabels);
    set.number = first + sets.length;
    sets.push(set);
  }

  /** Takes back what {@link add} did last: the record was not written. */
  removeLast(): void {
    const set = this.#open.sets.pop();
    if (set !== undefined) set.number = 0;
  }

  /**
   * @param record The number of records attempted so far.
   * @param resolved How many of them no sample can ask for any more. Both modulo 2^30.
   */
  ageOut(record: number, resolved: number): void {
    if (this.#open.sets.length < epochSize) return;
    this.seal(record);
    while (this.#epochs[0] !== undefined && isReached(this.#epochs[0].lastRecord, resolved)) this.#epochs.shift();
  }

  /** From now on, every set needs a new number. */
  seal(record: number): void {
    this.#open.lastRecord = record;
    this.#epochs.push(this.#open);
    this.#open = { first: this.#open.first + this.#open.sets.length, sets: [], lastRecord: 0 };
  }

  clear(): void {
    this.seal(0);
    this.#epochs.length = 0;
  }

  *entries(): Generator<readonly [tag: number, set: LabelSet]> {
    for (const { first, sets } of [...this.#epochs, this.#open]) {
      for (const [i, set] of sets.entries()) yield [(first + i) & tagMask, set];
    }
  }

  find(tag: number): LabelSet | undefined {
    for (const { first, sets } of [...this.#epochs, this.#open]) {
      const index = (tag - first) & tagMask;
      if (index < sets.length) return sets[index];
    }
    return undefined;
  }
}

/** Whether a count that wraps has come to `target`, being at most half its range away from it. */
function isReached(target: number, count: number): boolean {
  return ((count - target) & resolvedMask) <= resolvedMask / 2;
}
