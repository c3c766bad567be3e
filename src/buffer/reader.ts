/**
 * The reader's half of the protocol that writer.ts describes.
 *
 * **Reading.** Everything between the reader's position and the write position may be read by plain loads. Space is given
 * back by one store of the read position, not a record at a time: when a quarter of the ring has been read, and always
 * when there is nothing left to read, so that a ring whose reader has seen everything is an empty ring to the writer.
 *
 * **Reporting losses.** On an empty ring with losses pending, the reader looks at the overflow word, at the first time,
 * and then at the write position again. If that has moved, records were published before the losses that it has seen:
 * they come first. If not, it takes the group by compare-and-swap, which fails if anything has changed since.
 *
 * **The end.** `closed` is stored after everything else the writer does. A reader that finds it must look at the ring and
 * at the losses once more before it may believe that they are empty for good.
 */
import { ProfBufError } from './errors.js';
import {
  CLOSED,
  HEADER_WORD,
  LENGTH_HALF,
  open,
  POSITION_MASK,
  READ_POSITION,
  REWIND,
  SLEEPING,
  usedWords,
  WRITE_POSITION,
} from './layout.js';
import { PendingLosses } from './losses.js';
import { type ProfBufRecord, RecordView } from './record.js';
import { Sleep, type WaitOptions } from './sleep.js';

/** The one reader of a ring. */
export class ProfBufReader {
  readonly #control: Int32Array;
  readonly #halves: Int32Array;
  readonly #losses: PendingLosses;
  readonly #record: RecordView;
  readonly #sleep: Sleep;
  readonly #capacity: number;
  readonly #shortestRecord: number;
  /** How many words may have been read before space is given back. */
  readonly #batch: number;
  /** Where the next record begins. */
  #position: number;
  /** Up to where nobody needs the words any more: where the record that was handed out last begins. */
  #done: number;
  /** The read position as the writer sees it. */
  #givenBack: number;
  /** The write position when last looked at. */
  #writePosition: number;
  /** Losses taken from the writer and not yet handed out. */
  #takenCount = 0;
  #takenFirstTime = 0;
  #delivered = 0;
  #lost = 0;

  /**
   * Attaches to the ring that `allocate` made. A reader that takes over from one that died begins with the oldest record
   * that had not been given back; its `delivered` and `lost` begin at 0.
   *
   * @throws {ProfBufError} if there is no such ring: `NO_ATOMICS`, `NOT_SHARED`, `INVALID_OFFSET`, `TRUNCATED`, `NOT_A_RING`,
   * `LAYOUT_VERSION`, `CORRUPT`
   */
  constructor(shared: SharedArrayBuffer, byteOffset = 0) {
    const ring = open(shared, byteOffset);
    this.#control = ring.control;
    this.#halves = ring.halves;
    this.#losses = new PendingLosses(ring);
    this.#record = new RecordView(ring);
    this.#sleep = new Sleep(
      ring.control,
      () => this.#isReady(),
      () => this.#position,
    );
    this.#capacity = ring.capacity;
    this.#shortestRecord = HEADER_WORD + ring.headerWords;
    this.#batch = ring.capacity / 4;
    this.#position = Atomics.load(ring.control, READ_POSITION);
    this.#done = this.#position;
    this.#givenBack = this.#position;
    this.#writePosition = Atomics.load(ring.control, WRITE_POSITION) & ~SLEEPING;
    usedWords(ring, this.#writePosition, this.#position);
  }

  /** Ordinary records that `next` has returned. */
  get delivered(): number {
    return this.#delivered;
  }

  /** Records that `next` has reported as lost. */
  get lost(): number {
    return this.#lost;
  }

  /**
   * While the writer is just publishing a report of losses, which `next` does not have yet: the time of the first of
   * them. For whoever must not take the records read so far for all that happened. The writer may stop there, interrupted.
   */
  get lossesUnderWaySince(): number | undefined {
    return this.#losses.beingPublishedFrom();
  }

