import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { describe, it } from 'node:test';
import { allocate, byteLength, initialize, ProfBufError, ProfBufReader, ProfBufWriter } from 'profbuf/buffer';
import { Folder, type Result, run } from '../cli/command.js';
import { otherEngines } from '../other-engines.js';
import { runtimes } from '../runtimes.js';

const buffer = JSON.stringify(createRequire(import.meta.url).resolve('profbuf/buffer'));

/** Runs the code, and prints what the errors of `attempt` are. */
const program = (code: string) => `
  ${code}
  const { allocate, byteLength, initialize, ProfBufError, ProfBufReader, ProfBufWriter } = require(${buffer});
  const outcomes = {};
  function attempt(name, fn) {
    try {
      fn();
      outcomes[name] = 'done';
    } catch (error) {
      outcomes[name] = error instanceof ProfBufError ? error.code + ': ' + error.message : String(error);
    }
  }
`;
const print = 'console.log(JSON.stringify(outcomes));';

function outcomesOf({ stdout, stderr }: Result): Record<string, string> {
  assert.equal(stderr, '');
  return JSON.parse(stdout) as Record<string, string>;
}

describe('where the buffer cannot be', () => {
  for (const engine of [...runtimes, ...otherEngines]) {
    it(`it says so on ${engine.name}: no SharedArrayBuffer, no Atomics`, async (t) => {
      const folder = new Folder(t);
      const start = [...('arguments' in engine ? (engine.arguments ?? []) : []), 'app.cjs'];
      folder.write(
        'app.cjs',
        `${program('const memory = new SharedArrayBuffer(4096); delete globalThis.SharedArrayBuffer;')}
        attempt('allocate', () => allocate({ words: 64 }));
        attempt('bad options', () => allocate({ words: 63 }));
        // Memory that came from elsewhere is as good as any.
        attempt('initialize', () => initialize(memory, 0, { words: 64 }));
        attempt('write', () => new ProfBufWriter(memory).write(1, 1, [], []));
        attempt('read', () => { if (new ProfBufReader(memory).next().tag !== 1) throw new Error(); });
        globalThis.crossOriginIsolated = false;
        attempt('page', () => allocate({ words: 64 }));
        delete globalThis.Atomics;
        attempt('without Atomics', () => initialize(memory, 0, { words: 64 }));
        attempt('writer without Atomics', () => new ProfBufWriter(memory));
        attempt('reader without Atomics', () => new ProfBufReader(memory));
        ${print}`,
      );
      const found = outcomesOf(await run(engine.path, start, { cwd: folder.path }));
      const noAtomics =
        'NO_ATOMICS: there is no Atomics here, without which threads cannot share memory; take another engine, or a realm that has it';
      assert.deepEqual(found, {
        allocate: 'NO_SHARED_MEMORY: there is no SharedArrayBuffer here; take another engine, or a realm that has it',
        'bad options': 'INVALID_OPTIONS: words is 63; expected a power of two from 8 to 2^28',
        initialize: 'done',
        write: 'done',
        read: 'done',
        page:
          'NO_SHARED_MEMORY: this page has no SharedArrayBuffer, since it is not cross-origin isolated; serve it with the ' +
          'headers "Cross-Origin-Opener-Policy: same-origin" and "Cross-Origin-Embedder-Policy: require-corp"',
        'without Atomics': noAtomics,
        'writer without Atomics': noAtomics,
        'reader without Atomics': noAtomics,
      });
    });
  }

  const skip = process.platform === 'linux' ? false : 'a limit of memory is set by the shell of Linux';
  for (const runtime of runtimes) {
    it(`it says on ${runtime.name} that there is not as much memory`, { skip }, async (t) => {
      const folder = new Folder(t);
      folder.write(
        'app.cjs',
        `${program('const held = [];')}
        attempt('many', () => { for (;;) held.push(allocate({ words: 2 ** 28 })); });
        attempt('fewer', () => held.push(allocate({ words: 1024 })));
        ${print}`,
      );
      const limited = await run('sh', ['-c', 'ulimit -v 6000000; exec "$0" app.cjs', runtime.path], {
        cwd: folder.path,
      });
      const { many, fewer } = outcomesOf(limited);
      assert.match(
        many ?? '',
        /^OUT_OF_MEMORY: the engine has not 2147484416 bytes .*RangeError.*; ask for fewer words$/,
      );
      assert.equal(fewer, 'done');
    });
  }

  it('it does not need to leave anything on globals that are locked', async (t) => {
    const folder = new Folder(t);
    folder.write(
      'app.cjs',
      `${program('Object.freeze(globalThis);')}
      const shared = allocate({ words: 64 });
      attempt('first', () => new ProfBufWriter(shared));
      attempt('second', () => new ProfBufWriter(shared));
      ${print}`,
    );
    const { first, second } = outcomesOf(await run(process.execPath, ['app.cjs'], { cwd: folder.path }));
    assert.equal(first, 'done');
    assert.match(second ?? '', /^WRITER_ATTACHED/);
  });
});

