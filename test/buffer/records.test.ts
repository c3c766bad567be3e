import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ProfBufError } from 'profbuf/buffer';
import { READ_POSITION } from '#profbuf/buffer/layout.js';
import { copy, ring, times } from './ring.js';

describe('write and next', () => {
  it('pass a record from one side to the other', () => {
    const { writer, reader } = ring({ words: 32, headerWords: 2 });
    assert.equal(writer.write(2 ** 31 - 1, 1234.5, [-1, 2 ** 53], [0.1, Number.MAX_VALUE, -0]), true);
    const record = reader.next();
    assert.ok(record);
    assert.deepEqual(copy(record, 2), {
      tag: 2 ** 31 - 1,
      time: 1234.5,
      header: [-1, 2 ** 53],
      stack: [0.1, Number.MAX_VALUE, -0],
      lost: 0,
    });
    assert.equal(reader.next(), null);
  });

  it('keep the order of many records of every length', () => {
    const { writer, reader } = ring({ words: 256, headerWords: 1 });
    let read = 0;
    for (let time = 0; time < 10_000; time++) {
      const stack = Array.from({ length: time % (writer.maxDepth + 1) }, (_, i) => time + i);
      if (writer.tryWrite(time, time, [time], stack)) continue;
      for (const record of reader) {
        assert.deepEqual(copy(record, 1), {
          tag: read,
          time: read,
          header: [read],
          stack: Array.from({ length: read % (writer.maxDepth + 1) }, (_, i) => read + i),
          lost: 0,
        });
        read++;
      }
      assert.equal(writer.write(time, time, [time], stack), true);
    }
    assert.equal(reader.delivered, read);
    assert.equal(reader.lost, 0);
  });

  it('hand out several records written before the first is read, one a call', () => {
    const { writer, reader } = ring({ words: 64 });
    for (let time = 1; time <= 5; time++) writer.write(0, time, [], [time]);
    assert.equal(reader.next()?.time, 1);
    assert.equal(reader.next()?.time, 2);
    writer.write(0, 6, [], []);
    assert.equal(times(reader), '3 4 5 6');
  });

  it('write missing header words as 0, whatever the ring held there', () => {
    const { writer, reader } = ring({ words: 16, headerWords: 3 });
    for (let i = 0; i < 20; i++) {
      writer.write(0, i, [9, 9, 9], [9]);
      reader.next();
      writer.write(0, i, [i], []);
      const record = reader.next();
      assert.ok(record);
      assert.deepEqual(copy(record, 3).header, [i, 0, 0]);
    }
  });

  it('take any array-like of numbers', () => {
    const { writer, reader } = ring({ words: 64, headerWords: 1 });
    writer.write(1, 1, new Uint8Array([7]), new Float64Array([1.5, 2.5]));
    writer.write(2, 2, { length: 0 }, { length: 1, 0: 3.5 });
    assert.deepEqual(
      Array.from(reader, (record) => copy(record, 1)),
      [
        { tag: 1, time: 1, header: [7], stack: [1.5, 2.5], lost: 0 },
        { tag: 2, time: 2, header: [0], stack: [3.5], lost: 0 },
      ],
    );
  });

  it('take only the first `depth` words of the stack, so that one array serves for every record', () => {
    const { writer, reader } = ring({ words: 64 });
    const stack = [1, 2, 3, 4];
    for (const depth of [0, 1, 4]) writer.write(0, depth, [], stack, depth);
    assert.deepEqual(
      Array.from(reader, (record) => copy(record).stack),
      [[], [1], [1, 2, 3, 4]],
    );
  });

  it('hand out one view, which each call moves on', () => {
    const { writer, reader } = ring({ words: 64 });
    writer.write(1, 1, [], []);
    writer.write(2, 2, [], []);
    assert.equal(reader.next(), reader.next());
  });

  it('leave a record alone while it is being looked at, however full the ring is', () => {
    const { writer, reader } = ring({ words: 16 });
    for (let i = 0; i < 200; i++) {
      writer.write(i, i, [], [i, i]);
      const record = reader.next();
      assert.ok(record);
      const before = copy(record);
      while (writer.tryWrite(9999, 9999, [], [9999, 9999, 9999]));
      assert.deepEqual(copy(record), before);
      for (const _ of reader);
    }
  });

  for (const [part, get] of [
    ['header', (record: { header(i: number): number }, i: number) => record.header(i)],
    ['stack', (record: { stack(i: number): number }, i: number) => record.stack(i)],
  ] as const) {
    it(`refuse a ${part} word that the record does not have`, () => {
      const { writer, reader } = ring({ words: 32, headerWords: 2 });
      writer.write(1, 1, [], [5, 6]);
      const record = reader.next();
      assert.ok(record);
      for (const i of [-1, 2, 0.5, Number.NaN]) {
        assert.throws(() => get(record, i), { name: 'ProfBufError', code: 'INVALID_INDEX' });
      }
    });
  }
});

