import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Folder, main, Run, root } from '../cli/command.js';
import { runtimes } from '../runtimes.js';
import { ServedProgram, shareOf } from './served-program.js';

/** Longer than a busy machine makes a loop wait, for programs that are to have no stall. */
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

/** What holds the loop, one after the other, and what the report must say of it. */
const stalls: readonly [name: string, code: string, said: RegExp][] = [
  ['loop', 'spin(700)', /% in spin \(app\.mjs:\d+\) ← loop/],
  [
    'parse',
    'for (const end = performance.now() + 600; performance.now() < end; ) JSON.parse(large)',
    /% in (parse|\(garb)/,
  ],
  ['regex', `/^(a+)+$/.test('a'.repeat(25) + 'b')`, /% in regex \(app\.mjs:\d+\)/],
  ['exec', `execSync('sleep 0.7')`, /% in spawn ← .*execSync \(node:child_process:\d+\) ← exec \(app\.mjs:\d+\)$/m],
  ['pipe', `readFileSync('pipe')`, /% in open ← .* ← pipe \(app\.mjs:\d+\)/],
  [
    'garbage',
    'for (let i = 0, all = []; i < 4e6; i++) all.push({ i, list: [i] })',
    /% in (\(garbage collector\)|garbage )/,
  ],
  [
    'microtasks',
    'for (const end = performance.now() + 700; performance.now() < end; ) await null',
    /% in (microtasks|now) /,
  ],
];

const stallingProgram = `${tools}
  const large = JSON.stringify(Array.from({ length: 3e5 }, (_, id) => ({ id, name: 'n' + id })));
  ${stalls.map(([name, code]) => `async function ${name}() { ${code}; }`).join('\n')}
  await delay(1500);
  for (const stall of [${stalls.map(([name]) => name).join()}]) {
    if (stall === pipe) execSync('mkfifo pipe; (sleep 1; echo late > pipe) > /dev/null 2>&1 &');
    await delay(300);
    writeFileSync(2, '>> ' + stall.name + '\\n');
    // A turn of the loop of its own.
    await new Promise((done) => setTimeout(() => stall().then(done)));
    await delay(300);
    writeFileSync(2, '<<\\n');
  }
`;

for (const runtime of runtimes.filter(({ major }) => major === 20 || major === 26)) {
  test(`${runtime.name}: each stall is named by what held the loop`, async (t) => {
    const folder = new Folder(t);
    const args = ['--require', `${root}dist/register.cjs`, folder.write('app.mjs', stallingProgram)];
    const run = new Run(runtime.path, args, { cwd: folder.path, env: { PROFBUF_STALL: String(threshold) } });
    const { code, stderr } = await run.end();
    assert.equal(code, 0, stderr);
    for (const [name, , said] of stalls) {
      await t.test(name, () => {
        const reported = stderr.split(`>> ${name}\n`)[1]?.split('<<')[0] ?? assert.fail(stderr);
        assert.match(/event loop blocked for [\d.]+ m?s: .*/.exec(reported)?.[0] ?? assert.fail(stderr), said);
      });
    }
  });
}

test('an endless stall is reported while it goes on, soon after it has become one', async (t) => {
  const folder = new Folder(t);
  const script = folder.write(
    'app.mjs',
    `${tools}
    function hang() {
      console.log('hang', Date.now());
      for (;;);
    }
    await delay(1500);
    setTimeout(hang);`,
  );
  const run = new Run(process.execPath, [main, 'record', '--stall', String(threshold), script], { cwd: folder.path });
  t.after(() => run.process.kill('SIGKILL'));
  await run.printed('hang');
  while (!/blocked for 1\.\d s so far/.test(run.stderr)) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.match(run.stderr, /event loop blocked for [\d.]+ m?s so far: 100 % in hang \(app\.mjs:\d+\)/);
  // By its own account. How late it is on a machine that has time is for `npm run bench:http` to say.
  const first = Number(/blocked for (\d+) ms so far: /.exec(run.stderr)?.[1]);
  assert.ok(first >= threshold && first < threshold + 1500, `${first} ms`);
  run.process.kill('SIGTERM');
  const { signal, stderr } = await run.end();
  assert.equal(signal, 'SIGTERM');
  assert.match(stderr, /event loop blocked for [\d.]+ s: 100 % in hang/);
});

test('no stall is seen where there is none', async (t) => {
  const programs: Readonly<Record<string, string>> = {
    'an idle loop': 'await delay(1500);',
    'a busy loop that turns': 'for (let i = 0; i < 60; i++) { spin(20); await delay(0); }',
    'a loop that turns all the time': `let n = 0; await new Promise((done) => {
      const turn = () => { if (n++ < 200_000) setImmediate(turn); else done(); }; turn(); });`,
    'a process that was stopped meanwhile': `console.log('stop me'); await delay(2500);`,
  };
  for (const [what, code] of Object.entries(programs)) {
    await t.test(what, async (t) => {
      const folder = new Folder(t);
      const script = folder.write('app.mjs', `${tools} await delay(800); console.log('begin'); ${code}`);
      const env = { PROFBUF_STALL: '600' };
      const run = new Run(process.execPath, ['--require', `${root}dist/register.cjs`, script], {
        cwd: folder.path,
        env,
      });
      await run.printed('begin');
      const before = run.stderr.length;
      if (code.includes('stop me')) {
        await run.printed('stop me');
        run.process.kill('SIGSTOP');
        await new Promise((resolve) => setTimeout(resolve, 1500));
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
    for (let i = 0; i < 100 && stalls.length === 0; i++) await delay(20);
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
  const total = (type: number) => profile.model.samples.reduce((sum, { values }) => sum + Number(values[type]), 0);
  for (let i = 0; i < 100 && total(0) === 0; i++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    profile = await program.profile('block');
  }
  assert.equal(total(0), 1);
  assert.ok(total(1) > 300e6 && total(1) < 3000e6, `${total(1) / 1e6} ms`);
  assert.ok(shareOf(profile, 'spin') > 0.8, profile.topTable());
});
