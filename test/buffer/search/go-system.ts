/** The port of Go's protocol as a system to search, held to the same checks as the shipped ring. */
import { Recorder } from './access.js';
import { type ReadControl, type System, WRITER } from './explore.js';
import {
  dataCount,
  GO_EOF,
  GO_NOTE,
  GO_OVERFLOW,
  GO_OVERFLOW_TIME,
  GO_R,
  GO_W,
  GoProfBuf,
  type GoRecord,
  overflowCount,
} from './go-profbuf.js';
import { Monitor } from './monitor.js';
import { type Attempt, type Delivery, Stream } from './stream.js';
import type { Program } from './thread.js';

export interface GoConfiguration {
  readonly words: number;
  readonly depths: readonly number[];
  readonly isBlocking?: boolean;
  /** If given, the writer may die at any step, and the next one writes these. */
  readonly nextDepths?: readonly number[];
}

type GoEvent =
  | { readonly kind: 'attached' | 'closed' | 'ended' }
  | { readonly kind: 'wrote'; readonly isWritten: boolean }
  | { readonly kind: 'heard'; readonly deliveries: readonly Delivery[] };

/** One word, which stands for the tag: Go's tells a loss record by a header of zeros. */
const HEADER_SIZE = 1;

function delivery({ time, header: [tag = 0], stack }: GoRecord): Delivery {
  return tag === 0
    ? { tag, time, header: [], stack: [], lost: stack[0] ?? 0 }
    : { tag, time, header: [], stack, lost: 0 };
}

class GoWriterProgram implements Program<GoEvent> {
  readonly recorder = new Recorder();
  readonly local: { readonly buffer: GoProfBuf; next: number; isAttached: boolean; isClosed: boolean };
  readonly #attempts: readonly Attempt[];

  constructor(capacity: number, attempts: readonly Attempt[]) {
    const buffer = new GoProfBuf(this.recorder, capacity, HEADER_SIZE);
    this.local = { buffer, next: 0, isAttached: false, isClosed: false };
    this.#attempts = attempts;
  }

  isDone(): boolean {
    return this.local.isClosed;
  }

  run(): GoEvent {
    const { local } = this;
    if (!local.isAttached) {
      local.isAttached = true;
      return { kind: 'attached' };
    }
    const attempt = this.#attempts[local.next];
    if (attempt === undefined) {
      local.buffer.close();
      local.isClosed = true;
      return { kind: 'closed' };
    }
    local.next++;
    return { kind: 'wrote', isWritten: local.buffer.write(attempt.time, [attempt.tag], attempt.stack) };
  }
}

class GoReaderProgram implements Program<GoEvent> {
  readonly recorder = new Recorder();
  readonly local: { readonly buffer: GoProfBuf; isAttached: boolean; isEnded: boolean };
  readonly #isBlocking: boolean;

  constructor(capacity: number, isBlocking: boolean) {
    this.local = { buffer: new GoProfBuf(this.recorder, capacity, HEADER_SIZE), isAttached: false, isEnded: false };
    this.#isBlocking = isBlocking;
  }

  isDone(): boolean {
    return this.local.isEnded;
  }

  run(): GoEvent {
    const { local } = this;
    if (!local.isAttached) {
      local.isAttached = true;
      return { kind: 'attached' };
    }
    const { records, isEnd } = local.buffer.read(this.#isBlocking);
    local.isEnded = isEnd;
    return isEnd ? { kind: 'ended' } : { kind: 'heard', deliveries: records.map(delivery) };
  }
}

export function goSystem({ words, depths, isBlocking = true, nextDepths }: GoConfiguration): System<GoEvent, Monitor> {
  const attempts: readonly Attempt[] = [...depths, ...(nextDepths ?? [])].map((depth, number) => ({
    tag: number + 1,
    time: 100 + number,
    header: [],
    stack: Array.from({ length: depth }, (_, i) => 1000 * (number + 1) + i),
  }));
  const used = (read: ReadControl) => dataCount(read(GO_W) - read(GO_R));
  return {
    capacity: words,
    controlWords: [
      { index: GO_R, name: 'r' },
      { index: GO_W, name: 'w' },
      { index: GO_OVERFLOW, name: 'overflow' },
      { index: GO_OVERFLOW_TIME, name: 'overflowTime' },
      { index: GO_EOF, name: 'eof' },
      { index: GO_NOTE, name: 'note' },
    ],
    initialControl: new Int32Array(GO_NOTE + 1),
    initialHalves: new Int32Array(2 * words),
    writer: new GoWriterProgram(words, attempts.slice(0, depths.length)),
    reader: new GoReaderProgram(words, isBlocking),
    ...(nextDepths && { nextWriters: [new GoWriterProgram(words, attempts.slice(depths.length))] }),
    mostWriterSteps: 100,
    mostWriterAtomicSteps: 50,
    monitor: Monitor.begin(Stream.begin(attempts, 0)),
    published: (read) => ({ read: dataCount(read(GO_R)) & (words - 1), used: used(read) }),

    whyAwake(monitor, read) {
      // A note that is set is a wake-up under way.
      if (!monitor.isWriterAttached || read(GO_NOTE) === 1) return null;
      if (overflowCount(read(GO_OVERFLOW)) > 0) return 'losses are pending';
      return read(GO_EOF) === 1 ? 'the ring is closed' : null;
    },

    heard(monitor, event) {
      switch (event.kind) {
        case 'attached':
          return monitor.with({ isWriterAttached: true });
        case 'wrote':
          return monitor.wrote(event.isWritten);
        case 'heard':
          return monitor.with({ stream: event.deliveries.reduce((now, one) => now.heard(one), monitor.stream) });
        case 'ended':
          return monitor.with({ stream: monitor.stream.ended() });
        default:
          return monitor;
      }
    },

    died: (monitor) => monitor.with({ stream: monitor.stream.writerDied(depths.length), deaths: [1, 0] }),

    accessed(monitor, side, _access, isFirst, read) {
      if (side !== WRITER || !isFirst) return monitor;
      const isRoomy = used(read) === 0 && overflowCount(read(GO_OVERFLOW)) === 0;
      return monitor.with({ isRoomy });
    },
  };
}
