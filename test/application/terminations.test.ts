import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { type Profile, startProfiler } from 'profbuf';
import { controlBytes } from '#profbuf/protocol/control-words.js';
import { ThreadDoors } from '#profbuf/protocol/thread-doors.js';
import { Folder, root } from '../cli/command.js';
import { runProfiled } from '../collector/profiled-program.js';
import { runtimes } from '../runtimes.js';

const descriptor = () => Object.getOwnPropertyDescriptor(Worker.prototype, 'terminate');

test('while a profiler runs, `terminate` looks and does as before, and afterwards it is the one from before', async () => {
  const before = descriptor();
  const profiler = await startProfiler();
  const during = descriptor();
  assert.notEqual(during?.value, before?.value);
  assert.deepEqual({ ...during, value: undefined }, { ...before, value: undefined });
  const [ours, own] = [during?.value, before?.value].map((method) => Object.getOwnPropertyDescriptors(method));
  assert.deepEqual(ours, own);
  const worker = new Worker('for (;;);', { eval: true });
  await once(worker, 'online');
  const ended = worker.terminate();
  assert.ok(ended instanceof Promise);
  assert.equal(await ended, 1);
  assert.equal(await worker.terminate(), undefined);
  assert.throws(() => Worker.prototype.terminate.call(undefined as never), TypeError);
  await profiler.stop();
  assert.deepEqual(descriptor(), before);
});

test('whoever has wrapped `terminate` meanwhile keeps his own', async () => {
  const before = descriptor() ?? {};
  const profiler = await startProfiler();
  const { terminate } = Worker.prototype;
  let calls = 0;
  Worker.prototype.terminate = function (this: Worker) {
    calls++;
    return terminate.call(this);
  };
  const theirs = Worker.prototype.terminate;
  await profiler.stop();
  assert.equal(Worker.prototype.terminate, theirs);
  const worker = new Worker('setInterval(() => {}, 1000)', { eval: true });
  await once(worker, 'online');
  assert.equal(await worker.terminate(), 1);
  assert.equal(calls, 1);
  Object.defineProperty(Worker.prototype, 'terminate', before);
});

test('a door is not waited at for ever where a program has stopped the clock of Date', (t) => {
  t.mock.timers.enable({ apis: ['Date'] });
  const doors = new ThreadDoors(new SharedArrayBuffer(controlBytes));
  assert.ok(doors.enter(7));
  assert.equal(doors.close(7, 20), false);
});

test('a door that is closed lets no command in, and tells when those that were let in are answered', () => {
  const doors = new ThreadDoors(new SharedArrayBuffer(controlBytes));
  assert.ok(doors.enter(7));
  assert.ok(doors.enter(7));
  assert.equal(doors.isEmpty(7), false);
  assert.equal(doors.close(7, 1), false);
  assert.equal(doors.enter(7), false);
  doors.leave(7);
  assert.equal(doors.isEmpty(7), false);
  doors.leave(7);
  assert.equal(doors.isEmpty(7), true);
  assert.equal(doors.close(7, 0), true);
  // Of a thread that comes long afterwards, and has the same word, nothing is closed; what is left of the first does not count.
  const later = 7 + 4096;
  assert.ok(doors.enter(later));
  doors.leave(7);
  assert.equal(doors.isEmpty(later), false);
  assert.equal(doors.isEmpty(7), true);
  assert.equal(doors.close(8, 0), true);
  assert.equal(doors.enter(8), false);
});

test('who waits until a door is shut goes on when it is, and when he has no patience left', async () => {
  const control = new SharedArrayBuffer(controlBytes);
  const doors = new ThreadDoors(control);
  assert.equal(doors.isShut(7), false);
  doors.waitUntilShut(7, 1);
  assert.equal(doors.isShut(7), false);
  const collector = new Worker(
    `const { parentPort, workerData } = require('node:worker_threads');
    import(workerData.module).then(({ ThreadDoors }) => {
      const doors = new ThreadDoors(workerData.control);
      doors.enter(7);
      parentPort.postMessage('in');
      setTimeout(() => doors.shut(7), 50);
      setTimeout(() => doors.leave(7), 100);
    });`,
    { eval: true, workerData: { control, module: `${root}dist/protocol/thread-doors.js` } },
  );
  await once(collector, 'message');
  doors.waitUntilShut(7, 60_000);
  assert.ok(doors.isShut(7));
  assert.ok(doors.isEmpty(7));
});

