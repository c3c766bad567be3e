import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { Worker } from 'node:worker_threads';
import { ProfBufError, ProfBufReader } from 'profbuf/buffer';
import { WRITE_POSITION } from '#profbuf/buffer/layout.js';
import { ring, times } from './ring.js';

const LIBRARY = JSON.stringify(import.meta.resolve('profbuf/buffer'));

/** A thread that attaches a writer to the ring, sleeps, and then does what `steps` say. */
function writerThread(shared: SharedArrayBuffer, steps: string, sleepMs = 50): Worker {
  const program = `
    import { workerData } from 'node:worker_threads';
    import { ProfBufWriter } from ${LIBRARY};
    const writer = new ProfBufWriter(workerData);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ${sleepMs});
    ${steps}`;
  return new Worker(new URL(`data:text/javascript,${encodeURIComponent(program)}`), { workerData: shared });
}

/** A ring whose writer is to be in another thread. */
function emptyRing() {
  const { shared, writer, reader } = ring({ words: 64 });
  return { shared, writer, reader };
}

function elapsed(start: number): number {
  return performance.now() - start;
}

const full = 'for (let time = 1; time <= 40; time++) writer.write(0, time, [], []);';
const events = [
  ['a record', 'writer.write(0, 5, [], []);', '5'],
  ['close', 'writer.close();', ''],
] as const;

describe('wait', () => {
  it('returns at once if there is something to read, or to report, or the end', () => {
    const { writer, reader } = ring({ words: 8 });
    writer.write(0, 1, [], []);
    assert.equal(reader.wait(), true);
    for (let time = 2; time <= 5; time++) writer.write(0, time, [], []);
    for (let i = 0; i < 4; i++) reader.next();
    assert.equal(reader.wait(), true);
    assert.equal(times(reader), '-1@5');
    writer.close();
    assert.equal(reader.wait(), true);
    assert.equal(reader.ended, true);
  });

  it('returns false when the time is up, and not before', () => {
    const { reader } = ring({ words: 8 });
    for (const timeout of [0, 1, 30]) {
      const start = performance.now();
      assert.equal(reader.wait(timeout), false);
      assert.ok(elapsed(start) >= timeout - 1);
    }
  });

  for (const [event, steps, seen] of events) {
    it(`is woken by ${event}`, async () => {
      const { shared, reader } = emptyRing();
      const thread = writerThread(shared, steps);
      assert.equal(reader.wait(30_000), true);
      assert.equal(times(reader), seen);
      assert.equal(reader.ended, event === 'close');
      await thread.terminate();
    });
  }

  it('is woken by a loss when there is nothing but the loss to see', () => {
    // The loss that wakes needs a full ring and a reader that has read all of it: two views on one reader's position.
    const { shared, writer, reader } = ring({ words: 8 });
    for (let time = 1; time <= 4; time++) writer.write(0, time, [], []);
    while (reader.next());
    const stale = new Int32Array(shared);
    const readPosition = Atomics.exchange(stale, 2 * 32, 0);
    assert.equal(writer.write(0, 5, [], []), false);
    Atomics.store(stale, 2 * 32, readPosition);
    assert.equal(reader.wait(1000), true);
    assert.equal(times(reader), '-1@5');
  });

  it('gives back all that was read, so that the writer has an empty ring to wake it with', () => {
    const { writer, reader } = ring({ words: 8 });
    writer.write(0, 1, [], [0, 0]);
    reader.next();
    assert.equal(reader.wait(0), false);
    assert.equal(writer.write(0, 2, [], [0, 0]), true);
    assert.equal(writer.write(0, 3, [], [0, 0]), true);
  });

  it('refuses a timeout that is no time', () => {
    const { reader } = ring({ words: 8 });
    for (const timeout of [-1, Number.NaN, '5' as unknown as number]) {
      assert.throws(() => reader.wait(timeout), { name: 'ProfBufError', code: 'INVALID_TIMEOUT' });
    }
  });

  it('says so where a thread may not block', () => {
    // Browsers are tried in browser/. Node forbids it on request.
    const program = `
      import { allocate, ProfBufReader } from ${LIBRARY};
      Atomics.wait = () => { throw new TypeError('Atomics.wait cannot be called in this context'); };
      try { new ProfBufReader(allocate({ words: 8 })).wait(5); } catch (error) { console.log(error.code, error.cause.name); }`;
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
    assert.equal(stdout, 'BLOCKING_FORBIDDEN TypeError\n');
  });
});

