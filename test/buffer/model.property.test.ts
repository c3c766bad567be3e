import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { copy, ring } from './ring.js';
import '../seed.js';

interface Written {
  readonly time: number;
  readonly header: readonly number[];
  readonly stack: readonly number[];
}

type Entry =
  | ({ readonly kind: 'record' } & Written)
  | { readonly kind: 'losses'; readonly count: number; readonly time: number };

/**
 * What the ring must do, on a plain array and with counts that never wrap: where each record lies, what is free, what is
 * lost and when it is reported.
 */
class Model {
  readonly #entries: { entry: Entry; end: number }[] = [];
  #pending = { count: 0, time: 0 };
  #writePosition: number;
  #readPosition: number;
  #givenBack: number;

  constructor(
    readonly capacity: number,
    readonly headerWords: number,
    start: number,
  ) {
    this.#writePosition = start;
    this.#readPosition = start;
    this.#givenBack = start;
  }

  #end(position: number, length: number): number {
    const rest = this.capacity - (position % this.capacity);
    return position + length + (length > rest ? rest : 0);
  }

  write(record: Written): boolean {
    const length = 2 + this.headerWords + record.stack.length;
    const { count, time } = this.#pending;
    const recordAt = count > 0 ? this.#end(this.#writePosition, 2 + this.headerWords + 1) : this.#writePosition;
    const end = this.#end(recordAt, length);
    if (end - this.#givenBack > this.capacity) {
      this.#pending = { count: count + 1, time: count > 0 ? time : record.time };
      return false;
    }
    if (count > 0) this.#entries.push({ entry: { kind: 'losses', count, time }, end: recordAt });
    this.#pending = { count: 0, time: 0 };
    this.#entries.push({ entry: { kind: 'record', ...record }, end });
    this.#writePosition = end;
    return true;
  }

  next(): Entry | null {
    if (this.#readPosition - this.#givenBack >= this.capacity / 4) this.#givenBack = this.#readPosition;
    const first = this.#entries.shift();
    if (first !== undefined) {
      this.#readPosition = first.end;
      return first.entry;
    }
    this.#givenBack = this.#readPosition;
    if (this.#pending.count === 0) return null;
    const entry: Entry = { kind: 'losses', ...this.#pending };
    this.#pending = { count: 0, time: 0 };
    return entry;
  }
}

const number = fc.double({ noNaN: true });
const step = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ write: fc.array(number, { maxLength: 14 }), header: fc.array(number, { maxLength: 3 }) }),
  },
  { weight: 2, arbitrary: fc.record({ read: fc.integer({ min: 1, max: 6 }) }) },
);
const geometry = fc.record({
  words: fc.constantFrom(16, 32, 64),
  headerWords: fc.integer({ min: 0, max: 3 }),
  startPosition: fc.oneof(fc.nat(64), fc.integer({ min: 2 ** 29 - 200, max: 2 ** 29 - 1 })),
  generationBits: fc.integer({ min: 1, max: 28 }),
  autoPublish: fc.boolean(),
});

describe('the ring and a plain array', () => {
  it('agree on every record, every loss, its count, its time and its place', () => {
    fc.assert(
      fc.property(
        geometry,
        fc.array(step, { maxLength: 200 }),
        ({ words, headerWords, autoPublish, ...internals }, steps) => {
          const { writer, reader } = ring({ words, headerWords }, internals, { autoPublish });
          const model = new Model(words, headerWords, internals.startPosition);
          let attempts = 0;
          let inFlight = 0;
          for (const step of steps) {
            if ('write' in step) {
              const stack = step.write.slice(0, writer.maxDepth);
              const header = step.header.slice(0, headerWords);
              const time = attempts++ + 0.5;
              const written = writer.write(attempts, time, header, stack);
              assert.equal(written, model.write({ time, header, stack }));
              inFlight += 1;
              continue;
            }
            writer.publish();
            for (let i = 0; i < step.read; i++) {
              const record = reader.next();
              const expected = model.next();
              if (expected === null) {
                assert.equal(record, null);
                continue;
              }
              assert.ok(record);
              const zeros = new Array(headerWords).fill(0);
              assert.deepEqual(
                copy(record, headerWords),
                expected.kind === 'losses'
                  ? { tag: 0, time: expected.time, header: zeros, stack: [], lost: expected.count }
                  : {
                      tag: expected.time + 0.5,
                      time: expected.time,
                      header: [...expected.header, ...zeros].slice(0, headerWords),
                      stack: expected.stack,
                      lost: 0,
                    },
              );
              inFlight -= record.lost || 1;
            }
          }
          assert.equal(attempts, reader.delivered + reader.lost + inFlight);
          writer.close();
          while (!reader.ended) reader.next();
          assert.equal(attempts, reader.delivered + reader.lost);
          assert.equal(writer.lost, reader.lost);
        },
      ),
      { numRuns: 1500 },
    );
  });
});
