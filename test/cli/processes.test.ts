import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Session } from '#profbuf/cli/session.js';
import { runtimes } from '../runtimes.js';
import { busyFor, Folder, main, profbuf, root, run } from './command.js';

/** The files of the run by program: `profile.<program>.<pid>.pb.gz`. */
function programs(folder: Folder): string[] {
  return folder.profiles().map((name) => /^profile\.(.+)\.\d+\.pb\.gz$/.exec(name)?.[1] ?? name);
}

/** The names of the functions that a profile knows. */
function functions(folder: Folder, file: string): Set<string> {
  return new Set(folder.profile(file).model.functions.map(({ name }) => name));
}

for (const runtime of runtimes) {
  test(`${runtime.name}: child_process.fork gives a profile of each process`, async (t) => {
    const folder = new Folder(t);
    folder.write('child.js', `${busyFor(1500)} process.send('done'); process.disconnect();`);
    folder.write(
      'parent.js',
      `require('node:child_process').fork('./child.js').on('message', (m) => console.log(m)); ${busyFor(1000)}`,
    );
    const { code, stdout, stderr } = await run(runtime.path, [main, 'record', 'parent.js'], { cwd: folder.path });
    assert.equal(code, 0);
    assert.equal(stdout, 'done\n');
    assert.deepEqual(programs(folder), ['child.js', 'parent.js']);
    assert.match(stderr, /profbuf: 2 Node\.js processes\n/);
    for (const file of folder.profiles()) {
      assert.match(stderr, new RegExp(`^profbuf: ${file}: \\d+ samples?, `, 'm'));
      assert.ok(functions(folder, file).has('busy'));
    }
    assert.match(stderr, /^profile\.child\.js\.\d+\.pb\.gz, the busiest:\nShowing nodes accounting for/m);
  });

  test(`${runtime.name}: a cluster gives a profile of each process`, async (t) => {
    const folder = new Folder(t);
    folder.write(
      'app.js',
      `const cluster = require('node:cluster');
      if (cluster.isPrimary) {
        cluster.fork(); cluster.fork();
        cluster.on('exit', (worker, code) => console.log('worker', code));
      } else { ${busyFor(1000)} process.exit(9); }`,
    );
    const { code, stdout } = await run(runtime.path, [main, 'record', 'app.js'], { cwd: folder.path });
    assert.equal(code, 0);
    assert.equal(stdout, 'worker 9\nworker 9\n');
    assert.deepEqual(programs(folder), ['app.js', 'app.js', 'app.js']);
    assert.equal(folder.profiles().filter((file) => functions(folder, file).has('busy')).length, 2);
  });

  test(`${runtime.name}: worker threads are in their process's profile`, async (t) => {
    const folder = new Folder(t);
    folder.write(
      'app.js',
      `const { Worker, isMainThread } = require('node:worker_threads');
      if (isMainThread) new Worker(__filename).on('exit', (code) => console.log('worker', code));
      else { ${busyFor(1500)} }`,
    );
    const { code, stdout } = await run(runtime.path, [main, 'record', 'app.js'], { cwd: folder.path });
    assert.equal(code, 0);
    assert.equal(stdout, 'worker 0\n');
    assert.deepEqual(folder.profiles(), ['profile.pb.gz']);
    assert.ok(functions(folder, 'profile.pb.gz').has('busy'));
  });

  test(`${runtime.name}: a program under --inspect is recorded and ends`, async (t) => {
    const folder = new Folder(t);
    folder.write('app.js', `${busyFor(800)} process.exit(4);`);
    const words = ['record', '--', '--inspect=127.0.0.1:0', 'app.js'];
    const { code, stderr } = await run(runtime.path, [main, ...words], { cwd: folder.path });
    assert.equal(code, 4);
    assert.match(stderr, /Debugger listening on ws:\/\/127\.0\.0\.1/);
    assert.doesNotMatch(stderr, /Waiting for the debugger to disconnect/);
    assert.equal(folder.profile().top(1)[0]?.functionName, 'busy');
  });
}

test('an npm script is recorded, and npm with it', async (t) => {
  const folder = new Folder(t);
  folder.write('app.js', busyFor(800));
  folder.write('package.json', JSON.stringify({ scripts: { start: 'node app.js && exit 6' } }));
  const { code } = await profbuf(['record', 'npm', '--silent', 'start'], { cwd: folder.path });
  assert.equal(code, 6);
  const [app] = folder.profiles().filter((name) => name.startsWith('profile.app.js.'));
  assert.ok(app, `an app.js in ${folder.profiles()}`);
  assert.equal(folder.profile(app).top(1)[0]?.functionName, 'busy');
});

