/** The shipped writer and reader of a small ring, as a system to search. */

import type { ProfBufError, ProfBufReader, ProfBufWriter } from 'profbuf/buffer';
import { byteLength } from 'profbuf/buffer';
import {
  CLOSED,
  FIRST_LOST_HIGH,
  FIRST_LOST_LOW,
  FIRST_LOST_MIDDLE,
  format,
  LOST_AT,
  LOST_CARRIES,
  OVERFLOW,
  POSITION_MASK,
  READ_POSITION,
  type RingInternals,
  SLEEPING,
  WRITE_POSITION,
} from '#profbuf/buffer/layout.js';
import { type Access, Recorder } from './access.js';
import { EventLoop, Settlement } from './event-loop.js';
import { type ControlWord, READER, type ReadControl, type Side, type System, WRITER } from './explore.js';
import { Monitor } from './monitor.js';
import { loadShippedBuffer, type Mutation } from './shipped-source.js';
import { type Attempt, type Delivery, Stream } from './stream.js';
import type { Program } from './thread.js';
import { Violation } from './violation.js';

export interface Configuration {
  readonly name: string;
  readonly words: number;
  readonly headerWords?: number;
  readonly internals?: RingInternals;
  /** Stack depth of each record that the writer writes before it closes. */
  readonly depths: readonly number[];
  /** Every other record is offered by `tryWrite` until there is room for it. */
  readonly patient?: boolean;
  /** The writer holds its records, and publishes after so many of them. */
  readonly publishEvery?: number;
  /** How the reader waits: `timeout` and `async timeout` are waits that may end by their timeouts. */
  readonly reading?: 'blocking' | 'timeout' | 'async' | 'async timeout' | 'polling';
  /** The writer may die at any step, as often as there are others here: what each of those writes before it closes. */
  readonly nextWriters?: readonly (readonly number[])[];
  /** How often the reader may die, at any step. */
  readonly readerDeaths?: number;
  /** Both attach during the search, not before it. */
  readonly attaching?: boolean;
}

export const RING_WORDS: readonly ControlWord[] = [
  { index: WRITE_POSITION, name: 'write position' },
  { index: READ_POSITION, name: 'read position' },
  { index: OVERFLOW, name: 'overflow' },
  { index: FIRST_LOST_LOW, name: 'first lost (low)' },
  { index: FIRST_LOST_MIDDLE, name: 'first lost (middle)' },
  { index: FIRST_LOST_HIGH, name: 'first lost (high)' },
  { index: LOST_CARRIES, name: 'carry (even)' },
  { index: LOST_CARRIES + 1, name: 'carry (odd)' },
  { index: LOST_AT, name: 'lost at', isPlain: true },
  { index: CLOSED, name: 'closed' },
];

/**
 * The most atomic steps of one write, which is wait-free: looks at the losses and finds no room (2), fails to count one more
 * into a full count because the reader takes it (4), begins a new group (5), and wakes the reader (2).
 */
const MOST_ATOMIC_STEPS = 13;

/** With its payload: a loss record, the record, and the record once more if the reader took the losses meanwhile. */
function mostSteps(words: number): number {
  const longestRecord = words / 2;
  // A rewind marker, and two halves for the first word.
  return MOST_ATOMIC_STEPS + 3 * (1 + longestRecord + 1);
}

export type RingEvent =
  | { readonly kind: 'attached'; readonly side: Side }
  | { readonly kind: 'wrote'; readonly isWritten: boolean }
  | { readonly kind: 'refused' | 'turned away' | 'published' }
  | { readonly kind: 'closed'; readonly lost: number }
  | { readonly kind: 'heard'; readonly delivery: Delivery; readonly told: number }
  | { readonly kind: 'empty' | 'waited' }
  | { readonly kind: 'ended'; readonly told: number };

/** Times whose three parts all differ from one attempt to the next, so that a torn one is none of them. */
function attempt(number: number, depth: number, headerWords: number): Attempt {
  return {
    tag: number + 1,
    time: 3 ** (number + 1) / 7,
    // Every other header is left out, and has to be read as zeros.
    header: Array.from({ length: number % 2 === 0 ? headerWords : 0 }, (_, i) => 500 + 10 * number + i),
    stack: Array.from({ length: depth }, (_, i) => 1000 * (number + 1) + i),
  };
}

class WriterProgram implements Program<RingEvent> {
  readonly recorder = new Recorder();
  readonly local: {
    writer: ProfBufWriter | null;
    next: number;
    isPublishing: boolean;
    isClosed: boolean;
    modules: readonly object[];
  };
  readonly #attach: () => ProfBufWriter;
  readonly #attempts: readonly Attempt[];
  readonly #isPatient: boolean;
  readonly #publishEvery: number | undefined;

  constructor(
    shared: SharedArrayBuffer,
    attempts: readonly Attempt[],
    { patient = false, publishEvery }: Configuration,
    mutations: readonly Mutation[],
  ) {
    const { ProfBufWriter, moduleState } = loadShippedBuffer(shared, this.recorder, mutations);
    this.#attach = () => new ProfBufWriter(shared, 0, { autoPublish: publishEvery === undefined });
    this.#attempts = attempts;
    this.#isPatient = patient;
    this.#publishEvery = publishEvery;
    this.local = { writer: null, next: 0, isPublishing: false, isClosed: false, modules: moduleState };
  }