const library = JSON.stringify(`${root}dist/index.js`);

/** Six threads, each terminated right after some 150 ms of work in a function `job`. */
function writeShortThreads(folder: Folder): void {
  // Sets of labels that come once: those of the last window nobody has asked for before.
  folder.write(
    'worker.mjs',
    `import { parentPort } from 'node:worker_threads';
    import { withLabels } from ${library};
    function job() { for (const until = Date.now() + 2; Date.now() < until; ); }
    for (let part = 0; part < 75; part++) withLabels({ job: 'last', part }, job);
    parentPort.postMessage('done');
    setInterval(() => {}, 1000);`,
  );
  folder.write(
    'app.mjs',
    `import { once } from 'node:events';
    import { Worker } from 'node:worker_threads';
    for (let i = 0; i < 6; i++) {
      const worker = new Worker('./worker.mjs');
      await once(worker, 'message');
      await worker.terminate();
    }`,
  );
}

function samplesInJob({ model }: Profile): Profile['model']['samples'] {
  const named = new Set(model.functions.flatMap(({ name }, i) => (name === 'job' ? [i] : [])));
  return model.samples.filter(({ stack }) =>
    stack.some((location) => model.locations[location]?.lines.some((line) => named.has(line.function))),
  );
}

const nanosOf = (samples: Profile['model']['samples']) =>
  samples.reduce((sum, { values }) => sum + Number(values[1]), 0);

for (const runtime of runtimes) {
  test(`${runtime.name}: what a thread does until it is terminated is in the profile, with its labels`, async (t) => {
    const folder = new Folder(t);
    writeShortThreads(folder);
    const { code, stderr } = await runProfiled(runtime, folder, ['app.mjs'], { env: { PROFBUF_RATE: '1000' } });
    assert.equal(code, 0, stderr);
    const inJob = samplesInJob(folder.profile());
    const labelled = inJob.filter(({ labels }) => labels.some(({ key, value }) => key === 'job' && value === 'last'));
    t.diagnostic(`${nanosOf(labelled) / 1e6} of ${nanosOf(inJob) / 1e6} ms have their labels`);
    assert.ok(nanosOf(inJob) > 300e6);
    assert.ok(nanosOf(labelled) > 0.97 * nanosOf(inJob));
  });

  test(`${runtime.name}: so it is where Node profiles as well, and windows last for seconds`, async (t) => {
    const folder = new Folder(t);
    writeShortThreads(folder);
    const flags = ['--cpu-prof', '--cpu-prof-dir', 'own'];
    const { code, stderr } = await runProfiled(runtime, folder, ['app.mjs'], { flags, env: { PROFBUF_RATE: '1000' } });
    assert.equal(code, 0, stderr);
    const nanos = nanosOf(samplesInJob(folder.profile()));
    t.diagnostic(`${nanos / 1e6} ms`);
    assert.ok(nanos > 300e6);
  });

  test(`${runtime.name}: a thread that is blocked in native code holds up whoever terminates it for a moment only`, async (t) => {
    const folder = new Folder(t);
    folder.write(
      'app.mjs',
      `import { Worker } from 'node:worker_threads';
      const source = \`
        const { execFileSync } = require('node:child_process');
        const { parentPort } = require('node:worker_threads');
        for (const until = Date.now() + 100; Date.now() < until; );
        parentPort.postMessage('asleep');
        execFileSync(process.execPath, ['-e', 'setTimeout(() => {}, 2000)']);\`;
      const worker = new Worker(source, { eval: true });
      worker.once('message', async () => {
        await new Promise((resolve) => setTimeout(resolve, 200));
        const before = performance.now();
        const ended = worker.terminate();
        const heldUpMs = performance.now() - before;
        console.log(heldUpMs < 500, await ended);
      });`,
    );
    const { code, stdout, stderr } = await runProfiled(runtime, folder, ['app.mjs']);
    assert.equal(code, 0, stderr);
    assert.equal(stdout, 'true 1\n');
  });
}
