import assert from 'node:assert/strict';
import { test } from 'node:test';
import { transformSync } from 'esbuild';
import { listeningSockets } from '../../src/cli/attach/listening-sockets.js';
import { runtimes } from '../runtimes.js';
import { possessions, skip, start } from './attached-program.js';
import { Folder, profbuf, type Run } from './command.js';

const thisNode = { path: process.execPath };

for (const { name, path } of runtimes) {
  test(`stack shows what each thread does, and leaves it as it was, on ${name}`, { skip }, async (t) => {
    const folder = new Folder(t);
    const code = `
      const { Worker, isMainThread } = require('node:worker_threads');
      function spin(step) { let x = 0;
        for (;;) x = (x + step) % 1000003;
      }
      if (isMainThread) new Worker(__filename, { name: 'digest' }).on('online', () => console.log('ready'));
      else setTimeout(spin, 1, 3);`;
    const program = await start(t, folder, code, { path });
    const before = possessions(program.process.pid);
    for (let times = 0; times < 2; times++) {
      const { code: status, stdout, stderr } = await profbuf(['stack', `${program.process.pid}`], { cwd: folder.path });
      assert.equal(status, 0, stderr);
      assert.match(stderr, /^profbuf: opens the inspector of process \d+, which says so on its stderr\n$/);
      assert.match(
        stdout,
        /^main thread waits: its event loop has nothing to do\n\nworker 1 \(digest\) runs JavaScript\n {4}spin {2}app\.js:4\n {4}listOnTimeout {2}node:internal\/timers:\d+\n/,
      );
      assert.deepEqual(possessions(program.process.pid), before);
    }
  });
}

test('stack and attach show the sources that people wrote, by source maps', { skip }, async (t) => {
  const folder = new Folder(t);
  const source = `interface Step { readonly by: number }

function spin(step: Step): number {
  let x = 0;
  for (;;) x = (x + step.by) % 1000003;
}
console.log('ready');
setTimeout(() => spin({ by: 3 }), 5);
`;
  folder.write('app.ts', source);
  const { code, map } = transformSync(source, {
    loader: 'ts',
    minify: true,
    sourcemap: true,
    sourcefile: 'app.ts',
  });
  folder.write('app.js.map', map);
  const program = await start(t, folder, `${code}//# sourceMappingURL=app.js.map\n`, thisNode);
  const words = [`${program.process.pid}`];
  const shown = await profbuf(['stack', ...words], { cwd: folder.path });
  assert.match(shown.stdout, /^main thread runs JavaScript\n {4}spin {2}app\.ts:\d+\n/, shown.stderr);
  const attached = await profbuf(['attach', '--seconds', '0.5', ...words], { cwd: folder.path });
  assert.match(attached.stderr, / spin +app\.ts:3$/m);
  const plain = await profbuf(['attach', '--seconds', '0.5', '--no-source-maps', ...words], { cwd: folder.path });
  assert.match(plain.stderr, / app\.js:\d+$/m);
  assert.doesNotMatch(plain.stderr, /app\.ts/);
});

test('ps lists who can be attached to, says why others cannot, and sends nothing', { skip }, async (t) => {
  const folder = new Folder(t);
  const plain = await start(t, folder, `console.log('ready'); for (;;);`, thisNode);
  const listening = await start(
    t,
    folder,
    `process.on('SIGUSR1', () => console.log('signal')); setInterval(() => {}, 1e6); console.log('ready');`,
    thisNode,
  );
  const { code, stdout, stderr } = await profbuf(['ps'], { cwd: folder.path });
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^ *PID +CPU +NODE +NAME +ATTACH\n/);
  const lineOf = ({ process: { pid } }: Run) => stdout.split('\n').find((line) => line.trim().startsWith(`${pid} `));
  assert.match(lineOf(plain) ?? stdout, /^ *\d+ +[1-9]\d*% +\d+\.\d+\.\d+ +app\.js +yes$/);
  assert.match(lineOf(listening) ?? stdout, /app\.js +no: the program of process \d+ listens to SIGUSR1 itself/);
  assert.equal(`${plain.stderr}${listening.stderr}`, '');
  assert.equal(listening.stdout, 'ready\n');
});

test('a main thread that is blocked is shown as native, with what the system knows of it, and its inspector is closed', {
  skip,
}, async (t) => {
  const folder = new Folder(t);
  const code = `
    console.log('ready');
    require('node:child_process').execFileSync('sleep', ['3.8']);
    console.log('woke');
    setInterval(() => {}, 1e6);
  `;
  const program = await start(t, folder, code, thisNode);
  const { code: status, stdout, stderr } = await profbuf(['stack', `${program.process.pid}`], { cwd: folder.path });
  assert.equal(status, 0, stderr);
  assert.match(
    stdout,
    /^main thread is in native code, such as a system call that blocks, and answers nobody\n {4}it sleeps in the system call e?poll\S*.*\n {4}worker threads, .* cannot be looked at\n$/,
  );
  await program.printed('woke');
  assert.deepEqual(listeningSockets(Number(program.process.pid)), []);
});
