import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { Folder, root, run } from '../../cli/command.js';
import { runtimes } from '../../runtimes.js';
import { Profile, runProfiled, sampled, samplesIn, withoutOurs } from '../profiled-program.js';

/** Works on until there are `samples`, which is never if sampling does not go on, and does `step` every few milliseconds. */
function workUntil(samples: number, step: string): string {
  return `
    const { client } = globalThis[Symbol.for('profbuf')];
    function busy() {
      let sum = 0;
      for (let i = 0; i < 1e6; i++) sum += Math.sqrt(i);
      return sum;
    }
    while (client.stats().samples < ${samples}) { busy(); ${step} }
  `;
}

function workFor(milliseconds: number): string {
  return `
    function work() {
      let sum = 0;
      for (let i = 0; i < 1e5; i++) sum += Math.sqrt(i);
      return sum;
    }
    const start = Date.now();
    while (Date.now() - start < ${milliseconds}) work();
  `;
}

/** Once sampling has begun: V8 takes the signal when it does. */
const takeSignal = `
  if (client.stats().samples >= 20 && process.listenerCount('SIGPROF') === 0) process.on('SIGPROF', () => {});`;

const interrupted = /^the program ended our profile by console\.profileEnd\(\) on 1 thread:/;
const stoodStill = /^V8's sampler stood still \d+ times? and was started anew$/;