  /** True once the ring is closed and everything in it, losses included, has been handed out. */
  get ended(): boolean {
    return (
      this.#takenCount === 0 &&
      Atomics.load(this.#control, CLOSED) === 1 &&
      (Atomics.load(this.#control, WRITE_POSITION) & ~SLEEPING) === this.#position &&
      !this.#losses.isPending(this.#losses.load())
    );
  }

  /**
   * The next record, or null if there is nothing to read now. The record is a view that moves on: it is valid until the
   * next call of `next`, `wait` or `waitAsync`. Never blocks; allocates nothing.
   *
   * @throws {ProfBufError} `CORRUPT` if something other than a writer has written into the ring
   */
  next(): ProfBufRecord | null {
    this.#done = this.#position;
    if (((this.#done - this.#givenBack) & POSITION_MASK) >= this.#batch) this.#giveBack();
    if (this.#position === this.#writePosition) {
      if (!this.#poll()) return null;
      if (this.#takenCount > 0) return this.#handOutLosses();
    }
    let at = this.#position & (this.#capacity - 1);
    let advance = 0;
    if (this.#halves[2 * at + LENGTH_HALF] === REWIND) {
      advance = this.#capacity - at;
      at = 0;
    }
    const length = this.#record.moveTo(at);
    advance += length;
    if (length < this.#shortestRecord || advance > ((this.#writePosition - this.#position) & POSITION_MASK)) {
      throw new ProfBufError(
        'CORRUPT',
        `the record at word ${at} says that it has ${length} words: something other than a writer wrote into the ring`,
      );
    }
    this.#position = (this.#position + advance) & POSITION_MASK;
    if (this.#record.lost === 0) this.#delivered++;
    else this.#lost += this.#record.lost;
    return this.#record;
  }

  /**
   * Blocks the thread until there is something to read, the end is reached, or the time is up.
   *
   * @param timeoutMs milliseconds, 0 or more; without it, for as long as it takes. A writer that dies without `close`
   * wakes nobody, so a reader that must notice that gives a timeout.
   * @returns true: `next` has something, or the end was reached; false: the time is up
   * @throws {ProfBufError} `BLOCKING_FORBIDDEN` where a thread may not block (a browser's page, an AudioWorklet) and there
   * is nothing to read: poll `next` or use `waitAsync` there. `INVALID_TIMEOUT`.
   */
  wait(timeoutMs = Number.POSITIVE_INFINITY): boolean {
    this.#done = this.#position;
    return this.#isReady() || this.#sleep.block(timeoutMs);
  }

  /**
   * The same without blocking. However many calls are waiting, the engine is asked to wait once, since it cannot be asked
   * to stop.
   *
   * @param options.keepAlive whether the process stays up for it (true if left out). A promise alone keeps no Node
   * process running.
   * @throws {ProfBufError} as a rejection: `NO_WAIT_ASYNC` where the engine has no `Atomics.waitAsync`, `INVALID_TIMEOUT`
   */
  async waitAsync(timeoutMs = Number.POSITIVE_INFINITY, options: WaitOptions = {}): Promise<boolean> {
    this.#done = this.#position;
    return this.#isReady() || this.#sleep.suspend(timeoutMs, options.keepAlive ?? true);
  }

  /** What can be read now, without waiting for more. */
  *[Symbol.iterator](): Generator<ProfBufRecord, void, void> {
    for (let record = this.next(); record !== null; record = this.next()) yield record;
  }

  /** Everything until the end, waiting as `waitAsync` does. */
  async *[Symbol.asyncIterator](): AsyncGenerator<ProfBufRecord, void, void> {
    while (!this.ended) {
      const record = this.next();
      if (record === null) await this.waitAsync();
      else yield record;
    }
  }

  #isReady(): boolean {
    return this.#position !== this.#writePosition || this.#poll() || this.ended;
  }

  /**
   * When all that was known of has been read: true if there is more now, records in the ring or losses taken from the
   * writer. If not, all space is given back first. Each turn but the last means that the writer has moved on.
   */
  #poll(): boolean {
    while (this.#takenCount === 0 && !this.#refresh()) {
      if (this.#givenBack !== this.#done) this.#giveBack();
      const losses = this.#losses;
      const word = losses.load();
      if (!losses.isPending(word)) return false;
      const count = losses.count(word);
      const firstTime = losses.firstTime();
      // Whatever was published before the losses comes before them.
      if (this.#refresh()) return true;
      if (losses.take(word)) {
        this.#takenCount = count;
        this.#takenFirstTime = firstTime;
      }
    }
    return true;
  }

  #handOutLosses(): ProfBufRecord {
    this.#lost += this.#takenCount;
    this.#record.showLosses(this.#takenCount, this.#takenFirstTime);
    this.#takenCount = 0;
    return this.#record;
  }

  /** Looks at the write position; true if there are records to read. */
  #refresh(): boolean {
    this.#writePosition = Atomics.load(this.#control, WRITE_POSITION) & ~SLEEPING;
    return this.#writePosition !== this.#position;
  }

  #giveBack(): void {
    this.#givenBack = this.#done;
    Atomics.store(this.#control, READ_POSITION, this.#done);
  }
}
