/**
 * What the reader must be told, as an automaton over what it is told. Attempts to write are numbered in order; the reader
 * has to hear of each exactly once, as a record or within the count of a loss, in that order. After a side has died there
 * can be several ways to understand what comes, so the automaton is in a set of positions; when none is left, it failed.
 */
import { Violation } from './violation.js';

export interface Attempt {
  readonly tag: number;
  readonly time: number;
  readonly header: readonly number[];
  readonly stack: readonly number[];
}

/** A record or a loss report, as the reader saw it. */
export interface Delivery {
  readonly tag: number;
  readonly time: number;
  readonly lost: number;
  readonly header: readonly number[];
  readonly stack: readonly number[];
}

/** What became of the attempt that is being made, as far as the reader has heard. */
const UNHEARD = 0;
const DELIVERED = 1;
const LOST = 2;

interface Position {
  /** The attempt to hear of next. */
  readonly next: number;
  readonly heardOfCurrent: number;
}

/** Immutable; equal states have equal keys. */
export class Stream {
  readonly key: string;

  private constructor(
    readonly attempts: readonly Attempt[],
    readonly headerWords: number,
    /** How many attempts have come to their end. The attempt of that number is the current one. */
    readonly completed: number,
    /** Bit mask of the attempts whose `write` returned false. */
    private readonly lostMask: number,
    /** Bit mask of the attempts that were never made. */
    private readonly voidMask: number,
    /** Bit mask of the attempts that were being made, or held, when their writer died: each may have happened or not. */
    private readonly dyingMask: number,
    /** The first attempt that the writer may hold, not published yet. */
    private readonly heldFrom: number,
    private readonly positions: readonly Position[],
    /** Where a reader that attaches now begins. */
    private readonly resumeAt: readonly Position[],
  ) {
    const show = (list: readonly Position[]) =>
      list.map(({ next, heardOfCurrent }) => next * 3 + heardOfCurrent).join();
    this.key = `${completed} ${lostMask} ${voidMask} ${dyingMask} ${heldFrom} ${show(positions)} ${show(resumeAt)}`;
  }

  static begin(attempts: readonly Attempt[], headerWords: number): Stream {
    const start = [{ next: 0, heardOfCurrent: UNHEARD }];
    return new Stream(attempts, headerWords, 0, 0, 0, 0, 0, start, start);
  }

  /** Whether the writer may hold records that it has not published. */
  get isHeld(): boolean {
    return this.heldFrom < this.completed;
  }

  /** All that was written is published. */
  published(): Stream {
    return this.#with({ heldFrom: this.completed });
  }

