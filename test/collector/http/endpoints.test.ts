import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Profile } from 'profbuf';
import { runtimes } from '../../runtimes.js';
import { busyProgram, ServedProgram, shareOf } from './served-program.js';

const snapshotNames = ['allocs', 'block', 'goroutine', 'heap', 'mutex', 'threadcreate'];

for (const runtime of runtimes) {
  test(`${runtime.name}: every endpoint answers while the program's thread is in an endless loop`, async (t) => {
    const program = await ServedProgram.hanging(t, runtime.path);
    const [index, profile, wall] = await Promise.all([
      program.text(''),
      program.profile('profile?seconds=1'),
      program.profile('wall?seconds=1'),
    ]);
    assert.match(index, /<h1>\/debug\/pprof\/<\/h1>/);
    for (const name of [...snapshotNames, 'profile', 'wall', 'cmdline', 'symbol']) {
      assert.match(index, new RegExp(`<a href="${name}`));
    }
    assert.ok(shareOf(profile, 'hang') > 0.9, profile.topTable());
    assert.ok(shareOf(wall, 'hang') > 0.9, wall.topTable());
    const goroutine = await program.text('goroutine?debug=1');
    assert.match(goroutine, /^goroutine profile: total \d+\n.*#\tTCPServerWrap\n/s);
    assert.match(goroutine, /^#\thang\t.*app\.mjs:\d+$/m);
    // The heap is read by a collection of garbage before Node 26, which is not to be in the profiles above.
    const snapshots = await Promise.all(snapshotNames.map((name) => program.profile(name)));
    assert.equal(snapshots.length, snapshotNames.length);
  });
}

test('the profiles have the types, file names and headers of Go', async (t) => {
  const program = await ServedProgram.start(t, busyProgram);
  const contention = ['contentions/count', 'delay/nanoseconds'];
  const heap = ['alloc_objects/count', 'alloc_space/bytes', 'inuse_objects/count', 'inuse_space/bytes'];
  const expected: readonly [path: string, filename: string, types: readonly string[]][] = [
    ['profile?seconds=1', 'profile', ['samples/count', 'cpu/nanoseconds']],
    ['wall?seconds=1', 'wall', ['samples/count', 'wall/nanoseconds']],
    ['heap', 'heap', heap],
    ['heap?gc=1', 'heap', heap],
    ['heap?seconds=1', 'heap-delta', heap],
    ['block', 'block', contention],
    ['block?seconds=1', 'block-delta', contention],
    ['mutex', 'mutex', contention],
    ['goroutine', 'goroutine', ['goroutine/count']],
    ['goroutine?seconds=1', 'goroutine-delta', ['goroutine/count']],
    ['threadcreate', 'threadcreate', ['threadcreate/count']],
    // The heap has one sampler, which is not to be had for it while heap?seconds=1 lasts.
    ['allocs', 'allocs', ['alloc_objects/count', 'alloc_space/bytes']],
    ['allocs?seconds=1', 'allocs-delta', ['alloc_objects/count', 'alloc_space/bytes']],
  ];
  const isOfAllocs = ([path]: (typeof expected)[number]) => path.startsWith('allocs');
  const replies = await Promise.all(expected.filter((entry) => !isOfAllocs(entry)).map(([path]) => program.ask(path)));
  for (const [path] of expected.filter(isOfAllocs)) replies.push(await program.ask(path));
  for (const [i, [path, filename, types]] of expected.entries()) {
    const { status, headers, body } = replies[i] ?? assert.fail();
    assert.equal(status, 200, `${path}: ${body}`);
    assert.equal(headers['content-type'], 'application/octet-stream', path);
    assert.equal(headers['content-disposition'], `attachment; filename="${filename}"`);
    assert.equal(headers['x-content-type-options'], 'nosniff', path);
    const { sampleTypes, timeNanos } = Profile.decode(body).model;
    const names = sampleTypes.map(({ type, unit }) => `${type}/${unit}`);
    assert.deepEqual(names, types, path);
    assert.ok(Math.abs(Number(timeNanos) / 1e6 - Date.now()) < 60_000, `${path}: ${timeNanos}`);
  }
});

test('goroutine shows what threads run now, and not what one that has ended ran last', async (t) => {
  const program = await ServedProgram.start(
    t,
    `
      import { Worker } from 'node:worker_threads';
      const worker = new Worker('function spin() { for (let i = 0; i < 1e6; i++); } for (;;) spin();', { eval: true });
      worker.once('exit', () => console.log('ended'));
      process.stdin.once('data', () => worker.terminate());
    `,
  );
  while (!/^#\tspin\t/m.test(await program.text('goroutine?debug=1')));
  program.run.process.stdin?.write('end');
  await program.run.printed('ended');
  // So old a sample says nothing of now.
  await delay(1100);
  const goroutine = await program.text('goroutine?debug=1');
  assert.match(goroutine, /^goroutine profile: total \d+\n/);
  assert.doesNotMatch(goroutine, /spin/);
});

test('HEAD tells the headers and collects nothing', async (t) => {
  const program = await ServedProgram.start(t, busyProgram);
  const start = performance.now();
  const { status, headers, body } = await program.ask('profile', { method: 'HEAD' });
  assert.equal(status, 200);
  assert.equal(headers['content-disposition'], 'attachment; filename="profile"');
  assert.equal(body.length, 0);
  assert.ok(performance.now() - start < 15_000, 'a profile without seconds takes 30 of them');
});

test('what is wrong with a request is said in one line of text, marked as of pprof', async (t) => {
  const program = await ServedProgram.start(t, busyProgram);
  const cases: readonly [method: string, path: string, status: number, text: RegExp][] = [
    ['GET', 'nothing', 404, /^Unknown profile\n$/],
    ['GET', '../../etc/passwd', 404, /nothing is here/],
    ['GET', 'profile?seconds=soon', 400, /^invalid value for "seconds" - must be a positive integer\n$/],
    ['GET', 'profile?seconds=-1', 400, /positive integer/],
    ['GET', 'profile?seconds=1e9', 400, /positive integer/],
    ['GET', 'profile?seconds=99999999', 400, /at most 3600/],
    ['GET', 'heap?seconds=0', 400, /positive integer/],
    ['GET', 'block?seconds=1&debug=1', 400, /^seconds and debug params are incompatible\n$/],
    ['POST', 'profile', 405, /POST is not allowed here/],
    ['DELETE', '', 405, /DELETE is not allowed here/],
  ];
  for (const [method, path, status, text] of cases) {
    const reply = await program.ask(path, { method });
    assert.equal(reply.status, status, `${method} ${path}: ${reply.body}`);
    assert.match(reply.body.toString(), text);
    assert.equal(reply.headers['content-type'], 'text/plain; charset=utf-8');
    assert.equal(reply.headers['x-go-pprof'], '1');
    assert.equal(reply.headers.allow, status === 405 ? 'GET, HEAD' : undefined);
  }
});

test('cmdline is the command line, with nulls between its words', async (t) => {
  const program = await ServedProgram.start(t, busyProgram);
  const words = (await program.text('cmdline')).split('\0');
  assert.deepEqual(words, [process.execPath, `${program.folder.path}/app.mjs`]);
});

test('several collections at once each get their own seconds, to the sample', async (t) => {
  // A second of one function, then always another.
  const program = await ServedProgram.start(
    t,
    `
      function first() { let sum = 0; for (let i = 0; i < 1e6; i++) sum += Math.sqrt(i); return sum; }
      function second() { let sum = 0; for (let i = 0; i < 1e6; i++) sum += Math.sqrt(i); return sum; }
      let run = first;
      process.stdin.on('data', () => { run = second; console.log('second'); });
      const turn = () => { run(); setImmediate(turn); };
      turn();
    `,
  );
  const long = program.profile('profile?seconds=4');
  const early = await program.profile('profile?seconds=1');
  program.run.process.stdin?.write('x');
  await program.run.printed('second');
  const late = await program.profile('profile?seconds=1');
  assert.ok(shareOf(early, 'first') > 0.5 && shareOf(early, 'second') === 0, early.topTable());
  assert.ok(shareOf(late, 'second') > 0.5 && shareOf(late, 'first') === 0, late.topTable());
  const both = await long;
  assert.ok(shareOf(both, 'first') > 0.1 && shareOf(both, 'second') > 0.1, both.topTable());
});

test('a program that ends answers its collections whole before it goes', async (t) => {
  const program = await ServedProgram.start(t, `${busyProgram} process.stdin.on('data', () => process.exit(3));`);
  await program.sampled();
  const running = ['profile?seconds=600', 'wall?seconds=600', 'heap?seconds=600', 'goroutine?seconds=600'];
  const profiles = Promise.all(running.map((path) => program.profile(path)));
  // When this one is answered, those have come in.
  await program.profile('wall?seconds=2');
  program.run.process.stdin?.write('x');
  const [cpu, wall] = await profiles;
  assert.ok(cpu !== undefined && shareOf(cpu, 'busy') > 0.2, cpu?.topTable());
  const seconds = Number(wall?.model.durationNanos) / 1e9;
  assert.ok(seconds > 1 && seconds < 30, `${seconds} s`);
  assert.equal((await program.run.end()).code, 3);
});

test('a program killed by a signal in an endless loop answers too', async (t) => {
  const program = await ServedProgram.hanging(t);
  const profile = program.profile('profile?seconds=600');
  // When this one is answered, that one has come in.
  await program.profile('wall?seconds=1');
  program.run.process.kill('SIGTERM');
  assert.ok(shareOf(await profile, 'hang') > 0.9);
  assert.equal((await program.run.end()).signal, 'SIGTERM');
});