test('npx runs a recorded command of node_modules/.bin', { skip: process.platform === 'win32' }, async (t) => {
  const folder = new Folder(t);
  folder.write('package.json', '{}');
  chmodSync(folder.write('node_modules/.bin/tool', `#!/usr/bin/env node\n${busyFor(800)} console.log('tool');`), 0o755);
  const viaNpx = await profbuf(['record', 'npx', '--no', 'tool'], { cwd: folder.path });
  assert.equal(viaNpx.stdout, 'tool\n');
  assert.ok(programs(folder).includes('tool'), `a tool in ${folder.profiles()}`);
  const direct = await profbuf(['record', '-o', 'direct.pb.gz', './node_modules/.bin/tool'], { cwd: folder.path });
  assert.equal(direct.stdout, 'tool\n');
  assert.equal(folder.profile('direct.pb.gz').top(1)[0]?.functionName, 'busy');
});

test('a process that outlives the command is said to run on, and completes its profile', {
  skip: process.platform === 'win32',
}, async (t) => {
  const folder = new Folder(t);
  folder.write(
    'app.js',
    `const { writeFileSync } = require('node:fs');
    writeFileSync('begun', ''); ${busyFor(2000)} writeFileSync('done', '');`,
  );
  const line = 'node app.js > /dev/null 2>&1 & while [ ! -e begun ]; do sleep 0.05; done; exit 4';
  const { code, stderr } = await profbuf(['record', line], { cwd: folder.path });
  assert.equal(code, 4);
  assert.match(stderr, /app\.js.* runs on/);
  while (!existsSync(join(folder.path, 'done')) || folder.profiles().length === 0) await delay(50);
  const [file = ''] = folder.profiles();
  const pid = Number(/^profile\.app\.js\.(\d+)\.pb\.gz$/.exec(file)?.[1]);
  // It writes once more at its end, after which the folder can go.
  while (existsSync(`/proc/${pid}`)) await delay(50);
  assert.equal(folder.profile(file).top(1)[0]?.functionName, 'busy');
});

test('a process that writes how it is doing while the command ends does not make it fail', async (t) => {
  const writer = fork(
    new Folder(t).write(
      'writer.cjs',
      `const { renameSync, writeFileSync } = require('node:fs');
      process.on('message', (folder) => {
        process.send('begun');
        try {
          for (;;) {
            writeFileSync(folder + '/1.json.new', '{}');
            renameSync(folder + '/1.json.new', folder + '/1.json');
          }
        } catch {
          process.send('gone');
        }
      });`,
    ),
  );
  t.after(() => writer.kill());
  for (let i = 0; i < 50; i++) {
    const session = new Session();
    writer.send(session.directory);
    assert.equal((await once(writer, 'message'))[0], 'begun');
    const gone = once(writer, 'message');
    await delay(5);
    session.close();
    assert.equal((await gone)[0], 'gone');
    assert.equal(existsSync(session.directory), false);
  }
});

test('one word with spaces is a line for the shell', { skip: process.platform === 'win32' }, async (t) => {
  const folder = new Folder(t);
  folder.write('app.js', `console.log(process.argv[2])`);
  const line = 'node app.js one | cat && node app.js "$NAME"; exit 8';
  const { code, stdout } = await profbuf(['record', '-q', line], { cwd: folder.path, env: { NAME: 'two' } });
  assert.equal(stdout, 'one\ntwo\n');
  assert.equal(code, 8);
  assert.deepEqual(programs(folder), ['app.js', 'app.js']);
});

test('profbuf may be installed in a folder with spaces and quotes in its name', async (t) => {
  const folder = new Folder(t, 'profbuf "test" of a name ');
  for (const part of ['dist', 'package.json']) {
    cpSync(join(root, part), join(folder.path, 'profbuf', part), { recursive: true });
  }
  folder.write('app.js', busyFor(800));
  const copy = join(folder.path, 'profbuf/dist/cli/main.js');
  const { code } = await run(process.execPath, [copy, 'record', 'app.js'], { cwd: folder.path });
  assert.equal(code, 0);
  assert.equal(folder.profile().top(1)[0]?.functionName, 'busy');
});

test('CPU time of processes that are in no profile is said', async (t) => {
  const folder = new Folder(t);
  folder.write('child.js', busyFor(600));
  const start = `require('node:child_process').spawnSync(process.execPath, ['child.js'], { env: process.argv[2] ? {} : process.env });`;
  folder.write('parent.js', `${start} ${busyFor(200)}`);
  const said = /^profbuf: ([\d.]+) ms of [\d.]+ m?s of CPU were used by processes that are in no profile: /m;
  const own = await profbuf(['record', 'parent.js', 'own environment'], { cwd: folder.path });
  const [, milliseconds] = said.exec(own.stderr) ?? [];
  assert.ok(Number(milliseconds) >= 500, own.stderr);
  const inherited = await profbuf(['record', 'parent.js'], { cwd: folder.path });
  assert.match(inherited.stderr, /profbuf: 2 Node\.js processes\n/);
  assert.doesNotMatch(inherited.stderr, said);
});
