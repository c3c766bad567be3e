/**
 * The writer's half of the protocol; reader.ts is the other. One writer and one reader share a ring of float64 words.
 *
 * **Ownership.** Every control word is stored by one side, with two exceptions. The overflow word is changed by both, by
 * compare-and-swap, and only when records are being lost. The write position has a bit that the reader sets when it goes
 * to sleep. The path of a record that fits has no compare-and-swap.
 *
 * **Writing.** A record is laid out by plain stores behind the write position, contiguously: one that would cross the end
 * of the ring leaves a rewind marker and starts at the beginning. One atomic exchange of the write position publishes it.
 * The writer looks at the reader's position only when the words that it knows to be free do not suffice, or the ring ends.
 *
 * **Holding.** A writer that publishes when it is told to lays records out one behind the other, and the exchange that
 * publishes the last of them publishes all: nothing is atomic between two publications. What it holds lies within the words that it
 * knows to be free. Where they do not suffice, it publishes: only then can the reader make room, or a loss have its place
 * behind what is held. So nothing is held while losses are pending, nor once `closed` is stored, by which the reader knows the end.
 *
 * **Losing.** A record that does not fit is counted in `overflow`; the first of a group leaves its time beside it, before
 * the count. Nothing is published while a group is pending, so a group has one place in the stream: the write position.
 * Exactly one side reports it. The writer does when a loss record *and* the next record fit: it lays out both, claims the
 * group by compare-and-swap (`committing`), publishes both at once, then clears the word. The reader does when it
 * has read everything: it takes the group by compare-and-swap. Whoever comes second fails and leaves the group alone.
 *
 * **Dying.** A writer may end at any instruction. Until the write position has moved nothing it laid out is visible, and what
 * it held is as if it had never been written. A group that it had claimed but not published is still in `overflow`, with the write position where the group began, so
 * the writer that is attached next makes it pending again; one that it had published, the next writer clears.
 *
 * **Waking.** The reader sets the sleeping bit by a compare-and-swap that fails if the write position has moved, then looks
 * once more at whatever else it could be woken for, then sleeps on the word. The writer makes its event visible (the
 * record, the loss, the close), then exchanges the word for its position: that clears the bit and tells whether it was
 * set. In the single order of these operations either the reader's look comes later and sees the event, or the exchange
 * comes later, sees the sleeper and wakes it, once. A separate word for the bit would take an atomic load more for every
 * record, a third of the cost of a write; and an exchange costs what an atomic store does.
 *
 * **Memory ordering.** All atomics are sequentially consistent. Plain stores of a record happen before the exchange of the
 * write position, which happens before the load that lets the reader read them; the reader's plain loads happen before
 * its store of the read position, which happens before the load that lets the writer overwrite them. So there is no data
 * race. The time of the first loss can be overwritten while a slow reader looks at it (the reader's compare-and-swap
 * then fails), so its parts are stored and loaded atomically.
 */
import { attach, detach } from './attached.js';
import { ProfBufError } from './errors.js';
import {
  CLOSED,
  describe,
  HEADER_WORD,
  LENGTH_HALF,
  open,
  POSITION_MASK,
  READ_POSITION,
  REWIND,
  type Ring,
  SLEEPING,
  TAG_HALF,
  TIME_WORD,
  usedWords,
  WRITE_POSITION,
} from './layout.js';
import { PendingLosses } from './losses.js';

export interface WriterOptions {
  /**
   * Whether the reader is shown each record as it is written: true if left out. If false, records are held until
   * {@link ProfBufWriter.publish} shows all of them at once, which costs less: for a writer of many records whose reader can wait for them.
   */
  readonly autoPublish?: boolean;
}

/**
 * The one writer of a ring. Its methods never block and never wait for the reader. They are not re-entrant: one thread
 * calls them, one at a time.
 */
