import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Folder, run } from '../cli/command.js';
import { busyUntil, runProfiled, samplesIn, startProfiled, withoutOurs } from '../collector/profiled-program.js';
import { runtimes } from '../runtimes.js';

const endingsFromWithin = {
  'its natural end': '',
  'process.exit deep in a stack': '(function down(n) { if (n === 0) process.exit(3); down(n - 1); })(200);',
  'process.exit in a promise': 'Promise.resolve().then(() => process.exit(4));',
  'process.exit in an exit listener': "process.on('exit', () => process.exit(5));",
  'process.reallyExit, which calls no listeners':
    "process.on('exit', () => console.log('never')); process.reallyExit(9);",
  'an exit code set on the way': 'process.exitCode = 6;',
  'an uncaught error': "throw new Error('out of luck');",
  'an uncaught error in a timer': "setTimeout(() => { throw new Error('out of luck'); }, 1);",
  'an unhandled rejection': "Promise.reject(new Error('out of luck'));",
  'process.exit in an error handler': "process.on('uncaughtException', () => process.exit(7)); throw new Error();",
  'process.exit once all listeners of all events are gone':
    'process.removeAllListeners(); setTimeout(() => process.exit(8), 1);',
  'a signal sent to itself': "process.kill(process.pid, 'SIGTERM'); setTimeout(() => {}, 10_000);",
  'the signal of nodemon sent to itself': "process.kill(process.pid, 'SIGUSR2'); setTimeout(() => {}, 10_000);",
};

/** How the work of a program's own listeners of `exit` is followed by its end. */
const endingsByListeners = {
  'the natural end': 'end(work);',
  'an end that begins in the turn in which they are added': 'end(work); process.exit(3);',
  'an error in the turn in which they are added': "end(work); throw new Error('out of luck');",
  'process.exit long after': 'end(work); setTimeout(() => process.exit(3), 10);',
  'an error long after': "end(work); setTimeout(() => { throw new Error('out of luck'); }, 10);",
  'process.exit in one of them': 'end(() => { work(); process.exit(5); });',
  'an error in one of them': "end(() => { work(); throw new Error('out of luck'); });",
  'an error in one of them after process.exit':
    "end(() => { work(); throw new Error('out of luck'); }); process.exit(3);",
  'one that stands in front of all others': "process.prependListener('exit', () => { work(); process.exit(6); });",
  'one that replaces all others': "end(() => {}); process.removeAllListeners('exit'); end(work); process.exit(7);",
  'one that replaces all others later':
    "end(() => {}); setTimeout(() => { process.removeAllListeners('exit'); end(work); }, 10);",
  'one that is added by a listener of beforeExit':
    "process.once('beforeExit', () => end(work)); setTimeout(() => {}, 10);",
  'after an error that the program survived':
    "process.on('uncaughtException', () => {}); end(work); setTimeout(() => process.exit(3), 50); throw new Error();",
  'one that keeps itself behind all others': `end(work);
    process.on('newListener', (event, listener) => {
      if (event === 'exit' && listener !== work) queueMicrotask(() => { process.off('exit', work); end(work); });
    });
    setTimeout(() => end(() => {}), 10);`,
};

/** Samples of it are in the last window: only the end of the program brings them. */
const lastWork =
  'const start = Date.now(); let sum = 0; while (Date.now() - start < 150) sum += Math.sqrt(sum + start);';

const states = {
  'in an endless loop': "console.log('there'); for (;;) busy();",
  'blocked in a system call': "console.log('there'); require('node:child_process').execSync('sleep 5');",
  waiting: "console.log('there'); setTimeout(() => {}, 60_000);",
};

