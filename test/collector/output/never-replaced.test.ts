import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { busyFor, Folder, main, profbuf, type Result, root, run } from '../../cli/command.js';
import { container, withoutContainers } from '../../container.js';
import { runtimes } from '../../runtimes.js';
import { busyUntil, runProfiled, samplesIn, withoutOurs } from '../profiled-program.js';

const preload = join(root, 'dist/register.cjs');
const posix = { skip: process.platform === 'win32' && 'these are lines for a POSIX shell' };

/** Of each profile, in which of the scripts it has samples. */
function programsIn(folder: Folder, scripts: readonly string[]): Record<string, string> {
  const profiles = readdirSync(folder.path).filter((name) => name.endsWith('.pb.gz'));
  return Object.fromEntries(
    profiles.map((name) => [name, scripts.filter((script) => samplesIn(folder.profile(name), script) > 0).join()]),
  );
}

function shell(line: string, folder: Folder, env: NodeJS.ProcessEnv = {}): Promise<Result> {
  return run('sh', ['-c', line], { cwd: folder.path, env: { NODE_OPTIONS: `--require ${preload}`, ...env } });
}

test('processes that are to write one file write one each: one after the other', posix, async (t) => {
  const folder = new Folder(t);
  for (const name of ['a.js', 'b.js']) folder.write(name, `${busyUntil(5)} console.log(1);`);
  const line = 'node a.js; node b.js';
  const bare = await shell(line, folder, { NODE_OPTIONS: '' });
  const { stderr, ...rest } = await shell(line, folder, { PROFBUF_OUTPUT: 'cpu.pb.gz' });
  assert.deepEqual({ ...rest, stderr: '' }, bare);
  assert.deepEqual(programsIn(folder, ['a.js', 'b.js']), { 'cpu.pb.gz': 'a.js', 'cpu.2.pb.gz': 'b.js' });
  assert.match(
    stderr,
    /^profbuf: wrote \S+cpu\.pb\.gz: .*\nprofbuf: \S+cpu\.pb\.gz is of another run or process, and stays: this profile is \S+cpu\.2\.pb\.gz\nprofbuf: wrote \S+cpu\.2\.pb\.gz: .*\n$/,
  );
  const quiet = await shell('node a.js', folder, { PROFBUF_OUTPUT: 'cpu.pb.gz', PROFBUF_QUIET: '1' });
  assert.match(quiet.stderr, /^profbuf: \S+cpu\.pb\.gz is of another run [^\n]*cpu\.3\.pb\.gz\n$/);
});

test('processes that are to write one file write one each: at once, checkpoint by checkpoint', posix, async (t) => {
  const folder = new Folder(t);
  const scripts = ['a.js', 'b.js', 'c.js'];
  // Each goes on until the others have written twice, and so itself beside them.
  for (const name of scripts) {
    folder.write(
      name,
      `${busyUntil(5)}
      const written = () => require('node:fs').readdirSync('.').filter((name) => name.endsWith('.pb.gz')).length;
      const end = Date.now() + 3000;
      setInterval(() => { busy(); if (written() >= 3 && Date.now() > end) process.exit(); }, 20);`,
    );
  }
  await shell('node a.js & node b.js & node c.js & wait', folder, { PROFBUF_OUTPUT: 'cpu.pb.gz' });
  const programs = programsIn(folder, scripts);
  assert.deepEqual(Object.keys(programs).sort(), ['cpu.2.pb.gz', 'cpu.3.pb.gz', 'cpu.pb.gz']);
  assert.deepEqual(Object.values(programs).sort(), scripts);
});