describe('waitAsync', () => {
  it('resolves at once if there is something to read, or the end', async () => {
    const { writer, reader } = ring({ words: 8 });
    writer.write(0, 1, [], []);
    assert.equal(await reader.waitAsync(), true);
    assert.equal(times(reader), '1');
    writer.close();
    assert.equal(await reader.waitAsync(), true);
  });

  it('resolves to false when the time is up, and not before', async () => {
    const { reader } = ring({ words: 8 });
    for (const timeout of [0, 1, 30]) {
      const start = performance.now();
      assert.equal(await reader.waitAsync(timeout), false);
      assert.ok(elapsed(start) >= timeout - 1);
    }
  });

  for (const [event, steps, seen] of [...events, ['a full ring', full, undefined] as const]) {
    it(`is woken by ${event}, from another thread and from its own`, async () => {
      const { shared, reader } = emptyRing();
      const thread = writerThread(shared, steps);
      assert.equal(await reader.waitAsync(30_000), true);
      if (seen !== undefined) assert.equal(times(reader), seen);
      await thread.terminate();

      const own = emptyRing();
      const waiting = own.reader.waitAsync(30_000);
      new Function('writer', steps)(own.writer);
      assert.equal(await waiting, true);
    });
  }

  it('asks the engine to wait once, however many are waiting and however often they give up', async () => {
    const { shared, writer, reader } = ring({ words: 8 });
    for (let i = 0; i < 20; i++) assert.equal(await reader.waitAsync(1), false);
    const waiting = [reader.waitAsync(), reader.waitAsync(10_000), reader.waitAsync()];
    assert.equal(Atomics.notify(new Int32Array(shared), WRITE_POSITION), 1, 'the engine has one wait on that word');
    writer.write(0, 1, [], []);
    assert.deepEqual(await Promise.all(waiting), [true, true, true]);
  });

  it('goes on waiting when woken for nothing', async () => {
    const { shared, writer, reader } = ring({ words: 8 });
    let woken = false;
    const waiting = reader.waitAsync(10_000).then((value) => {
      woken = true;
      return value;
    });
    for (let i = 0; i < 5; i++) {
      Atomics.notify(new Int32Array(shared), WRITE_POSITION);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    assert.equal(woken, false);
    writer.write(0, 1, [], []);
    assert.equal(await waiting, true);
  });

  it('leaves the record in hand alone while it waits', async () => {
    const { writer, reader } = ring({ words: 8 });
    const waiting = reader.waitAsync();
    writer.write(1, 1, [], [7, 8]);
    assert.equal(await waiting, true);
    const record = reader.next();
    assert.ok(record);
    const again = reader.waitAsync(5);
    writer.write(2, 2, [], [9, 9]);
    assert.equal(await again, true);
    assert.equal(reader.next()?.tag, 2);
  });

  it('keeps the process running while it waits, unless asked not to', () => {
    const outcome = (call: string) => {
      const program = `
        import { allocate, ProfBufReader } from ${LIBRARY};
        const reader = new ProfBufReader(allocate({ words: 8 }));
        process.on('exit', () => console.log('left'));
        ${call}.then((value) => { console.log(value); process.exit(); });`;
      return spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8', timeout: 20_000 })
        .stdout;
    };
    assert.equal(outcome('reader.waitAsync(150)'), 'false\nleft\n');
    assert.equal(outcome('reader.waitAsync(20_000, { keepAlive: false })'), 'left\n');
    assert.equal(outcome('reader.waitAsync(undefined, { keepAlive: false })'), 'left\n');
    assert.equal(
      outcome('Promise.race([reader.waitAsync(), new Promise((resolve) => setTimeout(resolve, 150, "held").unref())])'),
      'held\nleft\n',
    );
  });

  it('lets the process go once it has settled', () => {
    const program = `
      import { allocate, ProfBufReader, ProfBufWriter } from ${LIBRARY};
      const shared = allocate({ words: 8 });
      const reader = new ProfBufReader(shared);
      setTimeout(() => new ProfBufWriter(shared).write(0, 1, [], []), 20);
      console.log(await reader.waitAsync());`;
    const run = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
      encoding: 'utf8',
      timeout: 20_000,
    });
    assert.deepEqual([run.stdout, run.status], ['true\n', 0]);
  });

  it('refuses a timeout that is no time', async () => {
    const { reader } = ring({ words: 8 });
    for (const timeout of [-1, Number.NaN]) {
      await assert.rejects(reader.waitAsync(timeout), { name: 'ProfBufError', code: 'INVALID_TIMEOUT' });
    }
  });

  it('says so where the engine has none', async () => {
    const original = Object.getOwnPropertyDescriptor(Atomics, 'waitAsync');
    assert.ok(original);
    Reflect.deleteProperty(Atomics, 'waitAsync');
    try {
      const { reader } = ring({ words: 8 });
      await assert.rejects(
        reader.waitAsync(1000),
        (error) => error instanceof ProfBufError && error.code === 'NO_WAIT_ASYNC',
      );
    } finally {
      Object.defineProperty(Atomics, 'waitAsync', original);
    }
  });
});

describe('iterating', () => {
  it('synchronously, hands out what can be read now', () => {
    const { writer, reader } = ring({ words: 16 });
    for (let time = 1; time <= 5; time++) writer.write(0, time, [], [0, 0]);
    assert.equal(times(reader), '1 2 3 4 -1@5');
    assert.equal(times(reader), '');
  });

  it('can be left and taken up again without losing a record', () => {
    const { writer, reader } = ring({ words: 64 });
    for (let time = 1; time <= 5; time++) writer.write(0, time, [], []);
    for (const { time } of reader) if (time === 2) break;
    assert.equal(times(reader), '3 4 5');
  });

  it('asynchronously, hands out everything until the end', async () => {
    const { shared } = emptyRing();
    const thread = writerThread(
      shared,
      'for (let time = 1; time <= 2000; time++) { while (!writer.tryWrite(0, time, [], [time])); } writer.close();',
      0,
    );
    const reader = new ProfBufReader(shared);
    let expected = 1;
    for await (const record of reader) {
      assert.equal(record.lost, 0);
      assert.equal(record.time, expected++);
    }
    assert.equal(expected, 2001);
    assert.equal(reader.ended, true);
    await thread.terminate();
  });
});
