import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { ProfbufError, type Profile, startProfiler } from 'profbuf';
import { Folder, root, run } from '../cli/command.js';
import { busyUntil, runProfiled, totalsOf } from '../collector/profiled-program.js';
import { runtimes } from '../runtimes.js';

function busy(milliseconds: number): void {
  const end = process.cpuUsage().user + milliseconds * 1000;
  while (process.cpuUsage().user < end);
}

test('take() gives what came since the start or the last take, stop() the rest, and together they are all', async () => {
  const profiler = await startProfiler({ sampleRate: 500 });
  let samples = 0;
  let nanos = 0;
  for (let i = 0; i < 4; i++) {
    busy(60);
    const totals = totalsOf(await profiler.take());
    assert.ok(totals.samples > 0);
    samples += totals.samples;
    nanos += totals.nanos;
  }
  busy(60);
  const last = totalsOf(await profiler.stop());
  const stats = profiler.stats();
  assert.equal(samples + last.samples, stats.samples);
  assert.equal(nanos + last.nanos, stats.cpuNanos);
});

test('stop() gives what was sampled while it ended sampling, too', async (t) => {
  const worker = new Worker('for (;;);', { eval: true });
  t.after(() => worker.terminate());
  const profiler = await startProfiler({ sampleRate: 1000 });
  let samples = 0;
  while (samples < 100) samples += totalsOf(await profiler.take()).samples;
  samples += totalsOf(await profiler.stop()).samples;
  assert.equal(samples, profiler.stats().samples);
});

test('collections run at the same time, beside takes, and each has its own seconds', async () => {
  const profiler = await startProfiler({ sampleRate: 500 });
  let underWay = 2;
  const collect = async (seconds: number) => {
    const profile = await profiler.collect({ seconds });
    underWay--;
    return profile;
  };
  const both = Promise.all([collect(0.3), collect(2)]);
  while (underWay > 0) {
    busy(40);
    await delay(20);
    await profiler.take();
  }
  const [short, long] = await both;
  await profiler.stop();
  const secondsOf = ({ model }: Profile) => Number(model.durationNanos) / 1e9;
  // The end is a timer's, which a busy machine lets wait.
  assert.ok(secondsOf(short) > 0.25 && secondsOf(short) < 1.5, `${secondsOf(short)} s`);
  assert.ok(secondsOf(long) > 1.95 && secondsOf(long) < 4, `${secondsOf(long)} s`);
  assert.ok(totalsOf(short).samples > 0);
  assert.ok(totalsOf(long).samples > totalsOf(short).samples);
});

test('a collection that is given up rejects with the reason of the signal, and the profiler goes on', async () => {
  const profiler = await startProfiler();
  await assert.rejects(profiler.collect({ seconds: 60, signal: AbortSignal.timeout(20) }), { name: 'TimeoutError' });
  await assert.rejects(profiler.collect({ signal: AbortSignal.abort(new Error('never mind')) }), /never mind/);
  busy(50);
  assert.ok(totalsOf(await profiler.collect({ seconds: 0.1 })).samples >= 0);
  await profiler.stop();
});

test('a collection that stop() overtakes has what there was', async () => {
  const profiler = await startProfiler({ sampleRate: 500 });
  const collection = profiler.collect({ seconds: 60 });
  busy(100);
  await profiler.stop();
  assert.ok(totalsOf(await collection).samples > 0);
});

test('a profile says how its samples came about', async () => {
  const profiler = await startProfiler({ sampleRate: 200 });
  busy(50);
  const { model } = await profiler.stop();
  assert.deepEqual(model.sampleTypes, [
    { type: 'samples', unit: 'count' },
    { type: 'cpu', unit: 'nanoseconds' },
  ]);
  assert.deepEqual([model.periodType, model.period], [{ type: 'cpu', unit: 'nanoseconds' }, 5_000_000]);
  assert.match(model.comments.join('\n'), /200 samples a second/);
  assert.match(model.comments.join('\n'), /CPU time: /);
  assert.ok(Math.abs(Number(model.timeNanos) / 1e6 - Date.now()) < 60_000);
});

test('stats() says what was done and what it cost', async () => {
  const profiler = await startProfiler({ sampleRate: 500 });
  busy(200);
  await profiler.take();
  const stats = profiler.stats();
  assert.equal(stats.sampleRate, 500);
  assert.ok(stats.samples > 0 && stats.windows > 0 && stats.elapsedMs > 0 && stats.cpuNanos > 0);
  assert.ok(stats.longestPauseMs > 0 && stats.totalPauseMs >= stats.longestPauseMs && stats.startPauseMs > 0);
  assert.deepEqual([stats.lostWindows, stats.otherSamples, stats.restarts, stats.threads], [0, 0, 0, 1]);
  assert.equal(stats.cpuSource, process.platform === 'linux' ? 'schedstat' : 'samples');
  assert.equal(stats.endPauseMs, 0);
  await profiler.stop();
  assert.ok(profiler.stats().endPauseMs > 0);
});

