import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Profile, startProfiler } from 'profbuf';
import { Folder, root, run } from '../../cli/command.js';
import { runtimes } from '../../runtimes.js';
import { ServedProgram } from '../http/served-program.js';
import { allocatingFunctions, assertAllocated, bytesOf } from './allocating-program.js';

/** Runs what it reads on stdin, line by line, and says when it has. */
const obedient = `
  ${allocatingFunctions}
  import { createInterface } from 'node:readline';
  let count = 0;
  for await (const line of createInterface(process.stdin)) {
    eval(line);
    console.log('ran ' + ++count + ';');
  }
`;
const lines = new WeakMap<ServedProgram, number>();

async function tell(program: ServedProgram, line: string): Promise<void> {
  const number = (lines.get(program) ?? 0) + 1;
  lines.set(program, number);
  program.run.process.stdin?.write(`${line}\n`);
  await program.run.printed(`ran ${number};`);
}

/** Resolves when a collection of allocations is under way, during which the heap is not to be had. */
async function collecting(program: ServedProgram): Promise<void> {
  while ((await program.ask('heap')).status !== 409);
}

for (const runtime of runtimes) {
  test(`${runtime.name}: allocs has what was allocated, dead or alive, and heap what is in use`, async (t) => {
    const program = await ServedProgram.start(t, obedient, { node: runtime.path });
    await program.profile('allocs');
    await tell(program, 'stay(100); die(1000)');
    const first = await program.profile('allocs');
    assertAllocated(first, 'stay', 100);
    assertAllocated(first, 'die', 1000);
    assert.equal(first.model.defaultSampleType, 'alloc_space');

    // Emptied many times in between: nothing is lost, and nothing is counted twice.
    for (let i = 0; i < 20; i++) {
      await tell(program, `die(${100 + i})`);
      await program.profile('allocs');
    }
    const second = await program.profile('allocs');
    assertAllocated(second, 'stay', 100);
    assertAllocated(second, 'die', 1000 + 20 * 100 + 190);

    // The one sampler goes over to what is in use, from now on.
    await program.profile('heap');
    await tell(program, 'stay(101); die(2000)');
    const heap = await program.profile('heap?gc=1');
    assertAllocated(heap, 'stay', 101);
    assert.ok(bytesOf(heap, 'die') < 20e6, heap.topTable(10));
    assert.match(
      heap.model.comments.join('\n'),
      /^V8 has one sampler .* it serves heap since .*, until somebody asks for allocs$/m,
    );

    // And back: what was allocated meanwhile is in no figure, which is said, and what was before still is.
    await program.profile('allocs');
    await tell(program, 'stay(102); die(500)');
    const third = await program.profile('allocs');
    assertAllocated(third, 'stay', 202);
    assertAllocated(third, 'die', 3190 + 500);
    assert.match(third.model.comments.join('\n'), /it serves allocs since/);
  });
}