describe('a ring', () => {
  it('keeps each record in one piece: one that would cross the end starts at the beginning', () => {
    const { writer, reader } = ring({ words: 16 });
    for (let i = 0; i < 100; i++) {
      // 7 words each: every third would cross the end.
      assert.equal(writer.write(i, i, [], [i, i, i, i, i]), true);
      assert.deepEqual(reader.next()?.depth, 5);
    }
    assert.equal(reader.lost, 0);
  });

  it('is never read as empty because of a rewind marker', () => {
    for (let first = 0; first <= 6; first++) {
      const { writer, reader } = ring({ words: 16 });
      writer.write(1, 1, [], [], 0);
      writer.write(1, 2, [], new Array(first), first);
      while (reader.next());
      writer.write(2, 3, [], [1, 2, 3, 4, 5, 6]);
      assert.equal(reader.next()?.time, 3);
    }
  });

  it('has room, when empty, for a record of any length up to maxDepth, wherever its positions are', () => {
    for (let startPosition = 0; startPosition < 16; startPosition++) {
      for (let depth = 0; depth <= 6; depth++) {
        const { writer, reader } = ring({ words: 16 }, { startPosition });
        assert.equal(writer.maxDepth, 6);
        assert.equal(writer.write(3, 1, [], [1, 2, 3, 4, 5, 6], depth), true);
        assert.equal(reader.next()?.depth, depth);
      }
    }
  });

  it('goes on where its positions wrap', () => {
    const { writer, reader } = ring({ words: 16 }, { startPosition: 2 ** 29 - 5 });
    for (let i = 0; i < 50; i++) {
      assert.equal(writer.write(i, i, [], [i]), true);
      assert.equal(writer.write(i, i, [], [i, i, i]), true);
      assert.deepEqual(
        Array.from(reader, (record) => copy(record).stack),
        [[i], [i, i, i]],
      );
    }
  });

  it('fills to its last word', () => {
    const { writer, reader } = ring({ words: 8 });
    for (let i = 0; i < 4; i++) assert.equal(writer.write(0, i, [], []), true, 'four records of two words');
    assert.equal(writer.write(0, 4, [], []), false);
    assert.equal(times(reader), '0 1 2 3 -1@4');
  });

  it('gives space back a batch at a time, and all of it when there is nothing left to read', () => {
    const { shared, writer, reader } = ring({ words: 32 });
    const control = new Int32Array(shared);
    for (let i = 0; i < 16; i++) writer.write(0, i, [], []);
    const givenBack = [];
    for (let i = 0; i < 16; i++) {
      reader.next();
      givenBack.push(control[READ_POSITION]);
    }
    // A quarter of the ring is four records; the record in hand is not given back with them.
    assert.deepEqual(givenBack, [0, 0, 0, 0, 8, 8, 8, 8, 16, 16, 16, 16, 24, 24, 24, 24]);
    assert.equal(reader.next(), null);
    assert.equal(control[READ_POSITION], 32);
  });

  it('says so when something else has written into it', () => {
    for (const length of [1, 9, -2, 2 ** 30]) {
      const { shared, writer, reader } = ring({ words: 8 });
      writer.write(1, 1, [], []);
      new Int32Array(shared, shared.byteLength - 64)[0] = length;
      assert.throws(() => reader.next(), { name: 'ProfBufError', code: 'CORRUPT', message: /wrote into the ring/ });
    }
  });
});

describe('write refuses', () => {
  type Arguments = Parameters<ReturnType<typeof ring>['writer']['write']>;
  const cases: readonly (readonly [string, ProfBufError['code'], RegExp, Arguments])[] = [
    ['a negative tag', 'INVALID_TAG', /tag is -1; expected an integer from 0 to 2\^31 - 1/, [-1, 0, [], []]],
    ['a tag of 2^31', 'INVALID_TAG', /tag is 2147483648/, [2 ** 31, 0, [], []]],
    ['a broken tag', 'INVALID_TAG', /tag is 1\.5/, [1.5, 0, [], []]],
    ['a tag that is no number', 'INVALID_TAG', /tag is "1"/, ['1' as unknown as number, 0, [], []]],
    ['a time before 0', 'INVALID_TIME', /time is -1; expected a finite number, 0 or more/, [0, -1, [], []]],
    ['an endless time', 'INVALID_TIME', /time is Infinity/, [0, Number.POSITIVE_INFINITY, [], []]],
    ['a time that is no number', 'INVALID_TIME', /time is NaN/, [0, Number.NaN, [], []]],
    ['too long a header', 'INVALID_HEADER', /has 3 words; .* at most 2/, [0, 0, [1, 2, 3], []]],
    [
      'too deep a stack',
      'INVALID_DEPTH',
      /depth is 13; .* 0 to 12 .*maxDepth is 12/,
      [0, 0, [], new Array(13).fill(0)],
    ],
    ['more depth than stack', 'INVALID_DEPTH', /depth is 3; .* 0 to 2 .*the stack has 2/, [0, 0, [], [1, 2], 3]],
    ['a negative depth', 'INVALID_DEPTH', /depth is -1/, [0, 0, [], [1, 2], -1]],
    ['a broken depth', 'INVALID_DEPTH', /depth is 0\.5/, [0, 0, [], [1, 2], 0.5]],
  ];
  for (const [what, code, message, args] of cases) {
    it(`${what}, and leaves the ring as it was`, () => {
      const { shared, writer, reader } = ring({ words: 32, headerWords: 2 });
      writer.write(5, 6, [7, 8], [9]);
      const before = new Uint8Array(shared).slice();
      assert.throws(
        () => writer.write(...args),
        (error) => error instanceof ProfBufError && error.code === code && message.test(error.message),
      );
      assert.deepEqual(new Uint8Array(shared), before);
      assert.equal(writer.lost, 0);
      assert.equal(times(reader), '6');
    });
  }
});