  isDone(): boolean {
    return this.local.isClosed;
  }

  run(): RingEvent {
    const { local } = this;
    if (local.writer === null) {
      local.writer = this.#attach();
      return { kind: 'attached', side: WRITER };
    }
    if (local.isPublishing) {
      local.writer.publish();
      local.isPublishing = false;
      return { kind: 'published' };
    }
    const attempt = this.#attempts[local.next];
    if (attempt === undefined) {
      local.writer.close();
      local.isClosed = true;
      return { kind: 'closed', lost: local.writer.lost };
    }
    const { tag, time, header, stack } = attempt;
    try {
      if (this.#isPatient && local.next % 2 === 1) {
        if (!local.writer.tryWrite(tag, time, header, stack)) return { kind: 'turned away' };
        this.#goOn();
        return { kind: 'wrote', isWritten: true };
      }
      this.#goOn();
      return { kind: 'wrote', isWritten: local.writer.write(tag, time, header, stack) };
    } catch (error) {
      if ((error as ProfBufError).code === 'CLOSED') return { kind: 'refused' };
      throw error;
    }
  }

  #goOn(): void {
    this.local.next++;
    this.local.isPublishing = this.#publishEvery !== undefined && this.local.next % this.#publishEvery === 0;
  }
}

type Reading = NonNullable<Configuration['reading']>;

class ReaderProgram implements Program<RingEvent> {
  readonly recorder = new Recorder();
  readonly local: {
    reader: ProfBufReader | null;
    does: 'next' | 'ended' | 'wait' | 'await' | 'nothing';
    readonly loop: EventLoop;
    waitingFor: Settlement | null;
    readonly modules: readonly object[];
  };
  readonly #attach: () => ProfBufReader;
  readonly #headerWords: number;
  readonly #reading: Reading;

  constructor(shared: SharedArrayBuffer, headerWords: number, reading: Reading, mutations: readonly Mutation[]) {
    const loop = new EventLoop();
    const { ProfBufReader, moduleState } = loadShippedBuffer(shared, this.recorder, mutations, loop.globals);
    this.#attach = () => new ProfBufReader(shared);
    this.#headerWords = headerWords;
    this.#reading = reading;
    this.local = { reader: null, does: 'next', loop, waitingFor: null, modules: moduleState };
  }

  isDone(): boolean {
    return this.local.does === 'nothing';
  }

