import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allocatingFunctions, assertAllocated, bytesOf } from '../collector/heap/allocating-program.js';
import { goPprof, skip } from '../profile/go-pprof.js';
import { runtimes } from '../runtimes.js';
import { Folder, main, profbuf, Run, run } from './command.js';

for (const runtime of runtimes) {
  test(`${runtime.name}: record --allocs writes what a program allocates, from its first line to its end`, async (t) => {
    const folder = new Folder(t);
    folder.write('app.cjs', `${allocatingFunctions} stay(100); die(1000); process.on('exit', () => stay(50));`);
    const { code, stdout, stderr } = await run(runtime.path, [main, 'record', '--allocs', 'app.cjs'], {
      cwd: folder.path,
    });
    assert.equal(code, 0, stderr);
    assert.equal(stdout, '');
    assert.match(stderr, /^profbuf: recording what app\.cjs allocates\n/);
    assert.match(
      stderr,
      /^profbuf: profile\.pb\.gz: \S+ [MG]iB allocated by the main thread in [\d.]+ m?s, longest pause [\d.]+ m?s$/m,
    );
    assert.match(stderr, /\n\nShowing nodes accounting for \S+[MG]B, [\s\S]*[MG]B .* die /);
    const profile = folder.profile();
    assertAllocated(profile, 'stay', 150);
    assertAllocated(profile, 'die', 1000);
    assert.match(
      profile.model.comments.join('\n'),
      /^V8 has one sampler .* it serves allocs since .*, as the program was started with it$/m,
    );
  });

  test(`${runtime.name}: functions of a script that has run through, which V8 has thrown away by then, have their places`, async (t) => {
    const folder = new Folder(t);
    folder.write('app.cjs', `${allocatingFunctions}\nfunction also() { die(500); }\ndie(500); also();`);
    const { code, stderr } = await run(runtime.path, [main, 'record', '--allocs', 'app.cjs'], { cwd: folder.path });
    assert.equal(code, 0, stderr);
    const profile = folder.profile();
    assertAllocated(profile, 'die', 1000);
    const row = profile.top(1000).find(({ functionName }) => functionName === 'die') ?? assert.fail();
    assert.match(row.file, /app\.cjs$/);
    assert.equal(row.line, 1 + allocatingFunctions.split('\n').findIndex((line) => line.includes('function die')));
  });

  test(`${runtime.name}: beside --heap-prof the file has nothing, and says why; the program and its own file are whole`, async (t) => {
    const folder = new Folder(t);
    folder.write('app.cjs', `${allocatingFunctions} die(500); console.log('ran');`);
    const { code, stdout, stderr } = await run(
      runtime.path,
      [main, 'record', '--allocs', '--', '--heap-prof', '--heap-prof-name', 'own.heapprofile', 'app.cjs'],
      { cwd: folder.path },
    );
    assert.equal(code, 0, stderr);
    assert.equal(stdout, 'ran\n');
    assert.match(stderr, /^profbuf: profile\.pb\.gz: V8 has one sampler .* something else in this program uses it/m);
    assert.equal(folder.profile().model.samples.length, 0);
    assert.equal(typeof JSON.parse(folder.read('own.heapprofile').toString()).head, 'object');
  });

  test(`${runtime.name}: of a program that is killed there is what was read last`, async (t) => {
    const folder = new Folder(t);
    folder.write(
      'app.mjs',
      `${allocatingFunctions}
      stay(100);
      console.log('stayed in', process.pid);
      process.stdin.resume();`,
    );
    const command = new Run(runtime.path, [main, 'record', '--allocs', '--http', '0', 'app.mjs'], { cwd: folder.path });
    const url = (await command.said(/serving (http:\S+\/debug\/pprof\/)/))[1];
    const [, pid] = await command.printed(/stayed in (\d+)/);
    // Read once all of it was there; a checkpoint follows within seconds.
    await fetch(`${url}allocs`);
    await until(() => {
      // While it is written it has another ending.
      const file = folder.profiles().find((name) => /app\.mjs.*\.pb\.gz$/.test(name));
      return file !== undefined && bytesOf(folder.profile(file), 'stay') > 0;
    });
    // The collector tells the command once the file is there, in a file of its own.
    await new Promise((resolve) => setTimeout(resolve, 300));
    // From outside: what a program sends itself is announced.
    process.kill(Number(pid), 'SIGKILL');
    const { signal, stderr } = await command.end();
    assert.equal(signal, 'SIGKILL');
    assert.match(stderr, /profile\.pb\.gz: it was killed: this is what was written up to the last checkpoint/);
    assertAllocated(folder.profile(), 'stay', 100);
  });
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 50));
}