test('there is one profiler a process; after stop() another can start, and nothing of the first is left', async () => {
  const events = ['exit', 'beforeExit', 'uncaughtExceptionMonitor', 'newListener', 'removeListener'];
  const listeners = () => events.map((event) => process.listenerCount(event));
  const before = listeners();
  const first = await startProfiler();
  await assert.rejects(startProfiler(), { code: 'ERR_PROFBUF_ALREADY_STARTED' });
  await first.stop();
  assert.deepEqual(listeners(), before);
  const second = await startProfiler();
  await second.stop();
  assert.deepEqual(listeners(), before);
  await assert.rejects(second.take(), { code: 'ERR_PROFBUF_STOPPED' });
  await assert.rejects(second.collect(), { code: 'ERR_PROFBUF_STOPPED' });
});

test('beside the collector of a version that this one cannot talk to, none starts', async () => {
  const holder = globalThis as { [key: symbol]: unknown };
  const key = Symbol.for('profbuf');
  const before = Object.getOwnPropertyDescriptor(holder, key);
  const foreign = { version: 2, client: { isOver: false } };
  Object.defineProperty(holder, key, { value: foreign, configurable: true });
  await assert.rejects(startProfiler(), { code: 'ERR_PROFBUF_UNAVAILABLE', message: /another version of profbuf/ });
  foreign.client.isOver = true;
  await (await startProfiler()).stop();
  if (before === undefined) delete holder[key];
  else Object.defineProperty(holder, key, before);
});

test('options that cannot be are refused', async () => {
  for (const options of [
    { sampleRate: 0 },
    { sampleRate: 10_001 },
    { sampleRate: Number.NaN },
    { sampleRate: '100' as unknown as number },
    { targetPauseMs: 0 },
    { targetPauseMs: Number.POSITIVE_INFINITY },
  ]) {
    await assert.rejects(
      startProfiler(options),
      (error) => error instanceof ProfbufError && error.code === 'ERR_PROFBUF_OPTION',
    );
  }
  const profiler = await startProfiler();
  for (const seconds of [0, -1, Number.NaN, 1e9]) {
    await assert.rejects(profiler.collect({ seconds }), { code: 'ERR_PROFBUF_OPTION' });
  }
  await profiler.stop();
});

const library = JSON.stringify(join(root, 'dist/index.js'));

for (const runtime of runtimes) {
  test(`${runtime.name}: a running profiler keeps no process alive, and lets it end in silence`, async (t) => {
    const folder = new Folder(t);
    for (const ending of ['', 'process.exit(3)', "throw new Error('out of luck')"]) {
      folder.write('app.mjs', `import { startProfiler } from ${library}; await startProfiler(); ${ending}`);
      folder.write('bare.mjs', `await 0; ${ending}`);
      const bare = await run(runtime.path, ['bare.mjs'], { cwd: folder.path });
      const { code, stderr } = await run(runtime.path, ['app.mjs'], { cwd: folder.path });
      assert.equal(code, bare.code);
      assert.equal(/debugger|profbuf:/.test(stderr), false, stderr);
    }
  });

  test(`${runtime.name}: started and stopped again and again, it neither fails nor ends the process`, async (t) => {
    const folder = new Folder(t);
    folder.write(
      'app.mjs',
      `import { startProfiler } from ${library};
      for (let i = 0; i < 8; i++) await (await startProfiler()).stop();
      console.log('done');`,
    );
    const { code, stdout, stderr } = await run(runtime.path, ['app.mjs'], { cwd: folder.path });
    assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: 'done\n', stderr: '' });
  });

  test(`${runtime.name}: in a process that is profiled already, it reads the same samples`, async (t) => {
    const folder = new Folder(t);
    folder.write(
      'app.mjs',
      `import { startProfiler } from ${library};
      const profiler = await startProfiler({ sampleRate: 1000 });
      ${busyUntil(20)}
      const profile = await profiler.stop();
      console.log(profile.model.period, profile.model.samples.length > 0);
      await (await startProfiler()).stop();
      for (let i = 0; i < 100; i++) busy();`,
    );
    const { code, stdout } = await runProfiled(runtime, folder, ['app.mjs'], { env: { PROFBUF_RATE: '200' } });
    assert.deepEqual([code, stdout], [0, '5000000 true\n']);
    assert.ok(totalsOf(folder.profile()).samples >= 20);
  });

  test(`${runtime.name}: worker threads are in the profile, by number and name`, async (t) => {
    const folder = new Folder(t);
    folder.write(
      'app.mjs',
      `import { startProfiler } from ${library};
      import { Worker } from 'node:worker_threads';
      const profiler = await startProfiler({ sampleRate: 500 });
      const workers = [{ name: 'render' }, {}].map((options) => new Worker('for (;;);', { eval: true, ...options }));
      // Worker threads are met some time after their start. Each profile has what came since the last one.
      const threads = new Set();
      while (threads.size < 2) {
        const { samples } = (await profiler.take()).model;
        for (const { labels } of samples) for (const { key, value } of labels) threads.add(key + '=' + value);
      }
      await Promise.all(workers.map((worker) => worker.terminate()));
      await profiler.stop();
      console.log([...threads].sort().join(' '));`,
    );
    const { stdout, stderr } = await run(runtime.path, ['app.mjs'], { cwd: folder.path });
    assert.deepEqual({ stdout, stderr }, { stdout: 'thread=worker 2 (render) thread=worker 3\n', stderr: '' });
  });
}
