import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Folder, root, run } from '../../cli/command.js';
import { runtimes } from '../../runtimes.js';
import { ServedProgram, shareOf } from '../http/served-program.js';

/** Keeps 40 MB, makes garbage, and lets V8 say why garbage is collected. */
const program = `
  import { setFlagsFromString } from 'node:v8';
  setFlagsFromString('--trace-gc');
  console.log('traced');
  const kept = [];
  function keep() {
    for (let i = 0; i < 40; i++) kept.push(Array.from({ length: 20_000 }, (_, i) => ({ i })));
  }
  function waste() {
    let last;
    for (let i = 0; i < 10_000; i++) last = { i, list: [i] };
    return last;
  }
  setInterval(waste, 20);
  process.stdin.on('data', () => {
    keep();
    console.log('kept');
  });
`;

for (const runtime of runtimes) {
  test(`${runtime.name}: the heap shows what is in use by who allocated it, and collects garbage as little as it can`, async (t) => {
    const served = await ServedProgram.start(t, program, { node: runtime.path });
    // The server may be there before the program's first line.
    await served.run.printed('traced');
    const first = await served.profile('heap');
    assert.ok(first.model.comments.some((comment) => comment.includes('what was allocated before is not in it')));
    served.run.process.stdin?.write('k');
    await served.run.printed('kept');
    // A reading is kept for a while where it costs a collection; gc=1 makes a new one in any case.
    const kept = await served.profile('heap?gc=1');
    const inUse = kept.model.samples.reduce((sum, { values }) => sum + Number(values[3]), 0);
    assert.ok(inUse > 20e6 && inUse < 200e6, `${inUse} bytes`);
    assert.ok(shareOf(kept, 'keep') > 0.8, kept.topTable(10, 'inuse_space'));
    assert.equal(kept.model.defaultSampleType, 'inuse_space');

    for (let i = 0; i < 10; i++) await served.profile('heap');
    await served.text('');
    const forced = served.run.stdout.match(/Mark-Compact.* sampling profiler;/g)?.length ?? 0;
    if (runtime.major >= 26) assert.equal(forced, 0);
    else assert.ok(forced >= 2 && forced <= 6, `${forced} forced collections`);
  });
}

for (const runtime of runtimes) {
  test(`${runtime.name}: a profiler that has stopped samples the heap no more, and another one can`, async (t) => {
    const folder = new Folder(t);
    const script = folder.write(
      'app.mjs',
      `import { Profile, startProfiler } from ${JSON.stringify(`${root}dist/index.js`)};
      for (let i = 0; i < 3; i++) {
        const profiler = await startProfiler({ http: 0, heap: true });
        globalThis.kept = Array.from({ length: 1e6 }, (_, i) => ({ i }));
        const response = await fetch(profiler.httpUrl + '/debug/pprof/heap');
        const { samples } = Profile.decode(new Uint8Array(await response.arrayBuffer())).model;
        console.log(samples.length > 0);
        await profiler.stop();
      }`,
    );
    const { code, stdout, stderr } = await run(runtime.path, [script], { cwd: folder.path });
    assert.equal(code, 0, stderr);
    assert.equal(stdout, 'true\n'.repeat(3));
  });
}

test('seconds=N gives what came to the heap in that time', async (t) => {
  const served = await ServedProgram.start(t, program);
  served.run.process.stdin?.write('k');
  await served.run.printed('kept');
  await served.profile('heap?gc=1');
  const delta = await served.profile('heap?seconds=1&gc=1');
  const inUse = delta.model.samples.reduce((sum, { values }) => sum + Number(values[3]), 0);
  assert.ok(Math.abs(inUse) < 20e6, `${inUse} bytes more`);
  assert.ok(Number(delta.model.durationNanos) > 0.9e9, `${delta.model.durationNanos} ns`);
});
