import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { allocate, byteLength, initialize, ProfBufError, ProfBufReader, ProfBufWriter } from 'profbuf/buffer';

const CONTROL_BYTES = byteLength({ words: 8 }) - 8 * 8;

function code(expected: ProfBufError['code'], says: RegExp) {
  return (error: unknown) => {
    assert.ok(error instanceof ProfBufError);
    assert.equal(error.code, expected);
    assert.match(error.message, says);
    return true;
  };
}

/** The ring's fixed words: magic, layout version, capacity, header words, generation bits. */
function fixedWords(shared: SharedArrayBuffer): Int32Array {
  return new Int32Array(shared, 0, 5);
}

describe('allocate', () => {
  it('makes a ring that carries all that is needed to attach to it', () => {
    const shared = allocate({ words: 64, headerWords: 2 });
    const writer = new ProfBufWriter(shared);
    const reader = new ProfBufReader(shared);
    assert.equal(writer.maxDepth, 64 / 2 - 2 - 2);
    assert.equal(reader.next(), null);
    writer.write(1, 2, [3, 4], [5]);
    assert.equal(reader.next()?.header(1), 4);
  });

  it('takes the words asked for and a fixed number of bytes more', () => {
    assert.equal(allocate({ words: 8 }).byteLength, CONTROL_BYTES + 64);
    assert.equal(allocate({ words: 1024 }).byteLength, CONTROL_BYTES + 8192);
  });

  for (const words of [0, 4, 7, 12, 100, -8, 8.5, Number.NaN, 2 ** 29, '64' as unknown as number]) {
    it(`refuses ${typeof words === 'string' ? 'a string' : words} words`, () => {
      assert.throws(() => allocate({ words }), code('INVALID_OPTIONS', /words is .*power of two from 8 to 2\^28/));
    });
  }

  for (const headerWords of [-1, 30, 1.5, Number.NaN]) {
    it(`refuses ${headerWords} header words in a ring of 64`, () => {
      assert.throws(
        () => allocate({ words: 64, headerWords }),
        code('INVALID_OPTIONS', /headerWords is .*from 0 to 29/),
      );
    });
  }
});

describe('initialize', () => {
  it('makes a ring in the memory of a WebAssembly module, at an offset', () => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
    const shared = memory.buffer as unknown as SharedArrayBuffer;
    initialize(shared, 4096, { words: 64, headerWords: 1 });
    const writer = new ProfBufWriter(shared, 4096);
    const reader = new ProfBufReader(shared, 4096);
    writer.write(7, 1, [2], [3, 4]);
    assert.equal(reader.next()?.stack(1), 4);
    assert.deepEqual(new Uint8Array(shared, 0, 4096), new Uint8Array(4096), 'what lies before the ring is untouched');
  });

  it('puts several rings side by side, each on its own', () => {
    const each = byteLength({ words: 8 });
    const shared = new SharedArrayBuffer(2 * each);
    for (const offset of [0, each]) initialize(shared, offset, { words: 8 });
    const writers = [new ProfBufWriter(shared, 0), new ProfBufWriter(shared, each)];
    for (const [i, writer] of writers.entries()) for (let k = 0; k < 5; k++) writer.write(i, k, [], []);
    assert.deepEqual(
      [0, each].map((offset) => Array.from(new ProfBufReader(shared, offset), ({ tag, lost }) => [tag, lost])),
      [0, 1].map((i) => [...new Array(4).fill([i, 0]), [0, 1]]),
    );
  });

  it('empties a ring that was there before', () => {
    const shared = allocate({ words: 8 });
    const before = new ProfBufWriter(shared);
    before.write(1, 1, [], []);
    before.close();
    initialize(shared, 0, { words: 8 });
    const reader = new ProfBufReader(shared);
    assert.equal(reader.next(), null);
    assert.equal(reader.ended, false);
  });
});

describe('attaching', () => {
  const sides = { writer: ProfBufWriter, reader: ProfBufReader };
  for (const [side, Side] of Object.entries(sides)) {
    describe(`a ${side}`, () => {
      it('refuses what is not a SharedArrayBuffer', () => {
        for (const memory of [new ArrayBuffer(4096), undefined, {}, new Int32Array(64)]) {
          assert.throws(
            () => new Side(memory as unknown as SharedArrayBuffer),
            code('NOT_SHARED', /expected a SharedArrayBuffer, got \[object/),
          );
        }
      });

      it('refuses an offset that is not a multiple of 8', () => {
        for (const offset of [4, -8, 0.5, Number.NaN]) {
          assert.throws(() => new Side(allocate({ words: 8 }), offset), code('INVALID_OFFSET', /multiple of 8/));
        }
      });

      it('refuses memory in which there is no ring', () => {
        assert.throws(() => new Side(new SharedArrayBuffer(4096)), code('NOT_A_RING', /found 0x0 .*allocate\(\)/));
      });

      it('refuses memory that ends before the ring does', () => {
        const whole = allocate({ words: 64 });
        const half = new SharedArrayBuffer(whole.byteLength / 2);
        new Uint8Array(half).set(new Uint8Array(whole).subarray(0, half.byteLength));
        assert.throws(() => new Side(half), code('TRUNCATED', /has \d+ bytes; .* needs \d+/));
        assert.throws(() => new Side(new SharedArrayBuffer(8)), code('TRUNCATED', /has 8 bytes/));
        assert.throws(() => new Side(whole, whole.byteLength), code('TRUNCATED', /needs/));
      });

      it('refuses another version of the layout', () => {
        const shared = allocate({ words: 8 });
        fixedWords(shared)[1] = 99;
        assert.throws(() => new Side(shared), code('LAYOUT_VERSION', /version 99; .* version 1$/));
      });

      it('refuses sizes that make no sense', () => {
        for (const [index, value] of [
          [2, 12],
          [2, 0],
          [3, 1000],
          [3, -1],
          [4, 0],
          [4, 31],
        ] as const) {
          const shared = allocate({ words: 8 });
          fixedWords(shared)[index] = value;
          assert.throws(() => new Side(shared), code('CORRUPT', /damaged/));
        }
      });

      it('refuses positions that no writer and reader can have made', () => {
        const shared = allocate({ words: 8 });
        new Int32Array(shared)[32] = 1000;
        assert.throws(() => new Side(shared), code('CORRUPT', /positions are damaged/));
      });
    });
  }

  it('refuses a second writer in the same thread, until the first is closed', () => {
    const shared = allocate({ words: 8 });
    const writer = new ProfBufWriter(shared);
    assert.throws(() => new ProfBufWriter(shared), code('WRITER_ATTACHED', /already has a writer.*close\(\)/));
    writer.write(1, 1, [], []);
    assert.equal(new ProfBufReader(shared).next()?.tag, 1, 'the ring stays intact');
    writer.close();
    assert.doesNotThrow(() => new ProfBufWriter(shared));
  });
});
