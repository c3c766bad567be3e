import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  attach,
  attachedRuntimes,
  endsAsBefore,
  possessions,
  skip,
  start,
  stateOf,
  tellsState,
} from './attached-program.js';
import { Folder } from './command.js';

/** Keeps little, and throws away three times as much, on two threads. */
const allocating = `
  const { Worker, isMainThread } = require('node:worker_threads');
  const kept = [];
  function keep() { for (let i = 0; i < 60; i++) kept.push(new Array(1000).fill(i)); }
  function waste() { let last; for (let i = 0; i < 180; i++) last = new Array(1000).fill(i); return last; }
  setInterval(() => { keep(); waste(); }, 20);
  if (isMainThread) new Worker(__filename, { name: 'digest' }).on('online', () => console.log('ready'));
`;

for (const runtime of attachedRuntimes) {
  test(`--heap has what is in use, --allocs all that was allocated, of each thread, on ${runtime.name}`, {
    skip,
  }, async (t) => {
    const folder = new Folder(t);
    const code = `${allocating} if (isMainThread) { ${tellsState} }`;
    const program = await start(t, folder, code, runtime);
    await stateOf(program);
    const [before, files] = [await stateOf(program), possessions(program.process.pid)];
    const heap = await attach(folder, program, '--heap', '--seconds', '1.2', '--report');
    assert.equal(heap.code, 0, heap.stderr);
    assert.match(heap.stderr, /^profbuf: samples what process \d+ \(app\.js\) allocates and keeps for 1\.2 s$/m);
    assert.match(heap.stderr, /, \S+ MiB allocated in \S+ s and in use at the end, of 2 threads, nothing lost$/m);
    const { model } = folder.profile();
    assert.deepEqual(
      model.sampleTypes.map(({ type, unit }) => `${type}/${unit}`),
      ['alloc_objects/count', 'alloc_space/bytes', 'inuse_objects/count', 'inuse_space/bytes'],
    );
    assert.equal(model.defaultSampleType, 'inuse_space');
    const bytesOf = (name: string) => {
      const profile = folder.profile();
      const entry = profile.top(100).find(({ functionName }) => functionName === name);
      return Number(entry?.flat ?? 0);
    };
    assert.ok(bytesOf('keep') > 8 * bytesOf('waste'), heap.stderr);
    const labels = new Set(model.samples.flatMap(({ labels }) => labels.map(({ key, value }) => `${key}=${value}`)));
    assert.deepEqual([...labels], ['thread=worker 1 (digest)']);
    assert.ok(model.samples.some(({ labels }) => labels.length === 0));
    assert.match(folder.read('profile.html').toString(), /^<!doctype html>/i);

    const allocs = await attach(folder, program, '--allocs', '--seconds', '1', '--no-source-maps');
    assert.equal(allocs.code, 0, allocs.stderr);
    assert.equal(folder.profile().model.defaultSampleType, 'alloc_space');
    assert.ok(bytesOf('waste') > 2 * bytesOf('keep'), allocs.stderr);

    assert.equal(await stateOf(program), before);
    assert.deepEqual(possessions(program.process.pid), files);
    await endsAsBefore(program);
  });
}

test('a heap sampler of the program itself is left alone, and that is the reason given', { skip }, async (t) => {
  const folder = new Folder(t);
  const code = `
    const { Session } = require('node:inspector');
    const session = new Session();
    session.connect();
    session.post('HeapProfiler.startSampling');
    ${tellsState}
    console.log('ready');
    process.once('exit', () => session.post('HeapProfiler.stopSampling', (error, { profile }) => console.log('own profile', profile.head.children.length > 0)));
  `;
  const program = await start(t, folder, code, { path: process.execPath });
  const { code: status, stderr } = await attach(folder, program, '--heap', '--seconds', '0.3');
  assert.equal(status, 2);
  assert.match(
    stderr,
    /^profbuf: there is no profile of process \d+: V8 has one sampler of a thread's heap, and something else/m,
  );
  assert.deepEqual(folder.profiles(), []);
  await endsAsBefore(program);
  assert.match(program.stdout, /own profile true/);
});

test('what cannot be asked for, or written, is refused before the process is touched', { skip }, async (t) => {
  const folder = new Folder(t);
  const program = await start(t, folder, `${tellsState} console.log('ready');`, { path: process.execPath });
  const both = await attach(folder, program, '--heap', '--allocs');
  assert.match(both.stderr, /^profbuf: --heap or --allocs: .*\n$/);
  const rated = await attach(folder, program, '--allocs', '--rate', '10');
  assert.match(rated.stderr, /^profbuf: --rate is of CPU time, and --allocs looks at allocations instead\n$/);
  const timed = await attach(folder, program, '--heap', '-o', 'heap.cpuprofile');
  assert.match(timed.stderr, /^profbuf: --heap: a \.cpuprofile holds time only; .*\n$/);
  const closed = await attach(folder, program, '--heap', '-o', 'not/there.pb.gz');
  assert.match(closed.stderr, /^profbuf: cannot write not\/there\.pb\.gz: .*\n$/);
  assert.deepEqual([both.code, rated.code, timed.code, closed.code], [2, 2, 2, 2]);
  assert.equal(program.stderr, '');
});
