import assert from 'node:assert/strict';
import { chmodSync, cpSync, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { oldRuntime } from '../runtimes.js';
import { busyFor, Folder, main, profbuf, root, run } from './command.js';

/*
 * Processes under the command that cannot run, read or write what ours do. test/cli/foreign-processes.soak.test.ts has the
 * Nodes between, and Yarn's Plug'n'Play.
 */

/** The package in a folder of this name. */
function installed(folder: Folder, name: string): string {
  for (const part of ['dist', 'package.json']) {
    cpSync(join(root, part), join(folder.path, name, part), { recursive: true });
  }
  return join(folder.path, name, 'dist/cli/main.js');
}

const old = oldRuntime();
const noOld = old === undefined && 'Node 8 is there for Linux x64 only';

for (const [where, name] of [
  ['', 'package'],
  [', with the package in a folder whose name has to be quoted', 'a "package"'],
] as const) {
  test(`Node 8 runs unprofiled, and one line says so${where}`, { skip: noOld }, async (t) => {
    assert.ok(old);
    const folder = new Folder(t);
    folder.write(
      'app.js',
      "console.log(process.version, process.argv.length); console.error('said'); process.exitCode = 3;",
    );
    const command = installed(folder, name);
    const bare = await run(old.path, ['app.js', 'word'], { cwd: folder.path });
    const recorded = await run(process.execPath, [command, 'record', old.path, 'app.js', 'word'], { cwd: folder.path });
    assert.deepEqual([recorded.code, recorded.stdout], [bare.code, bare.stdout]);
    assert.match(
      recorded.stderr,
      /^profbuf: recording .*\nsaid\nprofbuf: app\.js \(\d+\) was not profiled: Node\.js v8\.\d+\.\d+ is too old: profbuf needs 20\.19 or later\n(profbuf: .* were used by processes that are in no profile: [^\n]+\n)?$/,
    );
    assert.deepEqual(folder.profiles(), []);
  });
}

test('a Node 8 below a Node that is profiled keeps nothing from being recorded', { skip: noOld }, async (t) => {
  assert.ok(old);
  const folder = new Folder(t);
  folder.write('old.js', 'console.log(process.version);');
  folder.write(
    'app.js',
    `require('node:child_process').execFileSync(${JSON.stringify(old.path)}, ['old.js'], { stdio: 'inherit' }); ${busyFor(300)}`,
  );
  const { code, stdout, stderr } = await profbuf(['record', 'app.js'], { cwd: folder.path });
  assert.equal(code, 0);
  assert.match(stdout, /^v8\./);
  assert.match(stderr, /^profbuf: old\.js \(\d+\) was not profiled: Node\.js v8/m);
  assert.equal(folder.profile().top(1)[0]?.functionName, 'busy');
});

const notRoot = process.getuid?.() !== 0 && 'only root starts processes of other users';
const nobody = 65_534;

/** A program that runs `app.js` as another user. */
const asNobody = `
  const { spawnSync } = require('node:child_process');
  const { status } = spawnSync(process.execPath, ['app.js'], { stdio: 'inherit', uid: ${nobody}, gid: ${nobody} });
  process.exitCode = status;`;

test("a process of another user runs, with the package in a folder of root's own", { skip: notRoot }, async (t) => {
  const folder = new Folder(t);
  folder.write('app.js', `${busyFor(300)} console.log(process.getuid()); process.exitCode = 3;`);
  folder.write('start.js', asNobody);
  folder.write('public/keep', '');
  chmodSync(folder.path, 0o755);
  chmodSync(join(folder.path, 'public'), 0o777);
  const command = installed(folder, 'private');
  chmodSync(join(folder.path, 'private'), 0o700);
  const bare = await run(process.execPath, ['start.js'], { cwd: folder.path });
  const words = [command, 'record', '-o', 'public/profile.pb.gz', 'start.js'];
  const { code, stdout, stderr } = await run(process.execPath, words, { cwd: folder.path });
  assert.deepEqual([code, stdout], [bare.code, bare.stdout]);
  const profile = readdirSync(join(folder.path, 'public')).find((name) => name.startsWith('profile.app.js.'));
  assert.ok(profile, stderr);
  // It is the other user's, and the report knows it.
  assert.equal(lstatSync(join(folder.path, 'public', profile)).uid, nobody);
  assert.match(stderr, new RegExp(`^profbuf: public/${profile}: \\d+ samples`, 'm'));
  assert.equal(folder.profile(join('public', profile)).top(1)[0]?.functionName, 'busy');
});

test('a process of another user that may not write there runs, and it is said why there is no profile', {
  skip: notRoot,
}, async (t) => {
  const folder = new Folder(t);
  folder.write('app.js', `${busyFor(300)} process.exitCode = 3;`);
  folder.write('start.js', asNobody);
  chmodSync(folder.path, 0o755);
  const { code, stderr } = await profbuf(['record', 'start.js'], { cwd: folder.path });
  assert.equal(code, 3);
  assert.match(stderr, /^profbuf: there is no profile of app\.js \(\d+\): nothing could be written to /m);
});

test("what another user's process says does not make root move files", { skip: notRoot }, async (t) => {
  const folder = new Folder(t);
  folder.write('app.js', busyFor(300));
  await profbuf(['record', '-o', 'precious.pb.gz', 'app.js'], { cwd: folder.path });
  const precious = join(folder.path, 'precious.pb.gz');
  // It names a file that is none of its profiles.
  folder.write(
    'liar.js',
    `process.setuid(${nobody});
    const { readFileSync, writeFileSync } = require('node:fs');
    const { PROFBUF_SESSION: session } = process.env;
    writeFileSync(session + '/1.json', JSON.stringify({
      version: 1, pid: 4194305, ppid: 1, name: 'liar', argv: [], output: ${JSON.stringify(precious)}, state: 'finished',
      elapsedMs: 1, samples: 1, cpuNanos: 1, unsampledNanos: 0, outsideNanos: 0, processNanos: 0, windows: 1,
      lost: { windows: 0, otherSamples: 0, restarts: 0 }, startPauseMs: 0, startedAfterMs: 0, longestPauseMs: 0,
      endPauseMs: 0, notices: [],
    }));`,
  );
  folder.write('out/keep', '');
  await run(process.execPath, [main, 'record', '-o', 'out/profile.pb.gz', 'liar.js'], { cwd: folder.path });
  assert.ok(folder.profile('precious.pb.gz').model.samples.length > 0);
});