for (const runtime of runtimes) {
  describe(`${runtime.name}: samples go on, and the profile says what happened, when the program`, {
    concurrency: 1,
  }, () => {
    const profileOf = async (folder: Folder, source: string) => {
      folder.write('app.js', source);
      const { code, stderr } = await runProfiled(runtime, folder, ['app.js']);
      assert.equal(code, 0, stderr);
      assert.equal(withoutOurs(stderr), '');
      const profile = folder.profile();
      assert.ok(samplesIn(profile, 'app.js') >= 60, JSON.stringify(profile.model.comments));
      return profile.model.comments;
    };

    test('ends the profile that began last, again and again', async (t) => {
      const comments = await profileOf(
        new Folder(t),
        `let ended = 0;
        ${workUntil(200, 'console.profileEnd(); ended++;')}
        if (ended < 20) process.exitCode = 1;`,
      );
      // From Node 24 on, V8 ends by this only what has no name.
      const isEnded = Number(/\d+/.exec(runtime.name)?.[0]) < 24;
      assert.equal(
        comments.filter((comment) => interrupted.test(comment)).length,
        isEnded ? 1 : 0,
        comments.join('\n'),
      );
    });

    test("takes V8's signal for itself", { skip: process.platform === 'win32' && 'V8 uses no signal' }, async (t) => {
      const comments = await profileOf(new Folder(t), workUntil(150, takeSignal));
      assert.equal(comments.filter((comment) => stoodStill.test(comment)).length, 1, comments.join('\n'));
    });

    test('works at the limit of its stack, where none of our commands finds room', async (t) => {
      const comments = await profileOf(
        new Folder(t),
        `function deep() {
          try {
            return deep();
          } catch {
            return busy();
          }
        }
        ${workUntil(200, 'for (let i = 0; i < 10; i++) deep();')}`,
      );
      assert.deepEqual(
        comments.filter((comment) => /lost|ended our profile|stood still/.test(comment)),
        [],
      );
    });

    test('profiles itself in an inspector session of its own', async (t) => {
      const comments = await profileOf(
        new Folder(t),
        `const { Session } = require('node:inspector');
        const session = new Session();
        session.connect();
        const post = (method) => session.post(method, (error) => { if (error) throw error; });
        ${workUntil(100, "for (const step of ['enable', 'start', 'stop', 'disable']) post('Profiler.' + step);")}`,
      );
      assert.equal(
        comments.some((comment) => interrupted.test(comment) || stoodStill.test(comment)),
        false,
      );
    });
  });

  test(`${runtime.name}: a program that sends its process group a signal for nobody is sampled on, and the profile says what follows`, {
    skip: process.platform === 'win32',
  }, async (t) => {
    const folder = new Folder(t);
    folder.write('before.cjs', workFor(300));
    folder.write('after.cjs', workFor(1500));
    folder.write(
      'app.mjs',
      `${sampled}
      await import('./before.cjs');
      process.kill(0, 'SIGWINCH');
      await new Promise((resolve) => setTimeout(resolve, 50));
      await import('./after.cjs');`,
    );
    const { code, stderr } = await runProfiled(runtime, folder, ['app.mjs']);
    assert.equal(code, 0, stderr);
    const profile = folder.profile();
    assert.ok(samplesIn(profile, 'after.cjs') >= 50, profile.topTable());
    const { comments } = profile.model;
    assert.equal(
      comments.filter((comment) => /^the program sent itself a signal/.test(comment)).length,
      1,
      comments.join(),
    );
    assert.ok(
      comments.some((comment) => comment.startsWith('lost: 1 window of')),
      comments.join(),
    );
  });

  test(`${runtime.name}: worker threads that end by themselves are in the profile to their end, and are no disturbance`, async (t) => {
    const folder = new Folder(t);
    folder.write(
      'worker.cjs',
      `${workFor(300)}
      require('./last.cjs');
      if (require('node:worker_threads').workerData === 'exit') process.exit();`,
    );
    folder.write('last.cjs', workFor(150));
    folder.write(
      'app.mjs',
      `import { once } from 'node:events';
      import { Worker } from 'node:worker_threads';
      ${sampled}
      for (const workerData of ['exit', 'end', 'exit', 'end']) {
        await once(new Worker(new URL('worker.cjs', import.meta.url), { workerData }), 'exit');
      }`,
    );
    const { code, stderr } = await runProfiled(runtime, folder, ['app.mjs']);
    assert.equal(code, 0, stderr);
    const profile = folder.profile();
    const threads = profile.model.samples
      .filter((sample) => samplesIn(Profile.fromModel({ ...profile.model, samples: [sample] }), 'last.cjs') > 0)
      .flatMap(({ labels }) => labels.map(({ value }) => value));
    assert.equal(new Set(threads).size, 4, profile.topTable());
    assert.deepEqual(
      profile.model.comments.filter((comment) => /lost|ended our profile|stood still/.test(comment)),
      [],
    );
  });

  test(`${runtime.name}: a worker thread that ends while the main thread is blocked is in the profile to its end`, async (t) => {
    const folder = new Folder(t);
    folder.write(
      'app.mjs',
      `import { execSync } from 'node:child_process';
      import { once } from 'node:events';
      import { Worker } from 'node:worker_threads';
      const source = 'const end = Date.now() + 400; while (Date.now() < end); process.exit()';
      ${sampled}
      const worker = new Worker(source, { eval: true });
      await once(worker, 'online');
      await new Promise((resolve) => setTimeout(resolve, 100));
      execSync('sleep 0.8');
      await once(worker, 'exit');`,
    );
    const { code, stderr } = await runProfiled(runtime, folder, ['app.mjs']);
    assert.equal(code, 0, stderr);
    const { comments } = folder.profile().model;
    assert.deepEqual(
      comments.filter((comment) => comment.includes('lost')),
      [],
    );
  });

  test(`${runtime.name}: a worker thread keeps nothing of profilers that came and went`, async (t) => {
    const folder = new Folder(t);
    folder.write(
      'app.mjs',
      `import { once } from 'node:events';
      import { Worker } from 'node:worker_threads';
      import { startProfiler } from ${JSON.stringify(join(root, 'dist/index.js'))};
      const worker = new Worker(
        \`const { parentPort } = require('node:worker_threads');
        parentPort.on('message', () => parentPort.postMessage(process.listenerCount('exit')));\`,
        { eval: true },
      );
      const listeners = async () => {
        worker.postMessage('how many?');
        return (await once(worker, 'message'))[0];
      };
      const before = await listeners();
      for (let i = 0; i < 12; i++) {
        const profiler = await startProfiler();
        while (profiler.stats().threads < 2) await new Promise((resolve) => setTimeout(resolve, 10));
        await new Promise((resolve) => setTimeout(resolve, 20));
        await profiler.stop();
      }
      console.log((await listeners()) - before);
      process.exit();`,
    );
    const { stdout, stderr } = await run(runtime.path, ['app.mjs'], { cwd: folder.path });
    assert.deepEqual({ stdout, stderr }, { stdout: '0\n', stderr: '' });
  });
}
