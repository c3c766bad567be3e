import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { runtimes } from '../runtimes.js';
import { busyFor, Folder, main, profbuf, run } from './command.js';

/** Turborepo and others pass NODE_OPTIONS on to what they start, and drop variables that they do not know. */
const startsFiltered = (file: string) => `
  require('node:child_process').execFileSync(process.execPath, [${JSON.stringify(file)}], {
    cwd: 'packages', env: { NODE_OPTIONS: process.env.NODE_OPTIONS ?? '' }, stdio: 'inherit',
  });`;

for (const runtime of runtimes) {
  test(`${runtime.name}: processes that get NODE_OPTIONS alone are recorded as was asked for`, async (t) => {
    const folder = new Folder(t);
    folder.write('packages/c.js', busyFor(300));
    folder.write('packages/b.js', `require('node:child_process').fork('./c.js'); ${busyFor(300)} console.log('ran');`);
    folder.write('a.js', startsFiltered('b.js'));
    folder.write('out/keep', '');
    const bare = await run(runtime.path, ['a.js'], { cwd: folder.path });
    const words = ['record', '--quiet', '--rate', '500', '-o', 'out/profile.pb.gz', 'a.js'];
    const recorded = await run(runtime.path, [main, ...words], { cwd: folder.path });
    assert.deepEqual(recorded, bare);
    const written = readdirSync(join(folder.path, 'out')).filter((name) => name.startsWith('profile'));
    assert.match(
      written.sort().join(' '),
      /^profile\.a\.js\.\d+\.pb\.gz profile\.b\.js\.\d+\.pb\.gz profile\.c\.js\.\d+\.pb\.gz$/,
    );
    for (const name of written) {
      assert.ok(
        folder.profile(join('out', name)).model.comments.some((comment) => /\b500\b/.test(comment)),
        name,
      );
    }
    assert.deepEqual(readdirSync(join(folder.path, 'packages')), ['b.js', 'c.js']);
  });
}

test('one that starts when the recording is over runs without a profile and without a word', {
  skip: process.platform === 'win32',
}, async (t) => {
  const folder = new Folder(t);
  folder.write('packages/b.js', "require('node:fs').writeFileSync('ran', process.execArgv.join());");
  const line = `sh -c 'while [ -d "$PROFBUF_SESSION" ]; do sleep 0.05; done; cd packages; exec env -i NODE_OPTIONS="$NODE_OPTIONS" "${process.execPath}" b.js' 2>said &`;
  const { code } = await profbuf(['record', '--quiet', line], { cwd: folder.path });
  assert.equal(code, 0);
  while (!existsSync(join(folder.path, 'packages/ran'))) await delay(20);
  assert.equal(folder.read('said').toString(), '');
  assert.deepEqual(readdirSync(join(folder.path, 'packages')), ['b.js', 'ran']);
});

test('a token that did not get through leaves no server without one', async (t) => {
  const folder = new Folder(t);
  folder.write('packages/b.js', busyFor(300));
  folder.write('a.js', startsFiltered('b.js'));
  const env = { PROFBUF_HTTP_TOKEN: 'secret' };
  // With port 0 each process would serve.
  const { stderr } = await profbuf(['record', '--http', '0', 'a.js'], { cwd: folder.path, env });
  assert.equal(stderr.match(/127\.0\.0\.1:\d+/g)?.length, 1, stderr);
  assert.match(stderr, /^profbuf: 2 Node\.js processes$/m);
});