  /** `write` has returned. @param mayBeHeld Whether the writer holds what it writes. */
  wrote(isWritten: boolean, mayBeHeld = false): Stream {
    const now = this.completed;
    const expected = isWritten ? DELIVERED : LOST;
    const settle = (list: readonly Position[]) =>
      list
        .filter(({ heardOfCurrent }) => heardOfCurrent === UNHEARD || heardOfCurrent === expected)
        .map(({ next }) => ({ next, heardOfCurrent: UNHEARD }));
    return this.#with({
      completed: now + 1,
      lostMask: isWritten ? this.lostMask : this.lostMask | (1 << now),
      // A loss comes behind what was held.
      heldFrom: isWritten && mayBeHeld ? this.heldFrom : now + 1,
      positions: this.#some(
        settle(this.positions),
        `write ${now} returned ${isWritten}, and the reader heard otherwise`,
      ),
      resumeAt: settle(this.resumeAt),
    });
  }

  /** `write` refused because the writer before had closed the ring. */
  refused(): Stream {
    const completed = this.completed + 1;
    return this.#with({ completed, heldFrom: completed, voidMask: this.voidMask | (1 << this.completed) });
  }

  /** The writer died; the one after it goes on with attempt `next`. */
  writerDied(next: number): Stream {
    let { dyingMask, voidMask } = this;
    for (let attempt = this.heldFrom; attempt < this.completed; attempt++) dyingMask |= 1 << attempt;
    if (this.completed === next) return this.#with({ dyingMask, heldFrom: next });
    for (let attempt = this.completed + 1; attempt < next; attempt++) voidMask |= 1 << attempt;
    const settle = (list: readonly Position[]) => list.map((position) => ({ ...position, heardOfCurrent: UNHEARD }));
    return this.#with({
      completed: next,
      heldFrom: next,
      dyingMask: dyingMask | (1 << this.completed),
      voidMask,
      positions: settle(this.positions),
      resumeAt: settle(this.resumeAt),
    });
  }

  /** The reader has stored the read position: what it was told before is not repeated to the next reader. */
  gaveBack(): Stream {
    return this.#with({ resumeAt: this.positions });
  }

  /** The reader has taken losses from the writer. Whoever reads next does not hear of them: they are this reader's. */
  tookLosses(): Stream {
    const rest: Position[] = [];
    let ends = this.positions.flatMap((position) => this.#steps(position, LOST));
    while (ends.length > 0) {
      rest.push(...ends.filter(({ next }) => next >= this.completed));
      ends = ends.flatMap((end) => this.#steps(end, LOST));
    }
    return this.#with({ resumeAt: rest });
  }

  readerDied(): Stream {
    return this.#with({ positions: this.resumeAt });
  }

  heard(delivery: Delivery): Stream {
    if (delivery.lost === 0) return this.#heardRecord(delivery);
    return this.#heardLoss(delivery);
  }

  /** The reader says that the end is reached; the ring is closed, so no more attempts are made. */
  ended(): Stream {
    const atEnd = this.positions.filter((position) => this.#candidates(position.next).includes(this.completed));
    return this.#with({ positions: this.#some(atEnd, `the end came before attempt ${this.#expected()}`) });
  }

  /** Lost attempts, as far as `write` said so. */
  get lost(): number {
    return [...this.lostMask.toString(2)].filter((bit) => bit === '1').length;
  }

  #heardRecord(delivery: Delivery): Stream {
    const attempt = this.attempts.findIndex(({ tag }) => tag === delivery.tag);
    const expected = this.attempts[attempt];
    const header = Array.from({ length: this.headerWords }, (_, i) => expected?.header[i] ?? 0);
    if (
      expected === undefined ||
      delivery.time !== expected.time ||
      delivery.header.join() !== header.join() ||
      delivery.stack.join() !== expected.stack.join()
    ) {
      throw new Violation('stream', `record ${JSON.stringify(delivery)} was never written`);
    }
    const after = this.positions.flatMap((position) =>
      this.#candidates(position.next)
        .filter((next) => next === attempt && this.#mayBe(next, DELIVERED))
        .map((next) => this.#after(position, next, DELIVERED)),
    );
    return this.#with({
      positions: this.#some(after, `record of attempt ${attempt} came when attempt ${this.#expected()} was due`),
    });
  }

  #heardLoss(delivery: Delivery): Stream {
    const { lost, time } = delivery;
    const isPlain = delivery.tag === 0 && delivery.stack.length === 0 && delivery.header.every((word) => word === 0);
    if (!isPlain || delivery.header.length !== this.headerWords || !Number.isInteger(lost) || lost < 0) {
      throw new Violation('stream', `loss report ${JSON.stringify(delivery)} is malformed`);
    }
    let ends: readonly Position[] = this.positions.flatMap((position) =>
      this.#steps(position, LOST).filter(({ next }) => this.attempts[next - 1]?.time === time),
    );
    for (let i = 1; i < lost; i++) ends = ends.flatMap((end) => this.#steps(end, LOST));
    return this.#with({
      positions: this.#some(
        ends,
        `a loss of ${lost} from time ${time} on came when attempt ${this.#expected()} was due`,
      ),
    });
  }

  /** Where one more attempt that came to `outcome` leads from a position. */
  #steps(position: Position, outcome: number): Position[] {
    return this.#candidates(position.next)
      .filter((next) => this.#mayBe(next, outcome))
      .map((next) => this.#after(position, next, outcome));
  }

  #after(position: Position, next: number, outcome: number): Position {
    return { next: next + 1, heardOfCurrent: next === this.completed ? outcome : position.heardOfCurrent };
  }

  /** The attempts, the end included, that may be the next to hear of. */
  #candidates(next: number): number[] {
    let from = next;
    while (((this.voidMask >> from) & 1) === 1) from++;
    return this.#isDying(from) ? [from, ...this.#candidates(from + 1)] : [from];
  }

  #mayBe(attempt: number, outcome: number): boolean {
    if (attempt >= this.attempts.length || attempt > this.completed) return false;
    if (attempt === this.completed || this.#isDying(attempt)) return true;
    return ((this.lostMask >> attempt) & 1) === (outcome === LOST ? 1 : 0);
  }

  #isDying(attempt: number): boolean {
    return ((this.dyingMask >> attempt) & 1) === 1;
  }

  #expected(): string {
    return [...new Set(this.positions.flatMap(({ next }) => this.#candidates(next)))].join(' or ');
  }

  #some(positions: readonly Position[], message: string): readonly Position[] {
    if (positions.length === 0) throw new Violation('stream', message);
    return positions;
  }

  #with(change: {
    completed?: number;
    lostMask?: number;
    voidMask?: number;
    dyingMask?: number;
    heldFrom?: number;
    positions?: readonly Position[];
    resumeAt?: readonly Position[];
  }): Stream {
    return new Stream(
      this.attempts,
      this.headerWords,
      change.completed ?? this.completed,
      change.lostMask ?? this.lostMask,
      change.voidMask ?? this.voidMask,
      change.dyingMask ?? this.dyingMask,
      change.heldFrom ?? this.heldFrom,
      unique(change.positions ?? this.positions),
      unique(change.resumeAt ?? this.resumeAt),
    );
  }
}

function unique(positions: readonly Position[]): readonly Position[] {
  const byKey = new Map(positions.map((position) => [position.next * 3 + position.heardOfCurrent, position]));
  return [...byKey.keys()].sort((a, b) => a - b).map((key) => byKey.get(key) as Position);
}
