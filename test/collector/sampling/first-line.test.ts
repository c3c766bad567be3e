import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Profile } from 'profbuf';
import { Folder, root, run } from '../../cli/command.js';
import { runtimes } from '../../runtimes.js';
import { runProfiled } from '../profiled-program.js';

/** CPU milliseconds of the stacks in which a function is that the test says yes to. */
function millisecondsIn({ model }: Profile, is: (name: string, file: string) => boolean): number {
  const isFunction = model.functions.map(({ name, filename }) => is(name, filename));
  const isLocation = model.locations.map(({ lines }) => lines.some((line) => isFunction[line.function]));
  return model.samples
    .filter(({ stack }) => stack.some((location) => isLocation[location]))
    .reduce((sum, { values }) => sum + Number(values[1]) / 1e6, 0);
}

/** Of the program's own time, what a function and those it calls have. On a busy machine Node's beginning is the larger part. */
function shareOf(profile: Profile, name: string, file: RegExp): number {
  const own = millisecondsIn(profile, (_, filename) => file.test(filename));
  return millisecondsIn(profile, (functionName) => functionName === name) / own;
}

/** One hot loop, entered in the first line and never left: V8 replaces its code while it runs. */
const hotLoop = `
  function leaf(i) { let x = 0; for (let k = 0; k < 200; k++) x += Math.sqrt(i + k); return x; }
  function loop(turns) {
    let x = 0;
    for (let turn = 0; turn < turns; turn++) for (let i = 0; i < 1000; i++) x += leaf(i);
    return x;
  }
  loop(2500);
`;

for (const runtime of runtimes) {
  for (const [where, code] of [
    ['the main thread', hotLoop],
    ['a worker thread', `new (require('node:worker_threads').Worker)(${JSON.stringify(hotLoop)}, { eval: true });`],
  ] as const) {
    test(`${runtime.name}: a loop that ${where} enters in its first line has its time`, async (t) => {
      const folder = new Folder(t);
      folder.write('app.js', code);
      await runProfiled(runtime, folder, ['app.js']);
      const profile = folder.profile();
      assert.ok(shareOf(profile, 'loop', /app\.js|worker eval/) > 0.9, profile.topTable(5));
    });
  }

  test(`${runtime.name}: a profiler that starts late names what was optimised before`, async (t) => {
    const folder = new Folder(t);
    const script = folder.write(
      'app.mjs',
      `import { startProfiler } from ${JSON.stringify(`${root}dist/index.js`)};
       import { writeFileSync } from 'node:fs';
       function render(i) { let x = 0; for (let k = 0; k < 1e5; k++) x += Math.sqrt(i ^ k); return x; }
       function turn() { let x = 0; for (let i = 0; i < 20; i++) x += render(i); return x; }
       const work = async (turns) => { for (let i = 0; i < turns; i++) { turn(); await new Promise(setImmediate); } };
       await work(200);
       const profiler = await startProfiler({ sampleRate: 500 });
       await work(400);
       const profile = await profiler.stop();
       writeFileSync('profile.pb.gz', await profile.encode());`,
    );
    const { code, stderr } = await run(runtime.path, [script], { cwd: folder.path });
    assert.deepEqual([code, stderr], [0, '']);
    const profile = folder.profile();
    assert.ok(profile.model.comments.some((comment) => comment.startsWith('V8 was made to compile again')));
    // Not "work", which was on the stack at the start and is turn's caller.
    assert.ok(shareOf(profile, 'turn', /app\.mjs/) > 0.85, profile.topTable(5));
  });

  for (const [how, end] of [
    ['end by themselves', ''],
    ['are terminated', 'setInterval(() => {}, 1000);'],
  ] as const) {
    test(`${runtime.name}: the work of short worker threads is in the profile where they ${how}`, async (t) => {
      const folder = new Folder(t);
      folder.write(
        'worker.js',
        `
        const { parentPort } = require('node:worker_threads');
        const { readFileSync } = require('node:fs');
        const cpu = () => { try { return Number(readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ')[0]) / 1e6; } catch { return performance.now(); } };
        function burn() { const end = cpu() + 100; let x = 0; while (cpu() < end) for (let i = 0; i < 1e5; i++) x += Math.sqrt(i); return x; }
        const before = cpu();
        burn();
        parentPort.postMessage(cpu() - before);
        ${end}
      `,
      );
      folder.write(
        'app.js',
        `
        const { Worker } = require('node:worker_threads');
        (async () => {
          let burnt = 0;
          for (let i = 0; i < 10; i++) {
            const worker = new Worker('./worker.js');
            worker.on('message', (ms) => { burnt += ms; worker.terminate(); });
            await new Promise((resolve) => worker.on('exit', resolve));
          }
          console.log(burnt);
        })();
      `.replace('worker.terminate();', end === '' ? '' : 'worker.terminate();'),
      );
      const { stdout } = await runProfiled(runtime, folder, ['app.js']);
      const burnt = Number(stdout);
      const profile = folder.profile();
      const found = millisecondsIn(profile, (name) => name === 'burn');
      // On a busy machine the collector comes late to fetch what a terminated thread takes with it; then it is counted.
      const lost = Number(
        /with (\d+) ms of CPU time, whose thread ended/.exec(profile.model.comments.join())?.[1] ?? 0,
      );
      if (end === '') assert.ok(found > 0.9 * burnt, `${found} of ${burnt} ms`);
      else assert.ok(found > 0.6 * burnt && found + lost > 0.9 * burnt, `${found} of ${burnt} ms, ${lost} lost`);
    });
  }
}
