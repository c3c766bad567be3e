/**
 * The losses that are pending: counted by the writer, not yet reported by either side. writer.ts tells where they fit in.
 *
 * One word says it all: `generation | committing | count`. Its steps, with who takes them:
 *
 * ```text
 * (g, 0)  ──writer loses──►  (g+1, 1)  ──writer loses──►  (g+1, 2) …
 *    ▲                           │
 *    ├──────reader takes─────────┤   compare-and-swap
 *    │                           ▼   compare-and-swap
 *    └──writer clears── (g+1, committing, n): being published in the ring, only the writer touches it
 * ```
 *
 * **Why a generation.** The reader looks at the word, then at the first time, then at the write position, and then takes
 * the group if the word is still the same. Without a generation the writer could meanwhile publish the group and start
 * another with the same count: the reader would report it with the wrong time, and ahead of the records before it.
 *
 * **Why so many bits.** While the reader is stopped between looking and taking, generations move on in two ways. The
 * writer can report a group only in free space, which the reader alone renews: at most capacity / 5 times. And a count
 * that is full carries into another word: once in 2^(29 - bits) losses. With capacity / 2 generations
 * (`defaultGenerationBits` in layout.ts) a word can come back only after some 3 × 10^8 losses between two instructions of
 * the reader, and then only if the count is the same too.
 */
import {
  CONTROL_BITS,
  FIRST_LOST_HIGH,
  FIRST_LOST_LOW,
  FIRST_LOST_MIDDLE,
  LOST_AT,
  LOST_CARRIES,
  OVERFLOW,
  type Ring,
} from './layout.js';

const WORD_MASK = 2 ** CONTROL_BITS - 1;
const LOW_22_BITS = 2 ** 22 - 1;

export class PendingLosses {
  readonly #control: Int32Array;
  /** The largest count that the word holds. */
  readonly #countMask: number;
  readonly #committing: number;
  /** What to add, modulo 2^30, for the next generation. */
  readonly #generation: number;
  readonly #timeBits = new Float64Array(1);
  readonly #timeHalves = new Int32Array(this.#timeBits.buffer);

  constructor(ring: Ring) {
    this.#control = ring.control;
    this.#committing = 2 ** (CONTROL_BITS - 1 - ring.generationBits);
    this.#countMask = this.#committing - 1;
    this.#generation = this.#committing * 2;
  }

  /** The word now, to be given to the other methods. */
  load(): number {
    return Atomics.load(this.#control, OVERFLOW);
  }

  /** True if there are losses that the writer is not just publishing. */
  isPending(word: number): boolean {
    return (word & this.#countMask) !== 0 && (word & this.#committing) === 0;
  }

  /** Time of the first loss of a group that the writer is just publishing; undefined if it is not. */
  beingPublishedFrom(): number | undefined {
    for (let word = this.load(); (word & this.#committing) !== 0; word = this.load()) {
      const time = this.firstTime();
      if (this.load() === word) return time;
    }
    return undefined;
  }

  /** Records lost. Meaningful if the word turns out not to have changed since. */
  count(word: number): number {
    return Atomics.load(this.#control, this.#carryIndex(word)) * this.#countMask + (word & this.#countMask);
  }

  /** Time of the first record lost. Meaningful if the word turns out not to have changed since. */
  firstTime(): number {
    const low = Atomics.load(this.#control, FIRST_LOST_LOW);
    const middle = Atomics.load(this.#control, FIRST_LOST_MIDDLE);
    const high = Atomics.load(this.#control, FIRST_LOST_HIGH);
    this.#timeHalves[0] = low | (middle << 22);
    this.#timeHalves[1] = (middle >>> 10) | (high << 12);
    return this.#timeBits[0] as number;
  }

  /** The reader takes the losses for its own to report. False: the word has changed. */
  take(word: number): boolean {
    return Atomics.compareExchange(this.#control, OVERFLOW, word, this.#without(word)) === word;
  }

  /** The writer claims the losses, to publish them in the ring. False: the reader has taken them. */
  claim(word: number): boolean {
    return Atomics.compareExchange(this.#control, OVERFLOW, word, word | this.#committing) === word;
  }

  /** The writer has published the losses that it had claimed. */
  clear(word: number): void {
    Atomics.store(this.#control, OVERFLOW, this.#without(word));
  }

  /**
   * The writer loses a record when the write position is `place`. At most one compare-and-swap: if it fails the reader
   * has just taken the group, and only the writer can start another.
   */
  add(time: number, place: number): void {
    const word = this.load();
    if ((word & this.#countMask) !== 0 && this.#countOneMore(word)) return;
    this.#storeFirstTime(time);
    this.#control[LOST_AT] = place;
    const next = this.#next(word);
    Atomics.store(this.#control, this.#carryIndex(next), 0);
    Atomics.store(this.#control, OVERFLOW, next | 1);
  }

  /**
   * A new writer, whose write position is `place`, settles what one that died left behind: a group that was claimed but
   * not published is pending again, one that was published is not.
   *
   * @returns whether losses are pending
   */
  recover(place: number): boolean {
    let word = this.load();
    if ((word & this.#committing) !== 0) {
      const wasPublished = this.#control[LOST_AT] !== place;
      word = wasPublished ? this.#without(word) : word & ~this.#committing;
      Atomics.store(this.#control, OVERFLOW, word);
    }
    return this.isPending(word);
  }

  #countOneMore(word: number): boolean {
    let next = word + 1;
    if ((word & this.#countMask) === this.#countMask) {
      // The count is full: carry it, and go on from 1 in the next generation. What this generation has carried stays as
      // it is, for a reader that is just looking at it; the next one's word is the other of the two.
      next = this.#next(word) | 1;
      const carried = Atomics.load(this.#control, this.#carryIndex(word)) + 1;
      Atomics.store(this.#control, this.#carryIndex(next), carried);
    }
    return Atomics.compareExchange(this.#control, OVERFLOW, word, next) === word;
  }

  /** The word with its generation alone. */
  #without(word: number): number {
    return word & ~(this.#generation - 1);
  }

  #next(word: number): number {
    return (this.#without(word) + this.#generation) & WORD_MASK;
  }

  #carryIndex(word: number): number {
    return LOST_CARRIES + ((word & this.#generation) === 0 ? 0 : 1);
  }

  /** In parts of at most 22 bits, since an Int32 of 32 bits can cost a heap number: see `CONTROL_BITS`. */
  #storeFirstTime(time: number): void {
    this.#timeBits[0] = time;
    const low = this.#timeHalves[0] as number;
    const high = this.#timeHalves[1] as number;
    Atomics.store(this.#control, FIRST_LOST_LOW, low & LOW_22_BITS);
    Atomics.store(this.#control, FIRST_LOST_MIDDLE, (low >>> 22) | ((high << 10) & LOW_22_BITS));
    Atomics.store(this.#control, FIRST_LOST_HIGH, high >>> 12);
  }
}