export class ProfBufWriter {
  /** The most stack words a record can have: with its header it takes at most half the ring. */
  readonly maxDepth: number;
  readonly #shared: SharedArrayBuffer;
  readonly #byteOffset: number;
  readonly #ring: Ring;
  readonly #control: Int32Array;
  readonly #words: Float64Array;
  readonly #halves: Int32Array;
  readonly #losses: PendingLosses;
  readonly #capacity: number;
  readonly #headerWords: number;
  /** Words of a loss record: its count is its one stack word. */
  readonly #lossLength: number;
  readonly #publishesEach: boolean;
  /** The write position: this writer is its only owner. */
  #position: number;
  /**
   * Words behind the write position that are known to be free and in one piece; there may be more. 0 while losses may be
   * pending and once closed: one comparison keeps everything uncommon off the path of a record that fits.
   */
  #room = 0;
  /** True while there are records that the reader is not shown yet. */
  #isHolding = false;
  /** True while a group of losses may be pending. Only the reader can take it behind our back. */
  #isLosing = false;
  #isClosed: boolean;
  #lost = 0;

  /**
   * Attaches to the ring that `allocate` made. A writer that takes over from one that died goes on where it stopped.
   *
   * @throws {ProfBufError} if there is no such ring (`NO_ATOMICS`, `NOT_SHARED`, `INVALID_OFFSET`, `TRUNCATED`, `NOT_A_RING`,
   * `LAYOUT_VERSION`, `CORRUPT`), or this thread has a writer on it already (`WRITER_ATTACHED`).
   */
  constructor(shared: SharedArrayBuffer, byteOffset = 0, { autoPublish = true }: WriterOptions = {}) {
    const ring = open(shared, byteOffset);
    this.#shared = shared;
    this.#byteOffset = byteOffset;
    this.#ring = ring;
    this.#control = ring.control;
    this.#words = ring.words;
    this.#halves = ring.halves;
    this.#losses = new PendingLosses(ring);
    this.#capacity = ring.capacity;
    this.#headerWords = ring.headerWords;
    this.#lossLength = HEADER_WORD + ring.headerWords + 1;
    this.#publishesEach = autoPublish;
    this.maxDepth = ring.maxDepth;
    this.#position = Atomics.load(ring.control, WRITE_POSITION) & ~SLEEPING;
    const free = this.#free();
    this.#isClosed = Atomics.load(ring.control, CLOSED) === 1;
    if (!this.#isClosed) attach(shared, byteOffset);
    this.#isLosing = this.#losses.recover(this.#position);
    if (!this.#isClosed && !this.#isLosing) this.#makeRoom(free);
    // The writer before us may have died between an event and its wake-up, and have cleared the sleeping bit already.
    this.#announce();
    Atomics.notify(this.#control, WRITE_POSITION);
  }

  /** Records that this writer could not write. */
  get lost(): number {
    return this.#lost;
  }

  /**
   * Writes one record. Wait-free: a bounded number of steps, whatever the reader does. Allocates nothing.
   *
   * @param tag an integer in [0, 2^31)
   * @param time a finite number, 0 or more, in a unit of the caller's choice
   * @param header at most `headerWords` numbers; missing ones are written as 0
   * @param stack the numbers of which the first `depth` are written
   * @param depth an integer from 0 to `maxDepth` and to `stack.length`; the whole of `stack` if left out
   * @returns false if there was no room: the record is lost, counted, and will be reported to the reader in its place
   * @throws {ProfBufError} `INVALID_TAG`, `INVALID_TIME`, `INVALID_HEADER`, `INVALID_DEPTH` or `CLOSED`: nothing was
   * written, and the ring is as it was
   */
  write(
    tag: number,
    time: number,
    header: ArrayLike<number>,
    stack: ArrayLike<number>,
    depth: number = stack.length,
  ): boolean {
    return this.tryWrite(tag, time, header, stack, depth) || this.#lose(time);
  }

  /**
   * {@link write} for those who would rather wait than lose: if there is no room nothing is counted, and the record is
   * still the caller's, to write again later.
   *
   * @returns false if there was no room
   */
  tryWrite(
    tag: number,
    time: number,
    header: ArrayLike<number>,
    stack: ArrayLike<number>,
    depth: number = stack.length,
  ): boolean {
    if (
      (tag | 0) !== tag ||
      tag < 0 ||
      !(time >= 0 && time < Number.POSITIVE_INFINITY) ||
      header.length > this.#headerWords ||
      (depth | 0) !== depth ||
      depth < 0 ||
      depth > this.maxDepth ||
      depth > stack.length
    ) {
      throw this.#refusal(tag, time, header, stack, depth);
    }
    const length = HEADER_WORD + this.#headerWords + depth;
    if (length > this.#room) return this.#tryWriteUncommon(length, tag, time, header, stack, depth);
    this.#put(this.#position & (this.#capacity - 1), length, tag, time, header, stack, depth);
    this.#room -= length;
    this.#move(length);
    if (this.#publishesEach) this.#announce();
    else this.#isHolding = true;
    return true;
  }

  /**
   * Shows the reader all that was written and held (see {@link WriterOptions.autoPublish}), in one step, and wakes it if it
   * sleeps. Does nothing if nothing is held. Wait-free; allocates nothing.
   *
   * Without it, records are shown at the latest with one for which there is no room in what the writer knows to be free, or
   * that is lost, and by {@link close}.
   */
  publish(): void {
    if (!this.#isHolding) return;
    this.#isHolding = false;
    this.#announce();
  }

  /**
   * Says that no more records will come: the reader gets all that was written, losses included, and then its end.
   * Closing again does nothing.
   */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#room = 0;
    detach(this.#shared, this.#byteOffset);
    // Closed, and nothing more to read, is the end.
    this.publish();
    Atomics.store(this.#control, CLOSED, 1);
    this.#announce();
  }

  /** Apart from `tryWrite`, so that the path of a record that fits stays small enough to be inlined. */
  #tryWriteUncommon(
    length: number,
    tag: number,
    time: number,
    header: ArrayLike<number>,
    stack: ArrayLike<number>,
    depth: number,
  ): boolean {
    if (this.#isClosed) throw this.#refusal(tag, time, header, stack, depth);
    if (this.#isLosing) {
      const pending = this.#losses.load();
      if (this.#losses.isPending(pending)) {
        return this.#tryWriteAfterLosses(pending, length, tag, time, header, stack, depth);
      }
      this.#isLosing = false;
    }
    const free = this.#free();
    const advance = this.#advance(this.#position, length);
    if (advance > free) {
      // The reader can only make room by what it is shown, and a loss comes behind it.
      this.publish();
      return false;
    }
    this.#put(this.#place(this.#position, length), length, tag, time, header, stack, depth);
    this.#publish(advance);
    this.#makeRoom(free - advance);
    return true;
  }

  /** The record is written only behind a loss record that reports what is pending. */
  #tryWriteAfterLosses(
    pending: number,
    length: number,
    tag: number,
    time: number,
    header: ArrayLike<number>,
    stack: ArrayLike<number>,
    depth: number,
  ): boolean {
    const losses = this.#losses;
    const lossAdvance = this.#advance(this.#position, this.#lossLength);
    const recordAt = (this.#position + lossAdvance) & POSITION_MASK;
    const advance = lossAdvance + this.#advance(recordAt, length);
    const free = this.#free();
    if (advance > free) return false;
    this.#putLosses(this.#place(this.#position, this.#lossLength), losses.firstTime(), losses.count(pending));
    this.#put(this.#place(recordAt, length), length, tag, time, header, stack, depth);
    this.#isLosing = false;
    // If the reader has taken them meanwhile, the record goes where the report would have gone.
    if (!losses.claim(pending)) return this.#tryWriteUncommon(length, tag, time, header, stack, depth);
    this.#publish(advance);
    losses.clear(pending);
    this.#makeRoom(free - advance);
    return true;
  }

  #lose(time: number): false {
    this.#lost++;
    this.#room = 0;
    this.#losses.add(time, this.#position);
    this.#isLosing = true;
    this.#announce();
    return false;
  }

  /** How far a record of `length` words at `position` moves it: further if it would cross the end of the ring. */
  #advance(position: number, length: number): number {
    const rest = this.#capacity - (position & (this.#capacity - 1));
    return length > rest ? rest + length : length;
  }

  /** Where a record of `length` words at `position` begins in the ring, the rewind marker left behind if it needs one. */
  #place(position: number, length: number): number {
    const at = position & (this.#capacity - 1);
    if (at + length <= this.#capacity) return at;
    this.#halves[2 * at + LENGTH_HALF] = REWIND;
    return 0;
  }

  /** Lays out a record from word `at` of the ring. Plain stores: nobody sees them before they are published. */
  #put(
    at: number,
    length: number,
    tag: number,
    time: number,
    header: ArrayLike<number>,
    stack: ArrayLike<number>,
    depth: number,
  ): void {
    const words = this.#words;
    const halves = this.#halves;
    halves[2 * at + LENGTH_HALF] = length;
    halves[2 * at + TAG_HALF] = tag;
    words[at + TIME_WORD] = time;
    const headerAt = at + HEADER_WORD;
    const headerWords = this.#headerWords;
    const headerLength = header.length;
    for (let i = 0; i < headerLength; i++) words[headerAt + i] = header[i] as number;
    for (let i = headerLength; i < headerWords; i++) words[headerAt + i] = 0;
    const stackAt = headerAt + headerWords;
    for (let i = 0; i < depth; i++) words[stackAt + i] = stack[i] as number;
  }

  /** The same for a loss record. Apart, so that `#put` keeps seeing the one kind of array that the caller uses. */
  #putLosses(at: number, firstTime: number, count: number): void {
    this.#halves[2 * at + LENGTH_HALF] = -this.#lossLength;
    this.#halves[2 * at + TAG_HALF] = 0;
    this.#words[at + TIME_WORD] = firstTime;
    const countAt = at + HEADER_WORD + this.#headerWords;
    this.#words.fill(0, at + HEADER_WORD, countAt);
    this.#words[countAt] = count;
  }

  /** A record has been laid out. */
  #move(advance: number): void {
    this.#position = (this.#position + advance) & POSITION_MASK;
  }

  /** The same, and the reader is shown it, and all that was held before. */
  #publish(advance: number): void {
    this.#move(advance);
    this.#isHolding = false;
    this.#announce();
  }

  /** Words that are free now. */
  #free(): number {
    return this.#capacity - usedWords(this.#ring, this.#position, Atomics.load(this.#control, READ_POSITION));
  }

  /** Takes note of `free` words behind the write position, as far as they are in one piece. */
  #makeRoom(free: number): void {
    this.#room = Math.min(free, this.#capacity - (this.#position & (this.#capacity - 1)));
  }