test('go tool pprof reads it, and so do the other formats that are not of time', { skip }, async (t) => {
  const folder = new Folder(t);
  folder.write('app.cjs', `${allocatingFunctions} stay(100); die(1000);`);
  for (const [file, options] of [
    ['a.pb.gz', []],
    ['a.speedscope.json', []],
    ['a.collapsed.txt', []],
  ] as const) {
    const { code, stderr } = await profbuf(['record', '--allocs', '-q', '-o', file, ...options, 'app.cjs'], {
      cwd: folder.path,
    });
    assert.equal(code, 0, stderr);
  }
  const table = goPprof(folder.read('a.pb.gz'), '-sample_index=alloc_space', '-top');
  assert.match(table, /^Type: alloc_space$/m);
  assert.match(table, /^ *\S+[MG]B .* die$/m, table);
  assert.match(goPprof(folder.read('a.pb.gz'), '-sample_index=alloc_objects', '-top'), /^ *\d+ .* die$/m);
  assert.match(folder.read('a.speedscope.json').toString(), /"name":"die"/);
  assert.match(folder.read('a.collapsed.txt').toString(), /;die \S+ \d+$/m);
});

test('what cannot be recorded is said before anything runs', async (t) => {
  const folder = new Folder(t);
  folder.write('app.cjs', `console.log('ran')`);
  for (const args of [
    ['--format', 'cpuprofile'],
    ['-o', 'a.cpuprofile'],
  ]) {
    const { code, stdout, stderr } = await profbuf(['record', '--allocs', ...args, 'app.cjs'], { cwd: folder.path });
    assert.equal(code, 2);
    assert.equal(stdout, '');
    assert.match(stderr, /^profbuf: --allocs: a \.cpuprofile holds time only; take --format pprof, [^\n]*\n$/);
  }
});

test('the environment of the preload says the same, and does not serve both at once', async (t) => {
  const folder = new Folder(t);
  folder.write('app.cjs', `${allocatingFunctions} die(500); console.log('ran')`);
  const preloaded = (env: NodeJS.ProcessEnv) =>
    run(process.execPath, ['--require', main.replace('cli/main.js', 'register.cjs'), 'app.cjs'], {
      cwd: folder.path,
      env,
    });
  const output = { PROFBUF_OUTPUT: 'profile.pb.gz' };
  const { stdout, stderr } = await preloaded({ ...output, PROFBUF_ALLOCS: '1' });
  assert.equal(stdout, 'ran\n');
  assert.match(
    stderr,
    /^profbuf: wrote \S+profile\.pb\.gz: \d+ samples, \d+\.\d MiB allocated, longest pause for reading [\d.]+ ms\n$/,
  );
  assertAllocated(folder.profile(), 'die', 500);
  const both = await preloaded({ PROFBUF_OUTPUT: 'both.pb.gz', PROFBUF_ALLOCS: '1', PROFBUF_HEAP: '1' });
  assert.equal(both.stdout, 'ran\n');
  assertAllocated(folder.profile('both.pb.gz'), 'die', 500);
  assert.match(
    folder.profile('both.pb.gz').model.comments.join('\n'),
    /^heap is not served: PROFBUF_HEAP beside PROFBUF_ALLOCS: V8 has one sampler/m,
  );
  const timed = await preloaded({ ...output, PROFBUF_ALLOCS: '1', PROFBUF_FORMAT: 'cpuprofile' });
  assert.match(timed.stderr, /^profbuf: not profiled: PROFBUF_ALLOCS=1 with PROFBUF_FORMAT=cpuprofile[^\n]*\n$/);
});
