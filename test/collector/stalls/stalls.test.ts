import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Folder, main, Run, root } from '../../cli/command.js';
import { runtimes } from '../../runtimes.js';
import { ServedProgram, shareOf } from '../http/served-program.js';
import { sampled } from '../profiled-program.js';

const threshold = 250;

const tools = `
  import { execSync } from 'node:child_process';
  import { readFileSync, writeFileSync } from 'node:fs';
  import { setTimeout as delay } from 'node:timers/promises';
  function spin(milliseconds) {
    let sum = 0;
    for (const end = performance.now() + milliseconds; performance.now() < end; ) {
      for (let i = 0; i < 1e4; i++) sum += Math.sqrt(i);
    }
    return sum;
  }
`;

/** What holds the loop for some 700 ms, one after the other, and what the report must say of it. */
const stalls: readonly [name: string, code: string, said: RegExp][] = [
  ['loop', 'spin(700)', /% in spin \(app\.mjs:\d+\) ← loop/],
  [
    'parse',
    'for (const end = performance.now() + 700; performance.now() < end; ) JSON.parse(large)',
    /% in (parse|\(garb)/,
  ],
  [
    'regex',
    `for (const end = performance.now() + 700; performance.now() < end; ) /^(a+)+$/.test('a'.repeat(22) + 'b')`,
    /% in (RegExp: \S+ ← )?regex \(app\.mjs:\d+\)/,
  ],
  // V8 knows the names of Node's native functions that were there when its sampler began: `spawn` comes later.
  [
    'exec',
    `execSync('sleep 0.7')`,
    /% in (spawn ← )?spawnSync .*execSync \(node:child_process:\d+\) ← exec \(app\.mjs:\d+\)/,
  ],
  ['pipe', `writeFileSync('opening', ''); readFileSync('pipe')`, /% in open ← .* ← pipe \(app\.mjs:\d+\)/],
  [
    'garbage',
    `for (const end = performance.now() + 700; performance.now() < end; ) {
      for (let i = 0, all = []; i < 1e6; i++) all.push({ i, list: [i] });
    }`,
    /% in (\(garbage collector\)|garbage )/,
  ],
  [
    'microtasks',
    'for (const end = performance.now() + 700; performance.now() < end; await null) spin(1)',
    /% in (spin \(app\.mjs:\d+\) ← )?microtasks/,
  ],
];

const stallingProgram = `${tools}
  const large = JSON.stringify(Array.from({ length: 3e5 }, (_, id) => ({ id, name: 'n' + id })));
  ${stalls.map(([name, code]) => `async function ${name}() { ${code}; }`).join('\n')}
  ${sampled}
  // To load all this is a stall as well.
  await delay(700);
  for (const stall of [${stalls.map(([name]) => name).join()}]) {
    if (stall === pipe) {
      const writer = 'while [ ! -e opening ]; do sleep 0.05; done; sleep 0.7; echo late > pipe';
      execSync('mkfifo pipe; (' + writer + ') > /dev/null 2>&1 &');
    }
    await delay(300);
    writeFileSync(2, '>> ' + stall.name + '\\n');
    // A turn of the loop of its own.
    await new Promise((done) => setTimeout(() => stall().then(done)));
    // The report is the collector's to write.
    await delay(700);
  }
`;

describe('each stall is named by what held the loop', { concurrency: 2 }, () => {
  for (const runtime of runtimes) {
    test(runtime.name, async (t) => {
      const folder = new Folder(t);
      const args = ['--require', `${root}dist/register.cjs`, folder.write('app.mjs', stallingProgram)];
      const run = new Run(runtime.path, args, { cwd: folder.path, env: { PROFBUF_STALL: String(threshold) } });
      const { code, stderr } = await run.end();
      assert.equal(code, 0, stderr);
      for (const [name, , said] of stalls) {
        await t.test(name, () => {
          const reported = stderr.split(`>> ${name}\n`)[1]?.split('>>')[0] ?? assert.fail(stderr);
          const reports = reported.match(/event loop blocked for [\d.]+ m?s: .*/g) ?? assert.fail(stderr);
          // On a busy machine a loop may wait for a processor so long that this is a stall, too.
          assert.ok(
            reports.some((report) => said.test(report)),
            reported,
          );
        });
      }
    });
  }
});

test('an endless stall is reported while it goes on, soon after it has become one', async (t) => {
  const folder = new Folder(t);
  const script = folder.write(
    'app.mjs',
    `${tools}
    function hang() {
      console.log('hang', Date.now());
      for (;;);
    }
    ${sampled}
    setTimeout(hang);`,
  );
  const run = new Run(process.execPath, [main, 'record', '--stall', String(threshold), script], { cwd: folder.path });
  t.after(() => run.process.kill('SIGKILL'));
  await run.printed('hang');
  // The first report comes when the stall has become one, the others when it has lasted for 1 s, 2 s, 4 s and so on.
  await run.said(/blocked for [\d.]+ m?s so far: .*blocked for [\d.]+ s so far: (9\d|100) % in hang \(app\.mjs:\d+\)/s);
  // By its own account. How late it is on a machine that has time is for `npm run bench:http` to say.
  const [, length, unit] = await run.said(/blocked for ([\d.]+) (m?s) so far: /);
  const first = Number(length) * (unit === 's' ? 1000 : 1);
  assert.ok(first >= threshold && first < threshold + 3000, `${first} ms`);
  run.process.kill('SIGTERM');
  const { signal, stderr } = await run.end();
  assert.equal(signal, 'SIGTERM');
  assert.match(stderr, /event loop blocked for [\d.]+ s: (9\d|100) % in hang/);
});

describe('no stall is seen where there is none', { concurrency: 2 }, () => {
  const programs: Readonly<Record<string, string>> = {
    'an idle loop': 'await delay(2500);',
    'a busy loop that turns': 'for (let i = 0; i < 120; i++) { spin(20); await delay(0); }',
    'a loop that turns all the time': `await new Promise((done) => {
      const end = performance.now() + 2500;
      const turn = () => { if (performance.now() < end) setImmediate(turn); else done(); }; turn(); });`,
    'a process that was stopped meanwhile': `console.log('stop me'); await delay(4000);`,
  };
  for (const [what, code] of Object.entries(programs)) {
    test(what, async (t) => {
      const folder = new Folder(t);
      const script = folder.write('app.mjs', `${tools} ${sampled} await delay(500); console.log('begin'); ${code}`);
      // Longer than a busy machine makes a loop wait for a processor.
      const env = { PROFBUF_STALL: '1000' };
      const run = new Run(process.execPath, ['--require', `${root}dist/register.cjs`, script], {
        cwd: folder.path,
        env,
      });
      await run.printed('begin');
      const before = run.stderr.length;
      if (code.includes('stop me')) {
        await run.printed('stop me');
        run.process.kill('SIGSTOP');
        await new Promise((resolve) => setTimeout(resolve, 2500));
        run.process.kill('SIGCONT');
      }
      const { stderr } = await run.end();
      assert.doesNotMatch(stderr.slice(before), /event loop blocked/);
    });
  }
});

test('onStall is called when the loop turns again, with the stacks and the labels in force', async (t) => {
  const folder = new Folder(t);
  folder.write('app.mjs', '');
  const script = folder.write(
    'app.mjs',
    `${tools}
    import { startProfiler, withLabels } from ${JSON.stringify(`${root}dist/index.js`)};
    const stalls = [];
    const profiler = await startProfiler({ stall: { thresholdMs: 200, onStall: (stall) => stalls.push(stall) } });
    await delay(500);
    const begun = Date.now();
    withLabels({ route: '/import' }, function handler() { spin(800); });
    for (let i = 0; i < 1000 && !stalls.some(({ startedAt }) => startedAt > begun - 500); i++) await delay(20);
    await profiler.stop();
    console.log(JSON.stringify({ begun, stall: stalls.at(-1) }));`,
  );
  const run = new Run(process.execPath, [script], { cwd: folder.path });
  const { code, stdout, stderr } = await run.end();
  assert.equal(code, 0, stderr);
  const { begun, stall } = JSON.parse(stdout);
  assert.ok(Math.abs(stall.startedAt - begun) < 1000, `${stall.startedAt - begun} ms apart`);
  assert.ok(stall.durationMs > 300 && stall.durationMs < 3000, `${stall.durationMs} ms`);
  assert.equal(stall.isOver, true);
  const spinning = stall.stacks.filter(({ frames }: { frames: { functionName: string }[] }) =>
    frames.some(({ functionName }) => functionName === 'handler'),
  );
  const share = spinning.reduce((sum: number, stack: { share: number }) => sum + stack.share, 0);
  assert.ok(share > 0.8, stdout);
  assert.deepEqual(spinning[0].labels, { route: '/import' });
  assert.match(stderr, /event loop blocked for \d+ ms: \d+ % in spin \(app\.mjs:\d+\) ← handler, route=\/import/);
});

test('block has the time of stalls by the stack that held the loop, of a hanging program too', async (t) => {
  const program = await ServedProgram.hanging(t);
  const profile = await program.profile('block?seconds=2');
  const delays = profile.model.samples.reduce((sum, { values }) => sum + Number(values[1]), 0) / 1e9;
  assert.ok(delays > 1 && delays < 6, `${delays} s`);
  assert.ok(shareOf(profile, 'hang') > 0.9, profile.topTable());
  assert.match(
    await program.text('block?debug=1'),
    /^--- contention:\ncycles\/second=1000000000\n\d+ \d+ @\n#\thang\t/,
  );
});

test('block counts a stall that is over once, with its length', async (t) => {
  const program = await ServedProgram.start(
    t,
    `${tools} process.stdin.on('data', function handler() { spin(800); console.log('over'); });`,
  );
  await program.sampled();
  await program.profile('block');
  program.run.process.stdin?.write('x');
  await program.run.printed('over');
  let profile = await program.profile('block');
  // A loop that waits for a processor long enough is a stall as well, elsewhere.
  const ofSpin = (type: string) =>
    profile.top(Number.POSITIVE_INFINITY, type).find(({ functionName }) => functionName === 'spin')?.cum ?? 0;
  for (let i = 0; i < 1000 && ofSpin('contentions') === 0; i++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    profile = await program.profile('block');
  }
  assert.equal(ofSpin('contentions'), 1);
  const milliseconds = ofSpin('delay') / 1e6;
  assert.ok(milliseconds > 300 && milliseconds < 3000, `${milliseconds} ms`);
});