for (const runtime of runtimes) {
  describe(`${runtime.name}: a whole profile`, { concurrency: 2 }, () => {
    for (const [name, code] of Object.entries(endingsFromWithin)) {
      test(`after ${name}, and the ending is that of a bare run`, async (t) => {
        const folder = new Folder(t);
        folder.write('last.js', lastWork);
        folder.write('app.js', `${busyUntil(20)} require('./last.js'); ${code}`);
        const bare = await run(runtime.path, ['app.js'], { cwd: folder.path });
        const { stderr, ...ending } = await runProfiled(runtime, folder, ['app.js']);
        assert.deepEqual({ ...ending, stderr: withoutOurs(stderr) }, bare);
        assert.match(stderr, /^profbuf: wrote .*profile\.pb\.gz: \d+ samples, /m);
        assert.ok(samplesIn(folder.profile(), 'app.js') >= 15);
        assert.ok(samplesIn(folder.profile(), 'last.js') >= 1, folder.profile().topTable());
      });
    }

    for (const [name, code] of Object.entries(endingsByListeners)) {
      test(`with the work of exit listeners: ${name}`, async (t) => {
        const folder = new Folder(t);
        folder.write('last.js', lastWork);
        folder.write(
          'app.js',
          `const end = (listener) => process.on('exit', listener);
          const work = () => require('./last.js');
          end(() => {});
          ${busyUntil(5)} ${code}`,
        );
        const bare = await run(runtime.path, ['app.js'], { cwd: folder.path });
        const { stderr, ...ending } = await runProfiled(runtime, folder, ['app.js']);
        // Node's warnings say of which process they are.
        const withoutId = (text: string) => text.replace(/^\(node:\d+\)/gm, '(node)');
        assert.deepEqual(
          { ...ending, stderr: withoutId(withoutOurs(stderr)) },
          { ...bare, stderr: withoutId(bare.stderr) },
        );
        assert.ok(samplesIn(folder.profile(), 'last.js') >= 1, folder.profile().topTable());
      });
    }

    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR2'] as const) {
      for (const [name, code] of Object.entries(states)) {
        test(`after ${signal} while the program is ${name}, which it dies of`, async (t) => {
          const folder = new Folder(t);
          folder.write('app.js', `${busyUntil(20)} ${code}`);
          const program = startProfiled(runtime, folder, ['app.js']);
          await program.printed('there');
          program.process.kill(signal);
          const { code: status, signal: endSignal } = await program.end();
          assert.deepEqual([status, endSignal], [null, signal]);
          assert.ok(samplesIn(folder.profile(), 'app.js') >= 15);
        });
      }
    }

    test('and dies of a signal that comes while the program is blocked in its first line', async (t) => {
      const folder = new Folder(t);
      folder.write('app.js', states['blocked in a system call']);
      const program = startProfiled(runtime, folder, ['app.js']);
      await program.printed('there');
      // The collector's thread is up by now, or soon.
      await new Promise((resolve) => setTimeout(resolve, 300));
      program.process.kill('SIGTERM');
      const { signal } = await program.end();
      assert.equal(signal, 'SIGTERM');
      // On a busy machine the collector's thread may not have been up, or not in.
      for (const name of folder.profiles()) {
        assert.match(folder.profile(name).model.comments.join('\n'), /^(sampling had not begun|lost: 1 window of)/m);
      }
    });

    for (const flag of ['--trace-sigint', '--trace_sigint']) {
      test(`up to the last checkpoint after SIGINT with ${flag}: Node says where the program was, and ends it`, async (t) => {
        const folder = new Folder(t);
        folder.write('app.js', `${busyUntil(20)} console.log('there'); for (;;) busy();`);
        const program = startProfiled(runtime, folder, [flag, 'app.js']);
        await program.printed('there');
        while (folder.profiles().length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
        program.process.kill('SIGINT');
        const { signal, stderr } = await program.end();
        assert.equal(signal, 'SIGINT');
        assert.match(stderr, /^KEYBOARD_INTERRUPT: Script execution was interrupted by `SIGINT`\n {4}at /);
        assert.ok(samplesIn(folder.profile(), 'app.js') >= 1);
      });
    }

    test('which leaves SIGINT to Node with --trace-sigint, also where the machine has no time for the program as the collector begins', async (t) => {
      const folder = new Folder(t);
      folder.write(
        'slow.cjs',
        `const threads = require('node:worker_threads');
        threads.Worker = class extends threads.Worker {
          constructor(...all) { super(...all); const end = Date.now() + 500; while (Date.now() < end); }
        };`,
      );
      folder.write('app.js', `${busyUntil(20)} console.log('there'); for (;;) busy();`);
      const program = startProfiled(runtime, folder, ['--trace-sigint', 'app.js'], {
        NODE_OPTIONS: '--require ./slow.cjs',
      });
      await program.printed('there');
      program.process.kill('SIGINT');
      const { signal, stderr } = await program.end();
      assert.equal(signal, 'SIGINT');
      assert.match(stderr, /^KEYBOARD_INTERRUPT: /);
    });

    test('with --trace-exit, by which Node says where the program ended: in no function of ours', async (t) => {
      const folder = new Folder(t);
      folder.write('app.js', `process.on('exit', () => {}); ${busyUntil(5)} process.exit(3);`);
      const bare = await run(runtime.path, ['--trace-exit', 'app.js'], { cwd: folder.path });
      const { code, stderr } = await runProfiled(runtime, folder, ['--trace-exit', 'app.js']);
      const withoutId = (text: string) => text.replace(/^\(node:\d+\)/gm, '(node)');
      assert.deepEqual([code, withoutId(withoutOurs(stderr))], [bare.code, withoutId(bare.stderr)]);
      assert.match(bare.stderr, /Exited the environment with code 3\n {4}at /);
      assert.ok(samplesIn(folder.profile(), 'app.js') >= 1);
    });

    test("after a signal that the program handles: the program's handler decides", async (t) => {
      const folder = new Folder(t);
      folder.write(
        'app.js',
        `process.once('SIGINT', () => { console.log('handled'); });
        ${busyUntil(20)} console.log('there'); setTimeout(() => {}, 60_000);`,
      );
      const program = startProfiled(runtime, folder, ['app.js']);
      await program.printed('there');
      program.process.kill('SIGINT');
      await program.printed('handled');
      // The handler has gone by itself, so the second one ends the program.
      program.process.kill('SIGINT');
      const { signal, stdout } = await program.end();
      assert.equal(signal, 'SIGINT');
      assert.equal(stdout, 'there\nhandled\n');
      assert.ok(samplesIn(folder.profile(), 'app.js') >= 15);
    });

    test('after signals that the program sends itself: those with a listener are its own, the next one ends it', async (t) => {
      const folder = new Folder(t);
      folder.write(
        'app.js',
        `${busyUntil(20)}
        const keep = setInterval(() => {}, 1000);
        let handled = 0;
        const send = () => {
          if (handled++ < 50) process.once('SIGUSR2', send);
          else console.log('enough');
          process.kill(process.pid, 'SIGUSR2');
        };
        send();`,
      );
      const { code, signal, stdout } = await startProfiled(runtime, folder, ['app.js']).end();
      assert.deepEqual([code, signal, stdout], [null, 'SIGUSR2', 'enough\n']);
      assert.ok(samplesIn(folder.profile(), 'app.js') >= 15);
    });

    // Between two checkpoints, which come every 2.5 s: what ends the program in the middle of one leaves a temporary file.
    const wait = `${busyUntil(1)} { const start = Date.now(); while (Date.now() - start < 3800) busy(); }`;

    test('up to a SIGKILL, at most 5 s before', async (t) => {
      const folder = new Folder(t);
      folder.write('app.js', `${wait} console.log('there'); for (;;) busy();`);
      const program = startProfiled(runtime, folder, ['app.js']);
      await program.printed('there');
      program.process.kill('SIGKILL');
      const { signal } = await program.end();
      assert.equal(signal, 'SIGKILL');
      assert.ok(samplesIn(folder.profile(), 'app.js') >= 15);
      assert.deepEqual(folder.profiles(), ['profile.pb.gz'], 'no half-written file stays');
    });

    test('up to process.abort and to running out of memory', async (t) => {
      const folder = new Folder(t);
      folder.write('abort.js', `${wait} process.abort();`);
      folder.write('memory.js', `${wait} const all = []; for (;;) all.push(new Array(1e5).fill(all));`);
      await Promise.all(
        ['abort', 'memory'].map(async (name) => {
          const env = { PROFBUF_OUTPUT: `profile-${name}.pb.gz` };
          const { signal } = await runProfiled(runtime, folder, [`${name}.js`], {
            env,
            flags: ['--max-old-space-size=60'],
          });
          assert.equal(signal, 'SIGABRT');
          assert.ok(samplesIn(folder.profile(`profile-${name}.pb.gz`), `${name}.js`) >= 15);
        }),
      );
    });
  });
}
