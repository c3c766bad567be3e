/** The exact accesses of shared memory of each kind of write and read: what each costs, and in which order it happens. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { byteLength, type ProfBufReader, type ProfBufWriter, type WriterOptions } from 'profbuf/buffer';
import { format, type RingInternals } from '#profbuf/buffer/layout.js';
import type { Observation, Operation, SharedMemory, View } from './access.js';
import { RING_WORDS } from './ring-system.js';
import { loadShippedBuffer } from './shipped-source.js';

/** Memory that notes each access. A wait ends at once, by its timeout, and a notify finds nobody. */
class TracedMemory implements SharedMemory {
  readonly #control: Int32Array;
  readonly #ring: ArrayBuffer;
  #log: string[] = [];
  now = 0;

  constructor(control: Int32Array, words: number) {
    this.#control = control;
    this.#ring = new ArrayBuffer(words * 8);
  }

  /** The accesses since the last call. Plain accesses of the ring in a row count as one. */
  take(): string[] {
    const log = this.#log.filter((line, i) => !line.endsWith('the ring') || line !== this.#log[i - 1]);
    this.#log = [];
    return log;
  }

  perform(operation: Operation, view: View, index: number, value = 0, expected = 0): Observation {
    if (view !== 'control') {
      this.#log.push(`${operation} the ring`);
      const array = view === 'words' ? new Float64Array(this.#ring) : new Int32Array(this.#ring);
      if (operation === 'write') array[index] = value;
      return array[index];
    }
    this.#log.push(`${operation} ${RING_WORDS.find((word) => word.index === index)?.name}`);
    const found = this.#control[index];
    if (operation === 'wait') {
      this.now += 1000;
      return 'timed-out';
    }
    if (operation === 'notify') return 0;
    const isStore = operation === 'write' || operation === 'store' || operation === 'exchange';
    if (isStore || (operation === 'compareExchange' && found === expected)) this.#control[index] = value;
    return found;
  }
}

interface Traced {
  readonly writer: ProfBufWriter;
  readonly reader: ProfBufReader;
  /** Writes a record of that depth, at a time of its own. */
  write(depth: number): boolean;
  /** The accesses of an operation. */
  trace(operation: () => unknown): string[];
}

function traced(words: number, internals: RingInternals = {}, options: WriterOptions = {}): Traced {
  const shared = new SharedArrayBuffer(byteLength({ words }));
  format(shared, 0, { words }, internals);
  const memory = new TracedMemory(new Int32Array(shared).slice(), words);
  const { ProfBufWriter, ProfBufReader } = loadShippedBuffer(shared, memory);
  const writer = new ProfBufWriter(shared, 0, options);
  const reader = new ProfBufReader(shared);
  memory.take();
  let time = 0;
  return {
    writer,
    reader,
    write: (depth) => writer.write(7, ++time, [], new Array<number>(depth).fill(1)),
    trace(operation) {
      memory.take();
      operation();
      return memory.take();
    },
  };
}

const LOOK_AT_FIRST_LOST = ['load first lost (low)', 'load first lost (middle)', 'load first lost (high)'];
const STORE_FIRST_LOST = ['store first lost (low)', 'store first lost (middle)', 'store first lost (high)'];

describe('a write', () => {
  test('that fits takes one atomic operation', () => {
    const { trace, write } = traced(16);
    assert.deepEqual(
      trace(() => write(2)),
      ['write the ring', 'exchange write position'],
    );
  });

  test('notifies a reader that has set the sleeping bit, once', () => {
    const { trace, write, reader } = traced(16);
    reader.wait(1);
    assert.deepEqual(
      trace(() => write(2)),
      ['write the ring', 'exchange write position', 'notify write position'],
    );
    assert.deepEqual(
      trace(() => write(2)),
      ['write the ring', 'exchange write position'],
    );
  });

  test('looks at the read position when what it knows to be free does not suffice', () => {
    const { trace, write, reader } = traced(16);
    write(6);
    for (const _ of reader);
    write(6);
    assert.deepEqual(
      trace(() => write(6)),
      ['load read position', 'write the ring', 'exchange write position'],
    );
  });

  test('that begins again at the start of the ring looks at the read position too', () => {
    const { trace, write } = traced(16, { startPosition: 14 });
    assert.deepEqual(
      trace(() => write(2)),
      ['load read position', 'write the ring', 'exchange write position'],
    );
  });

  test('that is lost first of all leaves its time before it is counted', () => {
    const { trace, write } = traced(8);
    write(2);
    write(2);
    assert.deepEqual(
      trace(() => write(2)),
      [
        'load read position',
        'load overflow',
        ...STORE_FIRST_LOST,
        'write lost at',
        'store carry (odd)',
        'store overflow',
        'exchange write position',
      ],
    );
  });

  test('that is lost after others is counted by one compare-and-swap', () => {
    const { trace, write } = traced(8);
    for (let i = 0; i < 3; i++) write(2);
    assert.deepEqual(
      trace(() => write(2)),
      ['load overflow', 'load read position', 'load overflow', 'compareExchange overflow', 'exchange write position'],
    );
  });

  test('that is lost when the count is full carries it into the next generation’s word first', () => {
    const { trace, write } = traced(8, { generationBits: 28 });
    for (let i = 0; i < 3; i++) write(2);
    assert.deepEqual(
      trace(() => write(2)),
      [
        'load overflow',
        'load read position',
        'load overflow',
        'load carry (odd)',
        'store carry (even)',
        'compareExchange overflow',
        'exchange write position',
      ],
    );
  });

  test('that reports losses lays out both records, claims, publishes both at once, and clears', () => {
    const { trace, write, reader } = traced(16);
    for (let i = 0; i < 3; i++) write(6);
    // The second call gives back the first record. A third would take the losses.
    for (let i = 0; i < 2; i++) reader.next();
    assert.deepEqual(
      trace(() => write(0)),
      [
        'load overflow',
        'load read position',
        ...LOOK_AT_FIRST_LOST,
        'load carry (odd)',
        'write the ring',
        'compareExchange overflow',
        'exchange write position',
        'store overflow',
      ],
    );
  });

  test('after losses that the reader took finds nothing pending, and is an ordinary one', () => {
    const { trace, write, reader } = traced(8);
    for (let i = 0; i < 3; i++) write(2);
    for (const _ of reader);
    assert.deepEqual(
      trace(() => write(0)),
      ['load overflow', 'load read position', 'write the ring', 'exchange write position'],
    );
  });

  test('that is refused touches nothing', () => {
    const { trace, writer } = traced(8);
    assert.deepEqual(
      trace(() => assert.throws(() => writer.write(-1, 0, [], []))),
      [],
    );
  });
});

describe('a writer that publishes when it is told to', () => {
  const held = { autoPublish: false };

  test('writes without an atomic operation, and publishes all by one', () => {
    const { trace, write, writer } = traced(16, {}, held);
    assert.deepEqual(
      trace(() => [write(2), write(0)]),
      ['write the ring'],
    );
    assert.deepEqual(
      trace(() => writer.publish()),
      ['exchange write position'],
    );
  });

  test('does nothing when nothing is held', () => {
    const { trace, write, writer } = traced(16, {}, held);
    write(2);
    writer.publish();
    assert.deepEqual(
      trace(() => writer.publish()),
      [],
    );
  });

  test('wakes a reader that has set the sleeping bit, once', () => {
    const { trace, write, writer, reader } = traced(16, {}, held);
    reader.wait(1);
    write(2);
    write(2);
    assert.deepEqual(
      trace(() => [writer.publish(), writer.publish()]),
      ['exchange write position', 'notify write position'],
    );
  });

  test('publishes with a record for which it has to look for room', () => {
    const { trace, write, writer, reader } = traced(16, {}, held);
    write(6);
    writer.publish();
    for (const _ of reader);
    write(5);
    assert.deepEqual(
      trace(() => write(6)),
      ['load read position', 'write the ring', 'exchange write position'],
    );
    assert.deepEqual(
      trace(() => writer.publish()),
      [],
    );
  });

  test('publishes what it holds before a loss is counted', () => {
    const { trace, write } = traced(8, {}, held);
    write(2);
    write(1);
    assert.deepEqual(trace(() => write(2)).slice(0, 3), [
      'load read position',
      'exchange write position',
      'load overflow',
    ]);
  });

  test('publishes what it holds before it says that the ring is closed', () => {
    const { trace, write, writer } = traced(16, {}, held);
    write(2);
    assert.deepEqual(
      trace(() => writer.close()),
      ['exchange write position', 'store closed', 'exchange write position'],
    );
  });
});

test('close stores that the ring is closed, then shows the write position', () => {
  const { trace, writer } = traced(8);
  assert.deepEqual(
    trace(() => writer.close()),
    ['store closed', 'exchange write position'],
  );
});

describe('next', () => {
  test('looks at the write position once for a batch of records', () => {
    const { trace, write, reader } = traced(16);
    for (let i = 0; i < 2; i++) write(0);
    assert.deepEqual(
      trace(() => reader.next()),
      ['load write position', 'read the ring'],
    );
    assert.deepEqual(
      trace(() => reader.next()),
      ['read the ring'],
    );
  });

  test('gives space back when a quarter of the ring has been read', () => {
    const { trace, write, reader } = traced(16);
    for (let i = 0; i < 4; i++) write(0);
    for (let i = 0; i < 2; i++) reader.next();
    assert.deepEqual(
      trace(() => reader.next()),
      ['store read position', 'read the ring'],
    );
  });

  test('gives all space back before it says that there is nothing', () => {
    const { trace, write, reader } = traced(16);
    write(0);
    reader.next();
    assert.deepEqual(
      trace(() => reader.next()),
      ['load write position', 'store read position', 'load overflow'],
    );
  });

  test('on an empty ring looks for records and for losses', () => {
    const { trace, reader } = traced(8);
    assert.deepEqual(
      trace(() => reader.next()),
      ['load write position', 'load overflow'],
    );
  });

  test('looks at the write position again before it takes losses', () => {
    const { trace, write, reader } = traced(8);
    for (let i = 0; i < 3; i++) write(2);
    for (let i = 0; i < 2; i++) reader.next();
    assert.deepEqual(
      trace(() => reader.next()),
      [
        'store read position',
        'load write position',
        'load overflow',
        'load carry (odd)',
        ...LOOK_AT_FIRST_LOST,
        'load write position',
        'compareExchange overflow',
      ],
    );
  });
});

test('ended looks at closed first, then once more at all there could be', () => {
  const { trace, reader, writer } = traced(8);
  assert.deepEqual(
    trace(() => reader.ended),
    ['load closed'],
  );
  writer.close();
  assert.deepEqual(
    trace(() => reader.ended),
    ['load closed', 'load write position', 'load overflow'],
  );
});

test('wait looks, sets the sleeping bit, looks again, sleeps, and looks again', () => {
  const look = ['load write position', 'load overflow', 'load closed'];
  const { trace, reader } = traced(8);
  assert.deepEqual(
    trace(() => reader.wait(1)),
    [...look, 'compareExchange write position', ...look, 'wait write position', ...look, ...look],
  );
});
