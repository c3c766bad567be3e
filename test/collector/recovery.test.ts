import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Folder } from '../cli/command.js';
import { runtimes } from '../runtimes.js';
import { runProfiled, samplesIn, withoutOurs } from './profiled-program.js';

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

/** Once sampling has begun: V8 takes the signal when it does. */
const takeSignal = `
  if (client.stats().samples >= 20 && process.listenerCount('SIGPROF') === 0) process.on('SIGPROF', () => {});`;

const interrupted = /^the program ended our profile by console\.profileEnd\(\) on 1 threads/;
const stoodStill = /^V8's sampler stood still \d+ times and was started anew$/;

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
}
