import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { Folder, run } from '../cli/command.js';
import { busyUntil, runProfiled, samplesIn, withoutOurs } from '../collector/profiled-program.js';
import { runtimes } from '../runtimes.js';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR2', 'SIGKILL', 'SIGALRM'] as const;

/** What runs after the program has sent itself the signal, if anything does. */
const afterwards = `require('node:fs').writeFileSync('afterwards', ''); const end = Date.now() + 50; while (Date.now() < end);`;

const programs = {
  'that it has no listener for': (signal: string) =>
    `setTimeout(() => { process.kill(process.pid, '${signal}'); ${afterwards} }, 50);`,
  'again in its listener, which has taken itself away': (signal: string) => `
    const listener = () => {
      process.removeListener('${signal}', listener);
      process.kill(process.pid, '${signal}');
      ${afterwards}
    };
    process.on('${signal}', listener);
    setTimeout(() => process.kill(process.pid, '${signal}'), 50);
    setInterval(() => {}, 1000);`,
  'while it works': (signal: string) => `
    const until = Date.now() + 50; while (Date.now() < until);
    process.kill(process.pid, '${signal}'); ${afterwards}`,
};

for (const runtime of runtimes) {
  test(`${runtime.name}: a program goes on, as it does without a profiler, after signals to itself that end nothing`, {
    skip: process.platform !== 'linux' && 'it is by /proc that Node is not told of them',
  }, async (t) => {
    const folder = new Folder(t);
    folder.write(
      'app.js',
      `for (const signal of ['SIGWINCH', 'SIGCHLD', 'SIGURG', 'SIGPIPE']) process.kill(process.pid, signal);
      require('node:child_process').spawn('sh', ['-c', 'sleep 0.2; kill -CONT ' + process.pid], { stdio: 'ignore' });
      process.once('SIGCONT', () => {
        console.log('goes on');
        ${busyUntil(20)}
      });
      setTimeout(() => process.kill(process.pid, 'SIGSTOP'), 50);
      setTimeout(() => {}, 500);`,
    );
    const bare = await run(runtime.path, ['app.js'], { cwd: folder.path });
    const { stderr, ...profiled } = await runProfiled(runtime, folder, ['app.js']);
    assert.deepEqual({ ...profiled, stderr: withoutOurs(stderr) }, bare);
    assert.equal(bare.stdout, 'goes on\n');
    assert.ok(samplesIn(folder.profile(), 'app.js') >= 10);
    const { comments } = folder.profile().model;
    assert.ok(!comments.some((comment) => /^(lost: |the program sent itself)/.test(comment)), comments.join('\n'));
  });

  describe(`${runtime.name}: a program dies at once, as it does without a profiler, of a signal that it sends itself`, () => {
    for (const [when, program] of Object.entries(programs)) {
      test(when, async (t) => {
        for (const signal of signals) {
          // Nobody can listen to it.
          if (signal === 'SIGKILL' && when.includes('listener,')) continue;
          const folder = new Folder(t);
          folder.write('app.js', program(signal));
          const bare = await run(runtime.path, ['app.js'], { cwd: folder.path });
          assert.ok(!existsSync(join(folder.path, 'afterwards')));
          const profiled = await runProfiled(runtime, folder, ['app.js']);
          assert.deepEqual([profiled.code, profiled.signal], [bare.code, bare.signal], signal);
          assert.equal(bare.signal, signal);
          assert.ok(!existsSync(join(folder.path, 'afterwards')), `${signal}: nothing runs after it`);
          assert.doesNotMatch(profiled.stderr, /Waiting for the debugger/);
          const [file = ''] = folder.profiles();
          const { comments } = folder.profile(file).model;
          assert.ok(!comments.some((comment) => comment.startsWith('lost: ')), comments.join('\n'));
        }
      });
    }
  });
}
