import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Profile, startProfiler } from 'profbuf';
import { Folder, profbuf, Run, root } from '../../cli/command.js';
import { runtimes } from '../../runtimes.js';
import { busyUntil, runProfiled } from '../profiled-program.js';
import { pushedIn, Receiver } from './receiver.js';

const secret = 's3cret-password';

describe('a program that pushes', () => {
  for (const runtime of runtimes) {
    it(`${runtime.name}: is none the worse for a server that hangs, and ends a second later at most`, async (t) => {
      const receiver = await Receiver.start(t, () => {});
      const folder = new Folder(t);
      const script = folder.write(
        'app.cjs',
        `${busyUntil(20)} console.log('done', process.argv.slice(2)); process.exitCode = 7;`,
      );
      const env = { PROFBUF_PUSH: receiver.url.replace('://', `://me:${secret}@`), PROFBUF_PUSH_FLUSH: '300' };
      const { code, stdout, stderr } = await runProfiled(runtime, folder, [script, 'x'], { env });
      assert.equal(code, 7);
      assert.equal(stdout, "done [ 'x' ]\n");
      const place = `push to ${receiver.url}/push\\.v1\\.PusherService/Push`;
      assert.match(stderr, new RegExp(`^profbuf: ${place}: a profile is dropped: no time at the end$`, 'm'));
      assert.equal(stderr.trim().split('\n').length, 2, stderr);
      assert.doesNotMatch(stderr, new RegExp(secret));
      assert.equal(receiver.received.length, 1);
      assert.ok(folder.profile().model.samples.length > 0);
    });
  }

  it('is told once what the server says, and its profiles say what was dropped', async (t) => {
    const receiver = await Receiver.start(t, (_, response) => response.writeHead(400).end('label names are bad'));
    const folder = new Folder(t);
    const script = folder.write(
      'app.mjs',
      `import { startProfiler } from ${JSON.stringify(`${root}dist/index.js`)};
      const profiler = await startProfiler({ push: { url: ${JSON.stringify(receiver.url)}, token: '${secret}', interval: 1 } });
      const begin = process.cpuUsage();
      const busy = async () => {
        for (let i = 0; i < 1e6; i++) Math.sqrt(i);
        await new Promise((resolve) => setTimeout(resolve, 5));
      };
      while (profiler.stats().droppedProfiles < 3) await busy();
      const { pushedProfiles, queuedProfiles } = profiler.stats();
      const { comments } = (await profiler.take()).model;
      await profiler.stop();
      console.log(JSON.stringify({ pushedProfiles, queuedProfiles, comments }));`,
    );
    const run = new Run(process.execPath, [script], { cwd: folder.path });
    const { code, stdout, stderr } = await run.end();
    assert.equal(code, 0, stderr);
    assert.equal(
      stderr,
      `profbuf: push to ${receiver.url}/push.v1.PusherService/Push: a profile is dropped: status 400: label names are bad\n`,
    );
    const { comments, ...figures } = JSON.parse(stdout) as { comments: string[] };
    assert.deepEqual(figures, { pushedProfiles: 0, queuedProfiles: 0 });
    assert.match(comments.join('\n'), /push to http.*: 0 profiles were delivered, and dropped [34] \(status 400\)/);
    const said = receiver.received.map((received) => pushedIn(received).model.comments.join('\n'));
    assert.match(said[1] ?? '', /0 profiles were delivered, and dropped 1 \(status 400\)/);
    assert.equal(receiver.received[0]?.headers.authorization, `Bearer ${secret}`);
    assert.ok(receiver.received.every(({ body }) => !body.includes(secret)));
    assert.doesNotMatch(stdout, new RegExp(secret));
  });

  it('keeps no process alive, and stop() sends what is left', async (t) => {
    const receiver = await Receiver.start(t);
    const profiler = await startProfiler({ push: { url: receiver.url, name: 'unit', labels: { region: 'eu' } } });
    const begin = performance.now();
    while (profiler.stats().samples < 10) for (let i = 0; i < 1e5; i++) Math.sqrt(i);
    const profile: Profile = await profiler.stop();
    assert.ok(performance.now() - begin < 60_000);
    assert.equal(receiver.received.length, 1);
    const { labels, model } = pushedIn(receiver.received[0] ?? assert.fail());
    assert.equal(labels.service_name, 'unit');
    assert.equal(labels.region, 'eu');
    const count = (samples: Profile['model']['samples']) =>
      samples.reduce((sum, { values }) => sum + Number(values[0]), 0);
    assert.ok(count(model.samples) > 0 && count(model.samples) <= count(profile.model.samples));
  });

  it('is not started with a place that is none', async () => {
    for (const push of ['', 'here', { url: 'http://h', interval: 0 }, 7]) {
      await assert.rejects(startProfiler({ push: push as string }), { code: 'ERR_PROFBUF_OPTION', message: /^push: / });
    }
  });

  it('runs without, and says so, if the variable is wrong', async (t) => {
    const folder = new Folder(t);
    const [runtime] = runtimes.slice(-1);
    assert.ok(runtime);
    const script = folder.write('app.cjs', busyUntil(2));
    const env = { PROFBUF_PUSH: `ftp://me:${secret}@h`, PROFBUF_QUIET: '1' };
    const { code, stderr } = await runProfiled(runtime, folder, [script], { env });
    assert.equal(code, 0);
    assert.match(stderr, /^profbuf: nothing is pushed: PROFBUF_PUSH: a place to push to is a URL such as [^\n]*\n$/);
    assert.doesNotMatch(stderr, new RegExp(secret));
    assert.ok(folder.profile().model.comments.some((comment) => comment.startsWith('nothing is pushed: ')));
  });

  it('is recorded by `record --push`, with all its processes, and without the password in an argument', async (t) => {
    const receiver = await Receiver.start(t);
    const folder = new Folder(t);
    folder.write(
      'child.cjs',
      `${busyUntil(10)} console.log(require('fs').readFileSync('/proc/self/cmdline', 'latin1'));`,
    );
    folder.write(
      'app.cjs',
      `${busyUntil(10)}
      const { execFileSync } = require('child_process');
      process.stdout.write(execFileSync(process.execPath, ['child.cjs']));`,
    );
    const url = receiver.url.replace('://', `://me:${secret}@`);
    const { code, stdout, stderr } = await profbuf(['record', '--push', url, 'app.cjs'], { cwd: folder.path });
    assert.equal(code, 0, stderr);
    assert.doesNotMatch(`${stdout}${stderr}`, new RegExp(secret));
    const names = receiver.received.map((received) => pushedIn(received).labels.service_name);
    assert.deepEqual(names.sort(), ['app', 'child']);
    assert.ok(receiver.received.every(({ headers }) => headers.authorization?.startsWith('Basic ')));
    for (const file of folder.profiles()) assert.ok(!folder.profile(file).model.comments.join().includes(secret));

    const wrong = await profbuf(['record', '--push', `x:${secret}`, 'app.cjs'], { cwd: folder.path });
    assert.equal(wrong.code, 2);
    assert.match(wrong.stderr, /^profbuf: --push: a place to push to is a URL [^\n]*\n$/);
    assert.doesNotMatch(wrong.stderr, new RegExp(secret));
  });
});