test('containers that share a folder have processes of one id, and a profile of each', {
  skip: withoutContainers,
}, async (t) => {
  const folder = new Folder(t);
  // One script, whose first process waits for the second.
  folder.write(
    'app.js',
    `console.log(process.pid); ${busyUntil(5)}
    const fs = require('node:fs');
    fs.writeFileSync('begun.' + process.argv[2], '');
    while (!fs.existsSync('begun.1') || !fs.existsSync('begun.2')) busy();
    if (process.argv[2] === '2') require('./second.js');`,
  );
  folder.write('second.js', busyUntil(5));
  const started = [1, 2].map((number) =>
    run(container[0], [...container.slice(1), process.execPath, '--require', preload, 'app.js', String(number)], {
      cwd: folder.path,
    }),
  );
  for (const { stdout } of await Promise.all(started)) assert.equal(stdout, '1\n');
  const programs = programsIn(folder, ['app.js', 'second.js']);
  assert.deepEqual(Object.keys(programs).sort(), ['profile.app.js.1.2.pb.gz', 'profile.app.js.1.pb.gz']);
  assert.deepEqual(Object.values(programs).sort(), ['app.js', 'app.js,second.js']);
});

test('containers under one command have a profile of each', {
  skip: withoutContainers,
}, async (t) => {
  const folder = new Folder(t);
  folder.write('app.js', busyUntil(5));
  const line = `${container.join(' ')} node app.js`;
  const { code, stderr } = await profbuf(['record', `${line} & ${line} & wait`], { cwd: folder.path });
  assert.equal(code, 0);
  assert.match(stderr, /^profbuf: 2 Node\.js processes$/m);
  assert.deepEqual(folder.profiles(), ['profile.app.js.1.2.pb.gz', 'profile.app.js.1.pb.gz']);
});

test('of two runs of the command with one output the later has its name, and the earlier stays', async (t) => {
  const folder = new Folder(t);
  folder.write('app.js', busyUntil(1));
  const record = (...words: string[]) => profbuf(['record', ...words, 'app.js'], { cwd: folder.path });
  const first = await record();
  assert.doesNotMatch(first.stderr, /had that name/);
  const earlier = folder.read('profile.pb.gz');
  const { code, stderr } = await record();
  assert.equal(code, 0);
  assert.match(stderr, /^profbuf: profile\.pb\.gz: what had that name before is now profile\.1\.pb\.gz$/m);
  assert.deepEqual(folder.read('profile.1.pb.gz'), earlier);
  assert.notDeepEqual(folder.read('profile.pb.gz'), earlier);

  folder.write('made.cpuprofile', '');
  const converted = await record('-o', 'made.cpuprofile');
  assert.doesNotMatch(converted.stderr, /had that name/);
  await record('-q', '-o', 'made.cpuprofile');
  assert.deepEqual(readdirSync(folder.path).sort(), [
    'app.js',
    'made.1.cpuprofile',
    'made.cpuprofile',
    'profile.1.pb.gz',
    'profile.pb.gz',
  ]);
});

test('a profile that was there before is not taken for that of a process that ended without one', posix, async (t) => {
  const folder = new Folder(t);
  // The signal is sent by another process: one to itself would have the profile written.
  folder.write(
    'app.js',
    "require('node:fs').writeFileSync('profile.app.js.' + process.pid + '.pb.gz', 'old'); require('node:child_process').execSync('kill -9 ' + process.pid);",
  );
  const { signal, stderr } = await profbuf(['record', 'app.js'], { cwd: folder.path });
  assert.equal(signal, 'SIGKILL');
  assert.match(stderr, /there is no profile of app\.js \(\d+\): it ended before its first checkpoint/);
  const [old = ''] = folder.profiles();
  assert.equal(folder.read(old).toString(), 'old');
});

