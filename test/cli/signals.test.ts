import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { parseProcessStatus, processStatusFileName } from '#profbuf/protocol/process-status.js';
import { processStatusText } from '#profbuf/protocol/signal-mask.js';
import { totalsOf } from '../collector/profiled-program.js';
import { runtimes } from '../runtimes.js';
import { busyFor, Folder, main, Run } from './command.js';

const skip = process.platform === 'win32' && 'signals are those of POSIX';

/** Ends with status 5 when its stdin ends, and says which signals came until then. */
const listener = `
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR2']) {
    process.on(signal, () => console.log('got ' + signal));
  }
  process.stdin.resume().on('end', () => process.exit(5));
  console.log('ready');
`;

/** What a program says so that {@link collecting} knows it. */
const ready = `console.log('ready', process.pid, process.env.PROFBUF_SESSION);`;

/** Waits until the collector of the program has taken samples for some time. */
async function collecting(run: Run): Promise<void> {
  const [, pid, session = ''] = await run.printed(/ready (\d+) (.*)\n/);
  const file = join(session, processStatusFileName(Number(pid)));
  const elapsedMs = () => parseProcessStatus(readFileSync(file, 'utf8'))?.elapsedMs ?? 0;
  while (elapsedMs() < 300) await delay(20);
}

/** How long a second delivery of the same signal is waited for. */
const secondDeliveryMs = 300;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR2'] as const) {
  test(`${signal} to the command reaches the program once, and the program decides what follows`, {
    skip,
  }, async (t) => {
    const folder = new Folder(t);
    folder.write('app.js', listener);
    const run = new Run(process.execPath, [main, 'record', '-q', 'app.js'], { cwd: folder.path });
    await run.printed('ready');
    run.process.kill(signal);
    await run.printed(`got ${signal}`);
    await delay(secondDeliveryMs);
    run.process.stdin?.end();
    assert.deepEqual(await run.end(), { code: 5, signal: null, stdout: `ready\ngot ${signal}\n`, stderr: '' });
    assert.deepEqual(folder.profiles(), ['profile.pb.gz']);
  });
}

test('a signal to the whole process group, such as Ctrl-C, reaches the program once', { skip }, async (t) => {
  const folder = new Folder(t);
  folder.write('app.js', listener);
  const run = new Run(process.execPath, [main, 'record', '-q', 'app.js'], { cwd: folder.path }, true);
  await run.printed('ready');
  assert.ok(run.process.pid);
  let expected = 'ready\n';
  for (const signal of ['SIGINT', 'SIGINT', 'SIGTERM'] as const) {
    process.kill(-run.process.pid, signal);
    expected += `got ${signal}\n`;
    await run.printed(expected);
    await delay(secondDeliveryMs);
  }
  run.process.stdin?.end();
  assert.deepEqual(await run.end(), {
    code: 5,
    signal: null,
    stdout: expected,
    stderr: '',
  });
});

/** The processes of that name that the parent has started. */
function childrenOf(parent: number, name: string): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => {
      const status = processStatusText(pid);
      return status.includes(`Name:\t${name}\n`) && status.includes(`PPid:\t${parent}\n`);
    });
}

test('and once where the machine is too busy for the witness to die of the signal in time', {
  skip: process.platform !== 'linux' && 'only Linux tells which signals wait for a process',
}, async (t) => {
  const folder = new Folder(t);
  folder.write('app.js', listener);
  const run = new Run(process.execPath, [main, 'record', '-q', 'app.js'], { cwd: folder.path }, true);
  await run.printed('ready');
  assert.ok(run.process.pid);
  // What is stopped gets its signals when it goes on.
  const [witness] = childrenOf(run.process.pid, 'cat');
  assert.ok(witness);
  process.kill(witness, 'SIGSTOP');
  while (!processStatusText(witness).includes('State:\tT')) await delay(5);
  process.kill(-run.process.pid, 'SIGINT');
  await run.printed('got SIGINT');
  await delay(secondDeliveryMs);
  process.kill(witness, 'SIGCONT');
  run.process.stdin?.end();
  assert.equal((await run.end()).stdout, 'ready\ngot SIGINT\n');
});

for (const runtime of runtimes) {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    for (const [state, code] of [
      ['waits', 'setInterval(() => {}, 1000);'],
      ['is in an endless loop', busyFor(60_000)],
    ] as const) {
      const name = `${runtime.name}: ${signal} to the command while the program ${state} ends both of it, with a profile`;
      test(name, { skip }, async (t) => {
        const folder = new Folder(t);
        folder.write('app.js', `${ready} ${code}`);
        const run = new Run(runtime.path, [main, 'record', 'app.js'], { cwd: folder.path });
        await collecting(run);
        run.process.kill(signal);
        const { code: status, signal: ending, stderr } = await run.end();
        assert.deepEqual([status, ending], [null, signal]);
        // What a signal may wait for is bounded: a program that gets no processor for so long loses its last window.
        assert.match(stderr, /profbuf: profile\.pb\.gz: .* (nothing lost|lost: .*(of CPU in no stack|1 window))$/m);
        if (state === 'waits') return;
        // Not the first row: on a busy machine, few samples meet what `busy` is called from as well.
        assert.ok(
          folder
            .profile()
            .top()
            .some(({ functionName, cum }) => functionName === 'busy' && cum > 0),
        );
      });
    }
  }
}

test('a program that is killed outright leaves the profile of its last checkpoint, and that is said', {
  skip,
}, async (t) => {
  const folder = new Folder(t);
  // From outside, as the kernel does that has no memory left: what a program sends itself is announced.
  const kill = `require('node:child_process').execSync('kill -9 ' + process.pid);`;
  folder.write('app.js', `${busyFor(7000)} ${kill}`);
  const run = new Run(process.execPath, [main, 'record', 'app.js'], { cwd: folder.path });
  const { signal, stderr } = await run.end();
  assert.equal(signal, 'SIGKILL');
  assert.match(stderr, /profbuf: profile\.pb\.gz: it was killed: .* last checkpoint/);
  const profile = folder.profile();
  assert.equal(profile.top(1)[0]?.functionName, 'busy');
  // The last checkpoint is some time ago. What is said is in the file, and what is not is said.
  const [, samples = '', amount = '', unit] = /pb\.gz: ([\d,]+) samples?, ([\d.]+) (m?s) of CPU in/.exec(stderr) ?? [];
  const totals = totalsOf(profile);
  assert.equal(Number(samples.replaceAll(',', '')), totals.samples);
  const said = Number(amount) * (unit === 's' ? 1e9 : 1e6);
  assert.ok(Math.abs(said - totals.nanos) <= 0.01 * totals.nanos, `${said} of ${totals.nanos}`);
  assert.match(stderr, /it was killed: .* last checkpoint, [\d.]+ m?s of CPU and more came after it\n/);
});
