import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ProfBufReader } from 'profbuf/buffer';
import { CONTROL_BITS } from '#profbuf/buffer/layout.js';
import { copy, ring, times } from './ring.js';

// A ring of 16 words holds four records of four words.
const FOUR_WORDS: readonly number[] = [0, 0];

describe('a record that does not fit', () => {
  it('is lost, and counted', () => {
    const { writer } = ring({ words: 16 });
    const written = [1, 2, 3, 4, 5, 6].map((time) => writer.write(0, time, [], FOUR_WORDS));
    assert.deepEqual(written, [true, true, true, true, false, false]);
    assert.equal(writer.lost, 2);
  });

  it('is reported by the reader when it has read everything: how many, and the time of the first', () => {
    const { writer, reader } = ring({ words: 16, headerWords: 1 });
    for (let time = 1; time <= 7; time++) writer.write(9, time, [8], [7]);
    const records = Array.from(reader, (record) => copy(record, 1));
    assert.deepEqual(records.at(-1), { tag: 0, time: 5, header: [0], stack: [], lost: 3 });
    assert.equal(records.length, 5);
    assert.equal(reader.delivered, 4);
    assert.equal(reader.lost, 3);
  });

  it('is reported by the writer, ahead of the next record, when there is room for both', () => {
    const { writer, reader } = ring({ words: 16, headerWords: 1 });
    for (let time = 1; time <= 7; time++) writer.write(9, time, [8], [7]);
    // The third record in hand gives back the words of two, the fourth those of three.
    while (reader.next()?.time !== 4);
    assert.equal(writer.write(9, 8, [8], [7]), true);
    const records = Array.from(reader, (record) => copy(record, 1));
    assert.deepEqual(records, [
      { tag: 0, time: 5, header: [0], stack: [], lost: 3 },
      { tag: 9, time: 8, header: [8], stack: [7], lost: 0 },
    ]);
  });

  it('joins those before it while there is room for a record but not for the report as well', () => {
    const { writer, reader } = ring({ words: 16 });
    for (let time = 1; time <= 5; time++) writer.write(0, time, [], FOUR_WORDS);
    reader.next();
    reader.next();
    assert.equal(writer.write(0, 6, [], FOUR_WORDS), false, 'four words are free; the report takes three');
    assert.equal(times(reader), '3 4 -2@5');
  });

  it('is reported in its place: behind what was written before it, ahead of what was written after', () => {
    const { writer, reader } = ring({ words: 16 });
    let seen = '';
    for (let time = 1; time <= 12; time++) {
      writer.write(0, time, [], FOUR_WORDS);
      if (time % 6 === 0) seen += `${times(reader)} `;
    }
    assert.equal(seen, '1 2 3 4 -2@5 7 8 9 10 -2@11 ');
  });

  it('is reported once, by whichever side comes first', () => {
    const { writer, reader } = ring({ words: 16 });
    for (let time = 1; time <= 5; time++) writer.write(0, time, [], FOUR_WORDS);
    assert.equal(times(reader), '1 2 3 4 -1@5');
    writer.write(0, 6, [], FOUR_WORDS);
    assert.equal(times(reader), '6');
    assert.equal(reader.next(), null);
  });

  it('can have its report, the record behind it, or neither cross the end of the ring', () => {
    for (let startPosition = 0; startPosition < 16; startPosition++) {
      const { writer, reader } = ring({ words: 16 }, { startPosition });
      let time = 0;
      let seen = '';
      for (let round = 0; round < 8; round++) {
        while (writer.write(0, ++time, [], FOUR_WORDS));
        writer.write(0, ++time, [], [], 0);
        // Everything but the last record is given back, so that the writer reports the loss.
        let before = '';
        for (let record = reader.next(); record !== null; record = reader.next()) {
          before += record.lost > 0 ? `-${record.lost}@${record.time} ` : `${record.time} `;
          if (record.lost === 0 && writer.lost > reader.lost) time += writer.tryWrite(0, time + 1, [], [], 0) ? 1 : 0;
        }
        seen += before;
      }
      let expected = 1;
      for (const word of seen.trim().split(' ')) {
        const [, lost, first] = word.match(/^-(\d+)@(\d+)$/) ?? [];
        assert.equal(Number(first ?? word), expected);
        expected += Number(lost ?? 1);
      }
      assert.equal(expected, time + 1);
      assert.ok(reader.lost > 0);
      assert.equal(reader.delivered + reader.lost, time);
    }
  });

  it('carries the exact time of the first, whatever its bits', () => {
    for (const time of [
      0,
      1,
      0.1,
      2 ** 53 - 1,
      1.7976931348623157e308,
      5e-324,
      1234567.890123,
      2 ** 22,
      2 ** 44,
      4294967295.5,
    ]) {
      for (const reportedBy of ['reader', 'writer']) {
        const { writer, reader } = ring({ words: 16 });
        for (let i = 0; i < 4; i++) writer.write(0, 0, [], FOUR_WORDS);
        writer.write(0, time, [], FOUR_WORDS);
        if (reportedBy === 'writer') {
          for (let i = 0; i < 4; i++) reader.next();
          assert.equal(writer.write(0, 1, [], [], 0), true);
        }
        const losses = Array.from(reader, copyLoss).filter(({ lost }) => lost > 0);
        assert.deepEqual(losses, [{ lost: 1, time }], `${time} by the ${reportedBy}`);
      }
    }
  });

  it('is counted exactly when the word that counts is full', () => {
    // Three bits left for the count: it carries at every eighth loss, and generations wrap as well.
    for (const generationBits of [CONTROL_BITS - 4, CONTROL_BITS - 2, 2]) {
      for (const losses of [1, 2, 6, 7, 8, 9, 100, 1000]) {
        for (const reportedBy of ['reader', 'writer']) {
          const { writer, reader } = ring({ words: 16 }, { generationBits });
          for (let round = 1; round <= 5; round++) {
            let written = 0;
            for (; writer.tryWrite(0, 1, [], FOUR_WORDS); written++);
            for (let i = 0; i < losses; i++) assert.equal(writer.write(0, 100 + i, [], FOUR_WORDS), false);
            if (reportedBy === 'writer') {
              for (; written > 0; written--) reader.next();
              assert.equal(writer.write(0, 1, [], [], 0), true);
            }
            const reported = Array.from(reader, copyLoss).filter(({ lost }) => lost > 0);
            assert.deepEqual(reported, [{ lost: losses, time: 100 }]);
            assert.equal(reader.lost, round * losses);
          }
        }
      }
    }
  });

  it('is still there for the reader that comes next', () => {
    const { shared, writer, reader } = ring({ words: 16 });
    for (let time = 1; time <= 6; time++) writer.write(0, time, [], FOUR_WORDS);
    reader.next();
    assert.equal(times(new ProfBufReader(shared)), '1 2 3 4 -2@5');
  });
});

describe('tryWrite', () => {
  it('writes what write would, and counts nothing where write would lose', () => {
    for (let startPosition = 0; startPosition < 16; startPosition++) {
      const { writer, reader } = ring({ words: 16 }, { startPosition });
      for (let step = 0; step < 200; step++) {
        const depth = (step * 7) % (writer.maxDepth + 1);
        const lost = writer.lost;
        const isWritten = writer.tryWrite(0, step, [], new Array(depth).fill(0));
        assert.equal(writer.lost, lost);
        if (!isWritten) assert.equal(writer.write(0, step, [], new Array(depth).fill(0)), false);
        if (step % 3 === 0) reader.next();
      }
      assert.ok(writer.lost > 0);
    }
  });
});

function copyLoss({ lost, time }: { lost: number; time: number }) {
  return { lost, time };
}