for (const runtime of runtimes) {
  test(`${runtime.name}: allocs?seconds=N has what was allocated in that time, and heap is served again after it`, async (t) => {
    const program = await ServedProgram.start(t, obedient, { node: runtime.path });
    await program.profile('heap');
    await tell(program, 'stay(50); die(500)');
    const controller = new AbortController();
    const givenUp = program.ask('allocs?seconds=3600', { signal: controller.signal });
    await collecting(program);
    // A second one, as long as the program: its end is answered too.
    const collected = program.ask('allocs?seconds=3600');
    controller.abort();
    await assert.rejects(givenUp);
    const refusal = await program.text('heap');
    assert.match(refusal, /^heap is not to be had: .* it serves allocs, which is being collected for some seconds/);
    await tell(program, 'stay(51); die(1001)');
    program.run.process.stdin?.end();
    const { status, headers, body } = await collected;
    assert.equal(status, 200);
    assert.equal(headers['content-disposition'], 'attachment; filename="allocs-delta"');
    const profile = Profile.decode(body);
    assertAllocated(profile, 'stay', 51);
    assertAllocated(profile, 'die', 1001);
  });

  test(`${runtime.name}: after a collection of some seconds the sampler serves what it did before`, async (t) => {
    const program = await ServedProgram.start(t, obedient, { node: runtime.path });
    await program.profile('heap');
    await program.profile('allocs?seconds=1');
    // It may be on its way back yet.
    while ((await program.ask('heap')).status !== 200);
    await tell(program, 'stay(60); die(600)');
    const heap = await program.profile('heap?gc=1');
    assertAllocated(heap, 'stay', 60);
  });

  test(`${runtime.name}: a program that was started with one of the two refuses the other, and says why`, async (t) => {
    for (const [variable, served, refused] of [
      ['PROFBUF_HEAP', 'heap', 'allocs'],
      ['PROFBUF_ALLOCS', 'allocs', 'heap'],
    ] as const) {
      const program = await ServedProgram.start(t, obedient, { node: runtime.path, env: { [variable]: '1' } });
      // The collector may be on its way yet.
      while ((await program.ask(refused)).status !== 409);
      await tell(program, 'stay(70)');
      for (const query of ['', '?debug=1', '?seconds=1']) {
        const { status, body } = await program.ask(refused + query);
        assert.equal(status, 409, refused + query);
        assert.match(
          body.toString(),
          new RegExp(`^${refused} is not to be had: .* serves ${served}, with which this program was started`),
        );
      }
      const profile = await program.profile(served === 'heap' ? 'heap?gc=1' : 'allocs');
      assertAllocated(profile, 'stay', 70);
    }
  });

  test(`${runtime.name}: of large objects, of which V8 rounds how many there are for one that it looks at, there are as many as there are`, async (t) => {
    const program = await ServedProgram.start(
      t,
      `// Of the one V8 makes a fifth less, of the other a third more.
      function of800KB(megabytes) { if (megabytes > 300) of800KB(megabytes - 300); for (let i = 0; i < 300 / 0.8; i++) last = new Array(100_000).fill(i); }
      function of560KB(megabytes) { if (megabytes > 300) of560KB(megabytes - 300); for (let i = 0; i < 300 / 0.56; i++) last = new Array(70_000).fill(i); }
      ${obedient}`,
      { node: runtime.path },
    );
    await program.profile('allocs');
    await tell(program, 'of800KB(1500); of560KB(1500)');
    const profile = await program.profile('allocs');
    assertAllocated(profile, 'of800KB', 1500);
    assertAllocated(profile, 'of560KB', 1500);
    await program.profile('heap');
    await tell(
      program,
      'globalThis.all = Array.from({ length: 400 }, function held(_, i) { return new Array(70_000).fill(i); })',
    );
    assertAllocated(await program.profile('heap?gc=1'), 'held', 400 * 0.56);
  });

  test(`${runtime.name}: memory outside of V8's heap stands beside both`, async (t) => {
    const program = await ServedProgram.start(t, obedient, { node: runtime.path });
    await tell(program, 'globalThis.buffer = Buffer.alloc(30 * 2 ** 20, 1)');
    for (const path of ['heap?gc=1', 'allocs', 'heap?debug=1&gc=1', 'allocs?debug=1']) {
      const { body } = await program.ask(path);
      const text = path.includes('debug') ? body.toString() : Profile.decode(body).model.comments.join('\n');
      const [, rss, heapUsed, external, arrayBuffers] =
        /memory of the process: rss ([\d.]+) MiB, heapUsed ([\d.]+) MiB, heapTotal [\d.]+ MiB, external ([\d.]+) MiB, arrayBuffers ([\d.]+) MiB$/m.exec(
          text,
        ) ?? assert.fail(`${path}: ${text}`);
      assert.ok(Number(arrayBuffers) >= 30 && Number(arrayBuffers) < 40, `${path}: arrayBuffers ${arrayBuffers}`);
      assert.ok(Number(external) >= Number(arrayBuffers), `${path}: external ${external}`);
      assert.ok(Number(rss) > 60 && Number(heapUsed) < 30, `${path}: rss ${rss}, heapUsed ${heapUsed}`);
    }
  });

  test(`${runtime.name}: a sampler that something else in the program has started is left alone`, async (t) => {
    const program = await ServedProgram.start(
      t,
      `
        import { Session } from 'node:inspector';
        import v8 from 'node:v8';
        const session = new Session();
        session.connect();
        const post = (method, parameters) => {
          let answer;
          session.post(method, parameters, (error, result) => { answer = error ?? result; });
          return answer;
        };
        const begin = () => {
          if (v8.startHeapProfile) globalThis.profile = v8.startHeapProfile({ sampleInterval: 1024 });
          else post('HeapProfiler.startSampling', { samplingInterval: 1024 });
        };
        const counted = () => console.log('counted', post('HeapProfiler.stopSampling').profile?.samples.length);
        ${obedient}
      `,
      { node: runtime.path },
    );
    await tell(program, 'begin()');
    for (const path of ['allocs', 'heap', 'allocs?seconds=1', 'heap?seconds=1']) {
      const { status, body } = await program.ask(path);
      assert.equal(status, 409, path);
      assert.match(body.toString(), /something else in this program uses it/);
    }
    await tell(program, 'stay(10); counted()');
    const [, counted] = await program.run.printed(/counted (\d+)/);
    assert.ok(Number(counted) > 5000, `${counted} samples`);

    // The other way round, what is lost is said.
    await program.profile('allocs');
    await tell(program, 'die(100); counted(); die(1000)');
    const profile = await program.profile('allocs');
    assert.match(profile.model.comments.join('\n'), /^lost: something in the program ended V8's heap sampler 1 times/m);
    await tell(program, 'stay(80)');
    assertAllocated(await program.profile('allocs'), 'stay', 80);
  });

  test(`${runtime.name}: startProfiler({ allocs }) keeps what is allocated for take, and collect has it without`, async (t) => {
    const folder = new Folder(t);
    folder.write(
      'app.mjs',
      `import { writeFileSync } from 'node:fs';
      import { startProfiler } from ${JSON.stringify(`${root}dist/index.js`)};
      ${allocatingFunctions}
      const save = async (name, profile) => writeFileSync(name, await (await profile).encode());
      die(300);
      const profiler = await startProfiler({ allocs: true, http: 0 });
      stay(40); die(400);
      await save('first', profiler.take({ kind: 'allocs' }));
      stay(41); die(401);
      await save('second', profiler.take({ kind: 'allocs' }));
      console.log((await fetch(profiler.httpUrl + '/debug/pprof/heap')).status);
      const cpu = await profiler.stop();
      console.log(cpu.model.sampleTypes.at(-1).type);

      const other = await startProfiler();
      die(300);
      const collected = other.collect({ kind: 'allocs', seconds: 3600 });
      await new Promise((resolve) => setTimeout(resolve, 50));
      await other.collect({ kind: 'wall', seconds: 0.1 });
      die(402);
      other.stop();
      await save('third', collected);`,
    );
    const { code, stdout, stderr } = await run(runtime.path, ['app.mjs'], { cwd: folder.path });
    assert.equal(code, 0, stderr);
    assert.equal(stdout, '409\ncpu\n');
    assertAllocated(folder.profile('first'), 'stay', 40);
    assertAllocated(folder.profile('first'), 'die', 400);
    assertAllocated(folder.profile('second'), 'stay', 41);
    assertAllocated(folder.profile('second'), 'die', 401);
    assertAllocated(folder.profile('third'), 'die', 402);
  });
}

for (const runtime of runtimes) {
  const program = `
    import { Session } from 'node:inspector';
    import { startProfiler } from ${JSON.stringify(`${root}dist/index.js`)};
    ${allocatingFunctions}
    const session = new Session();
    session.connect();
    const isSampling = () => {
      let failure;
      session.post('HeapProfiler.getSamplingProfile', (error) => { failure = error; });
      return failure === null;
    };
  `;
  const preload = ['--require', `${root}dist/register.cjs`];

  test(`${runtime.name}: stop ends what the profiler had the sampler for, where the collector goes on`, async (t) => {
    const folder = new Folder(t);
    folder.write(
      'app.mjs',
      `${program}
      const profiler = await startProfiler({ allocs: true });
      die(10);
      await profiler.take({ kind: 'allocs' });
      console.log(isSampling());
      await profiler.stop();
      console.log(isSampling());`,
    );
    const env = { PROFBUF_OUTPUT: 'profile.pb.gz', PROFBUF_QUIET: '1' };
    const { code, stdout, stderr } = await run(runtime.path, [...preload, 'app.mjs'], { cwd: folder.path, env });
    assert.equal(code, 0, stderr);
    assert.equal(stdout, 'true\nfalse\n');
  });

  test(`${runtime.name}: a program does not fail because the sampler is not to be had; a take of what is not kept does`, async (t) => {
    const folder = new Folder(t);
    folder.write(
      'app.mjs',
      `${program}
      const profiler = await startProfiler({ [process.argv[2]]: true });
      die(10);
      await profiler.take({ kind: 'allocs' }).catch(({ code, message }) => console.log(code, message));
      const profile = await profiler.stop();
      console.log(profile.model.comments.filter((comment) => comment.includes('sampler')).join());`,
    );
    const own = await run(runtime.path, ['--heap-prof', '--heap-prof-name', 'own.heapprofile', 'app.mjs', 'allocs'], {
      cwd: folder.path,
    });
    assert.equal(own.code, 0, own.stderr);
    assert.match(own.stdout, /^ERR_PROFBUF_FAILED allocations are not kept: .*\nV8 has one sampler .* something else/);

    const env = { PROFBUF_OUTPUT: 'profile.pb.gz', PROFBUF_QUIET: '1', PROFBUF_ALLOCS: '1' };
    const other = await run(runtime.path, [...preload, 'app.mjs', 'heap'], { cwd: folder.path, env });
    assert.equal(other.code, 0, other.stderr);
    assert.match(other.stdout, /^heap is not to be had: .* serves allocs, with which this program was started$/m);
    assert.ok(bytesOf(folder.profile(), 'die') > 0);
  });
}

test('what cannot be is an error with a code', async () => {
  await assert.rejects(startProfiler({ heap: true, allocs: true }), {
    code: 'ERR_PROFBUF_OPTION',
    message: /^heap and allocs: V8 has one sampler/,
  });
  const profiler = await startProfiler();
  await assert.rejects(profiler.take({ kind: 'allocs' }), {
    code: 'ERR_PROFBUF_OPTION',
    message: /^kind: .* allocs: true/,
  });
  await assert.rejects(profiler.take({ kind: 'wall' as 'cpu' }), {
    code: 'ERR_PROFBUF_OPTION',
    message: /^kind: wall is none/,
  });
  await assert.rejects(profiler.collect({ kind: 'heap' as 'cpu' }), {
    code: 'ERR_PROFBUF_OPTION',
    message: /^kind: heap/,
  });
  await profiler.stop();
});
