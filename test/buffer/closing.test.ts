import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ProfBufReader, ProfBufWriter } from 'profbuf/buffer';
import { ring, times } from './ring.js';

describe('close', () => {
  it('lets the reader have everything, losses included, and then its end', () => {
    const { writer, reader } = ring({ words: 16 });
    for (let time = 1; time <= 6; time++) writer.write(0, time, [], [0, 0]);
    writer.close();
    const seen = [];
    while (!reader.ended) {
      const record = reader.next();
      assert.ok(record, 'not ended means that there is more');
      seen.push(record.lost > 0 ? -record.lost : record.time);
    }
    assert.deepEqual(seen, [1, 2, 3, 4, -2]);
    assert.equal(reader.next(), null);
    assert.equal(reader.delivered + reader.lost, 6);
  });

  it('ends an empty ring', () => {
    const { writer, reader } = ring({ words: 8 });
    assert.equal(reader.ended, false);
    writer.close();
    assert.equal(reader.ended, true);
    assert.equal(reader.next(), null);
  });

  it('can be called again', () => {
    const { writer, reader } = ring({ words: 8 });
    writer.close();
    writer.close();
    assert.equal(reader.ended, true);
  });

  it('makes every later write an error', () => {
    const { shared, writer, reader } = ring({ words: 8 });
    writer.write(0, 1, [], []);
    writer.close();
    const closed = { name: 'ProfBufError', code: 'CLOSED', message: /closed; nothing can be written after close\(\)/ };
    assert.throws(() => writer.write(0, 2, [], []), closed);
    assert.throws(() => new ProfBufWriter(shared).write(0, 2, [], []), closed);
    assert.equal(times(reader), '1');
    assert.equal(reader.ended, true);
  });
});

describe('a reader attached after another', () => {
  it('begins with the oldest record that had not been given back', () => {
    const { shared, writer, reader } = ring({ words: 64 });
    for (let time = 1; time <= 20; time++) writer.write(0, time, [], []);
    for (let i = 0; i < 12; i++) reader.next();
    // A quarter of the ring is eight records.
    assert.equal(times(new ProfBufReader(shared)), '9 10 11 12 13 14 15 16 17 18 19 20');
  });

  it('repeats nothing if the other had read everything', () => {
    const { shared, writer, reader } = ring({ words: 64 });
    writer.write(0, 1, [], []);
    assert.equal(times(reader), '1');
    const next = new ProfBufReader(shared);
    assert.equal(next.next(), null);
    writer.write(0, 2, [], []);
    assert.equal(times(next), '2');
    assert.deepEqual([next.delivered, next.lost], [1, 0]);
  });

  it('finds the end of a ring that was closed long ago', () => {
    const { shared, writer } = ring({ words: 64 });
    writer.write(0, 1, [], []);
    writer.close();
    const reader = new ProfBufReader(shared);
    assert.equal(reader.ended, false);
    assert.equal(times(reader), '1');
    assert.equal(reader.ended, true);
  });
});
