import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Folder } from '../../cli/command.js';
import { runtimes } from '../../runtimes.js';
import { busyUntil, startProfiled, totalsOf } from '../profiled-program.js';

const stillMs = 1500;

for (const runtime of runtimes) {
  describe(`${runtime.name}: a process that stood still`, { skip: process.platform === 'win32' }, () => {
    test('has no time for that, and says how long it was', async (t) => {
      const folder = new Folder(t);
      folder.write(
        'app.js',
        `${busyUntil(20)} console.log('there');
        process.once('SIGTERM', () => process.exit(0));
        setInterval(() => { const end = performance.now() + 40; while (performance.now() < end) busy(); }, 50);`,
      );
      const program = startProfiled(runtime, folder, ['app.js']);
      await program.printed('there');
      program.process.kill('SIGSTOP');
      await new Promise((resolve) => setTimeout(resolve, stillMs));
      program.process.kill('SIGCONT');
      const continuedAt = performance.now();
      // It works on, so that samples come behind the freeze.
      while (performance.now() - continuedAt < 500) await new Promise((resolve) => setTimeout(resolve, 20));
      program.process.kill('SIGTERM');
      assert.equal((await program.end()).code, 0);
      const profile = folder.profile();
      const comments = profile.model.comments.join('\n');
      const [, still = '0'] =
        /^the whole process stood still for (\d+) ms, which are in no stack$/m.exec(comments) ?? [];
      assert.ok(Number(still) >= 0.9 * stillMs && Number(still) < 10 * stillMs, comments);
      // All that it can have used is what is left.
      const leftNanos = Number(profile.model.durationNanos) - Number(still) * 1e6;
      assert.ok(totalsOf(profile).nanos <= leftNanos, `${totalsOf(profile).nanos} in ${leftNanos}`);
    });
  });
}