  /**
   * Shows the reader the write position, and wakes it if it sleeps: after every event that it must see. A notify takes a
   * lock of the whole process, so it is for a sleeper only.
   */
  #announce(): void {
    if (Atomics.exchange(this.#control, WRITE_POSITION, this.#position) < SLEEPING) return;
    Atomics.notify(this.#control, WRITE_POSITION);
  }

  /** Why `write` refused its arguments. Apart from it, so that the common path stays small enough to be inlined. */
  #refusal(
    tag: number,
    time: number,
    header: ArrayLike<number>,
    stack: ArrayLike<number>,
    depth: number,
  ): ProfBufError {
    if (this.#isClosed) return new ProfBufError('CLOSED', 'the ring is closed; nothing can be written after close()');
    if ((tag | 0) !== tag || tag < 0) {
      return new ProfBufError('INVALID_TAG', `tag is ${describe(tag)}; expected an integer from 0 to 2^31 - 1`);
    }
    if (!(time >= 0 && time < Number.POSITIVE_INFINITY)) {
      return new ProfBufError('INVALID_TIME', `time is ${describe(time)}; expected a finite number, 0 or more`);
    }
    if (header.length > this.#headerWords) {
      return new ProfBufError(
        'INVALID_HEADER',
        `the header has ${header.length} words; this ring's records have at most ${this.#headerWords}`,
      );
    }
    return new ProfBufError(
      'INVALID_DEPTH',
      `depth is ${describe(depth)}; expected an integer from 0 to ${Math.min(this.maxDepth, stack.length)} ` +
        `(maxDepth is ${this.maxDepth}, the stack has ${stack.length} words)`,
    );
  }
}