  run(): RingEvent {
    const { local } = this;
    if (local.reader === null) {
      local.reader = this.#attach();
      return { kind: 'attached', side: READER };
    }
    const { reader } = local;
    if (local.does === 'next') {
      const record = reader.next();
      if (record === null) {
        local.does = 'ended';
        return { kind: 'empty' };
      }
      const { tag, time, lost, depth } = record;
      const header = Array.from({ length: this.#headerWords }, (_, i) => record.header(i));
      const stack = Array.from({ length: depth }, (_, i) => record.stack(i));
      return { kind: 'heard', delivery: { tag, time, lost, header, stack }, told: reader.delivered + reader.lost };
    }
    if (local.does === 'ended') {
      if (reader.ended) {
        local.does = 'nothing';
        return { kind: 'ended', told: reader.delivered + reader.lost };
      }
      local.does = this.#reading === 'polling' ? 'next' : 'wait';
      return { kind: 'waited' };
    }
    if (local.does === 'wait') {
      // Searched, waitAsync returns what it would settle with.
      const isReady = this.#isAsync
        ? (reader.waitAsync(this.#timeout, { keepAlive: false }) as unknown as Settlement | true)
        : reader.wait(this.#timeout);
      if (isReady === false && this.#timeout === Number.POSITIVE_INFINITY) {
        throw new Violation('wake-up', 'a wait without a timeout gave up');
      }
      local.waitingFor = isReady instanceof Settlement ? isReady : null;
      local.does = local.waitingFor === null ? 'next' : 'await';
      return { kind: 'waited' };
    }
    if (local.waitingFor?.isSettled === false) {
      local.loop.turn(this.recorder);
      return { kind: 'waited' };
    }
    if (local.waitingFor?.error) throw local.waitingFor.error;
    local.waitingFor = null;
    local.does = 'next';
    return { kind: 'waited' };
  }

  get #isAsync(): boolean {
    return this.#reading.startsWith('async');
  }

  get #timeout(): number {
    return this.#reading.endsWith('timeout') ? 1 : Number.POSITIVE_INFINITY;
  }
}

export function ringSystem(
  configuration: Configuration,
  mutations: readonly Mutation[] = [],
): System<RingEvent, Monitor> {
  const { words, headerWords = 0, depths, nextWriters = [], readerDeaths = 0 } = configuration;
  const { reading = 'blocking' } = configuration;
  const shared = new SharedArrayBuffer(byteLength({ words, headerWords }));
  format(shared, 0, { words, headerWords }, configuration.internals);
  const control = new Int32Array(shared, 0, CLOSED + 32);
  const attempts = [...depths, ...nextWriters.flat()].map((depth, number) => attempt(number, depth, headerWords));
  /** The first attempt of each writer. */
  const firsts = [depths, ...nextWriters].map((_, i, all) => all.slice(0, i).flat().length);
  const writers = firsts.map(
    (first, i) => new WriterProgram(shared, attempts.slice(first, firsts[i + 1]), configuration, mutations),
  );
  const generationBits = control[4] as number;
  const countMask = 2 ** (29 - generationBits) - 1;
  const isPending = (word: number) => (word & countMask) !== 0 && (word & (countMask + 1)) === 0;
  const used = (read: ReadControl) => (read(WRITE_POSITION) - read(READ_POSITION)) & POSITION_MASK;
  const readerOf = () => new ReaderProgram(shared, headerWords, reading, mutations);
  return {
    capacity: words,
    controlWords: RING_WORDS,
    initialControl: control.slice(),
    // As initialize() leaves it, over whatever was there before: zeros would pass for rewind markers.
    initialHalves: new Int32Array(2 * words).fill(0x5a5a5a5a),
    writer: writers[0] as WriterProgram,
    reader: readerOf(),
    attached: configuration.attaching !== true,
    nextWriters: writers.slice(1),
    nextReaders: Array.from({ length: readerDeaths }, readerOf),
    timeouts: reading.endsWith('timeout'),
    mostWriterSteps: mostSteps(words),
    mostWriterAtomicSteps: MOST_ATOMIC_STEPS,
    monitor: Monitor.begin(Stream.begin(attempts, headerWords)),

    published: (read) => ({ read: read(READ_POSITION) & (words - 1), used: used(read) }),

    whyAwake(monitor, read) {
      if (!monitor.isWriterAttached) return null;
      if (used(read) > 0) return `${used(read)} words are published`;
      if (isPending(read(OVERFLOW))) return 'losses are pending';
      return read(CLOSED) === 1 ? 'the ring is closed' : null;
    },

    heard(monitor, event, read) {
      const { stream } = monitor;
      switch (event.kind) {
        case 'attached':
          return event.side === WRITER ? monitor.with({ isWriterAttached: true }) : monitor;
        case 'wrote':
          return monitor.wrote(event.isWritten, configuration.publishEvery !== undefined);
        case 'published':
          return monitor.with({ stream: stream.published() });
        case 'turned away':
          return monitor.turnedAway();
        case 'refused':
          return monitor.with({ stream: stream.refused() });
        case 'closed':
          if (!monitor.hasDied && event.lost !== stream.lost) {
            throw new Violation('count', `the writer says ${event.lost} lost, of ${stream.lost}`);
          }
          return monitor;
        case 'heard':
          return monitor.with({ stream: stream.heard(event.delivery) });
        case 'ended':
          if (read(CLOSED) !== 1) throw new Violation('stream', 'the end came before the writer closed');
          if (!monitor.hasDied && event.told !== stream.completed) {
            throw new Violation('count', `delivered + lost is ${event.told} after ${stream.completed} attempts`);
          }
          return monitor.with({ stream: stream.ended() });
        default:
          return monitor;
      }
    },

    died(monitor, side) {
      const { stream, deaths } = monitor;
      if (side === READER) return monitor.with({ stream: stream.readerDied(), deaths: [deaths[0], deaths[1] + 1] });
      const next = firsts[deaths[0] + 1] as number;
      return monitor.with({
        stream: stream.writerDied(next),
        deaths: [deaths[0] + 1, deaths[1]],
        isWriterAttached: false,
      });
    },

    accessed(monitor, side, access, isFirst, read) {
      // A writer that attaches wakes the reader unasked: nobody can know whether the one before it still would have.
      if (side === WRITER && access.operation === 'notify' && monitor.isWriterAttached) {
        if (monitor.wakeUpsOwed === 0) throw new Violation('double wake-up', 'nobody had announced to sleep');
        return monitor.with({ wakeUpsOwed: monitor.wakeUpsOwed - 1 });
      }
      if (side !== WRITER || !isFirst) return monitor;
      const isRoomy = used(read) === 0 && (read(OVERFLOW) & countMask) === 0 && !monitor.stream.isHeld;
      return isRoomy === monitor.isRoomy ? monitor : monitor.with({ isRoomy });
    },

    stored(monitor, side, access: Access) {
      if (side !== READER) return monitor;
      if (access.index === READ_POSITION) return monitor.with({ stream: monitor.stream.gaveBack() });
      if (access.index === OVERFLOW) return monitor.with({ stream: monitor.stream.tookLosses() });
      const isSleeping = access.index === WRITE_POSITION && (access.value & SLEEPING) !== 0;
      return isSleeping ? monitor.with({ wakeUpsOwed: Math.min(3, monitor.wakeUpsOwed + 1) }) : monitor;
    },
  };
}