describe('a second writer of a thread is noticed', () => {
  const isSecond = (error: unknown) => error instanceof ProfBufError && error.code === 'WRITER_ATTACHED';
  const refuses = (shared: SharedArrayBuffer, byteOffset = 0) => {
    assert.throws(() => new ProfBufWriter(shared, byteOffset), isSecond);
  };
  const growing = () => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 3, shared: true });
    const buffer = () => memory.buffer as unknown as SharedArrayBuffer;
    initialize(buffer(), 4096, { words: 64 });
    return { memory, buffer };
  };

  it('on a WebAssembly memory that has grown', () => {
    const { memory, buffer } = growing();
    const before = buffer();
    const writer = new ProfBufWriter(before, 4096);
    for (let i = 0; i < 2; i++) {
      memory.grow(1);
      assert.notEqual(buffer(), before);
      refuses(buffer(), 4096);
    }
    writer.write(7, 1, [], []);
    assert.equal(new ProfBufReader(buffer(), 4096).next()?.tag, 7, 'the ring stays intact');
    writer.close();
    initialize(buffer(), 4096, { words: 64 });
    const next = new ProfBufWriter(buffer(), 4096);
    refuses(before, 4096);
    next.close();
  });

  it('on memory that came back from another thread as another object', () => {
    const shared = allocate({ words: 64 });
    const again = structuredClone(shared);
    assert.notEqual(again, shared);
    const writer = new ProfBufWriter(again);
    refuses(shared);
    refuses(structuredClone(again));
    writer.close();
  });

  it('by import and by require', () => {
    const required = createRequire(import.meta.url)('profbuf/buffer') as typeof import('profbuf/buffer');
    assert.notEqual(required.ProfBufWriter, ProfBufWriter);
    const shared = allocate({ words: 64 });
    const writer = new required.ProfBufWriter(shared);
    refuses(shared);
    writer.close();
    initialize(shared, 0, { words: 64 });
    new ProfBufWriter(shared);
    assert.throws(() => new required.ProfBufWriter(structuredClone(shared)), isSecond);
  });

  it('and nothing else is taken for one', () => {
    const { memory, buffer } = growing();
    const offset = 4096 + byteLength({ words: 64 });
    initialize(buffer(), offset, { words: 64 });
    const writers = [new ProfBufWriter(buffer(), 4096)];
    memory.grow(1);
    writers.push(new ProfBufWriter(buffer(), offset));
    // A copy has the marks of the ring that it was made of.
    const { buffer: other } = growing();
    new Uint8Array(other()).set(new Uint8Array(buffer()).subarray(0, other().byteLength));
    writers.push(new ProfBufWriter(other(), 4096));
    for (let i = 0; i < 100; i++) writers.push(new ProfBufWriter(allocate({ words: 8 })));
    assert.equal(
      writers.every((writer) => writer.write(1, 1, [], [])),
      true,
    );
    for (const writer of writers) writer.close();
  });
});