for (const runtime of runtimes.filter(({ major }) => major >= 22)) {
  describe(`${runtime.name}: process.execve`, posix, () => {
    const exec = (words: string) =>
      `process.execve(process.execPath, [process.execPath, ...process.execArgv, ${words}], process.env);`;

    test('has a whole profile before it, and another one of what follows', async (t) => {
      const folder = new Folder(t);
      folder.write('last.js', busyFor(100));
      folder.write(
        'second.js',
        `${busyUntil(5)} console.log('second', process.argv[2], process.pid > 0); process.exitCode = 3;`,
      );
      folder.write(
        'first.js',
        `${busyUntil(5)} require('./last.js'); console.log('first'); ${exec("require.resolve('./second.js'), 'word'")}`,
      );
      const bare = await run(runtime.path, ['first.js'], { cwd: folder.path });
      assert.equal(bare.stdout, 'first\nsecond word true\n');
      const env = { PROFBUF_OUTPUT: 'cpu.pb.gz' };
      const { stderr, ...rest } = await runProfiled(runtime, folder, ['first.js'], { env });
      assert.deepEqual({ ...rest, stderr: withoutOurs(stderr) }, bare);
      assert.deepEqual(programsIn(folder, ['first.js', 'last.js', 'second.js']), {
        'cpu.pb.gz': 'first.js,last.js',
        'cpu.2.pb.gz': 'second.js',
      });
      const recorded = await run(runtime.path, [main, 'record', 'first.js'], { cwd: folder.path });
      assert.deepEqual([recorded.stdout, recorded.code], [bare.stdout, bare.code]);
      assert.match(recorded.stderr, /^profbuf: 2 Node\.js processes$/m);
      assert.doesNotMatch(recorded.stderr, /runs on|killed|debugger/);
      assert.match(folder.profiles().join(' '), /^profile\.first\.js\.(\d+)\.pb\.gz profile\.second\.js\.\1\.pb\.gz$/);
    });

    test('of the same script, again and again', async (t) => {
      const folder = new Folder(t);
      folder.write(
        'app.js',
        `${busyUntil(1)} const n = Number(process.argv[2] ?? 1); if (n < 3) ${exec('__filename, String(n + 1)')}`,
      );
      const { stderr, code } = await run(runtime.path, [main, 'record', '-q', 'app.js'], { cwd: folder.path });
      assert.deepEqual([code, stderr], [0, '']);
      const pid = /^profile\.app\.js\.(\d+)\./.exec(folder.profiles()[0] ?? '')?.[1];
      assert.deepEqual(folder.profiles(), [
        `profile.app.js.${pid}.2.pb.gz`,
        `profile.app.js.${pid}.3.pb.gz`,
        `profile.app.js.${pid}.pb.gz`,
      ]);
    });

    test('with arguments that it refuses, or a file that is not there, ends as without a profiler', async (t) => {
      const folder = new Folder(t);
      folder.write('after.js', busyUntil(5));
      folder.write(
        'app.js',
        `try { process.execve(5); } catch (error) { console.log(error.code); }
        try { process.execve('/bin/sh', ['sh'], { A: 1 }); } catch (error) { console.log(error.code); }
        require('./after.js');
        try { process.execve('/no/such/file', []); } catch (error) { console.log(error.code); }
        require('./after.js');`,
      );
      const bare = await run(runtime.path, ['app.js'], { cwd: folder.path });
      const { stdout, code, signal } = await runProfiled(runtime, folder, ['app.js']);
      assert.deepEqual([stdout, code, signal], [bare.stdout, bare.code, bare.signal]);
      if (runtime.major >= 26) assert.ok(samplesIn(folder.profile(), 'after.js') >= 5);
    });
  });
}

for (const [mode, container, env] of [
  ['fork', 'ProcessContainerFork.js', { pm_exec_path: '/srv/shop/server.js', name: 'shop' }],
  [
    'cluster',
    'ProcessContainer.js',
    { pm2_env: JSON.stringify({ pm_exec_path: '/srv/shop/server.js', name: 'shop' }) },
  ],
] as const) {
  test(`a program under pm2 has its own name (${mode})`, async (t) => {
    const folder = new Folder(t);
    folder.write(container, '');
    const { code } = await run(process.execPath, ['--require', preload, container], { cwd: folder.path, env });
    assert.equal(code, 0);
    assert.match(folder.profiles().join(), /^profile\.server\.js\.\d+\.pb\.gz$/);
  });
}
