import assert from 'node:assert/strict';
import { test } from 'node:test';
import { busyFor, Folder, profbuf } from './command.js';

const skip = process.platform === 'win32' && 'these are lines for a POSIX shell';

test('without a folder for temporary files nothing is run: one line says so, and status 2', { skip }, async (t) => {
  const folder = new Folder(t);
  folder.write('app.js', "console.log('ran');");
  const env = { TMPDIR: '/no/such/folder' };
  const { code, stdout, stderr } = await profbuf(['record', 'app.js'], { cwd: folder.path, env });
  assert.equal(
    stderr,
    'profbuf: cannot make a folder in /no/such/folder: no such file or directory; set TMPDIR to a folder that can be written\n',
  );
  assert.deepEqual([code, stdout], [2, '']);
});

test('the folder for temporary files may be named from here, and the program run elsewhere', { skip }, async (t) => {
  const folder = new Folder(t);
  folder.write('temporary/keep', '');
  folder.write('elsewhere/app.js', busyFor(300));
  const words = ['record', 'cd elsewhere && node app.js'];
  const { stderr } = await profbuf(words, { cwd: folder.path, env: { TMPDIR: 'temporary' } });
  assert.match(stderr, /^profbuf: profile\.pb\.gz: \d+ samples, /m);
});

test('a folder for temporary files that cannot be taken away costs the program nothing', async (t) => {
  const folder = new Folder(t);
  const inTheWay = "require('node:fs').mkdirSync(process.env.PROFBUF_SESSION + '.closed/x', { recursive: true });";
  folder.write('app.js', `${inTheWay} process.exitCode = 3;`);
  const env = { TMPDIR: folder.path, TEMP: folder.path };
  const { code, stderr } = await profbuf(['record', '--quiet', 'app.js'], { cwd: folder.path, env });
  assert.match(stderr, /^profbuf: cannot remove .*profbuf-\w+: [^\n]+\n$/);
  assert.equal(code, 3);
  assert.deepEqual(folder.profiles(), ['profile.pb.gz']);
});
