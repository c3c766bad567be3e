import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Profile } from 'profbuf';
import { Folder, main, root, run } from '../../cli/command.js';
import { runtimes } from '../../runtimes.js';
import { freePort, named, owner, owners, startGroup } from './port-owner.js';
import { ask } from './served-program.js';

const preload = `${root}dist/register.cjs`;

/** An application that waits for requests, and ends when it is told to. */
const server = `require('node:http').createServer().listen(0); process.stdin.on('data', () => process.exit(3));`;
const endless = `const work = () => { const end = Date.now() + 20; while (Date.now() < end); setTimeout(work, 5); }; work();`;

const posix = process.platform === 'win32' && 'one shell has the processes here';

// Each waits most of the time.
describe('the port goes to the process that works', { concurrency: 4, skip: posix }, () => {
  const launchers = {
    'that waits for it': `require('node:child_process').spawn(process.execPath, ['app.js'], { stdio: 'inherit' }).on('exit', process.exit);`,
    'that is blocked meanwhile': `process.exit(require('node:child_process').spawnSync(process.execPath, ['app.js'], { stdio: 'inherit' }).status);`,
    'through a shell and another one': `
      require('node:child_process').spawn('node inner.js; exit $?', { shell: true, stdio: 'inherit' }).on('exit', process.exit);`,
  };
  for (const [how, launcher] of Object.entries(launchers)) {
    for (const { name, path, major } of runtimes.filter(({ major }) => major === 20 || major === 26)) {
      if (how !== 'that waits for it' && major !== 20) continue;
      test(`${name}: a launcher ${how} gives way to its program`, async (t) => {
        const folder = new Folder(t);
        folder.write('app.js', server);
        folder.write('inner.js', launchers['that waits for it']);
        folder.write('launcher.js', launcher);
        const bare = await run(path, ['launcher.js'], { cwd: folder.path, input: 'end' });
        const port = await freePort();
        const program = startGroup(t, folder, [main, 'record', '--http', port, 'launcher.js'], {}, path);
        const found = await owners(port, named('app.js'));
        assert.ok(found.length >= 2 && found[0]?.startsWith('launcher.js '), found.join());
        await delay(1500);
        assert.equal(await owner(port), found.at(-1), 'nobody takes it away');
        program.process.stdin?.end('end');
        const { code, stdout, stderr } = await program.end();
        assert.deepEqual([code, stdout], [bare.code, bare.stdout]);
        assert.doesNotMatch(stderr, /cannot|took|takes over/);
        assert.equal(stderr.match(/^profbuf: serving /gm)?.length, found.length);
      });
    }
  }

  test('and from one worker of a cluster to another when that one ends', async (t) => {
    const folder = new Folder(t);
    folder.write(
      'app.js',
      `const cluster = require('node:cluster');
      if (cluster.isPrimary) for (let i = 0; i < 3; i++) cluster.fork();
      else { require('node:http').createServer().listen(0); console.log('worker', process.pid); }`,
    );
    const port = await freePort();
    const program = startGroup(t, folder, ['--require', preload, 'app.js'], { PROFBUF_HTTP: port });
    const isWorker = (who: string) => who !== `app.js ${program.process.pid}`;
    const first = (await owners(port, isWorker)).at(-1) ?? '';
    process.kill(Number(first.split(' ')[1]), 'SIGTERM');
    const found = await owners(port, (who) => isWorker(who) && who !== first);
    assert.ok(!found.some((who) => !isWorker(who)), 'not back to the primary');
  });

  for (const [whose, code] of [
    ['server that waits for requests', server],
    ['process that works itself', endless],
  ] as const) {
    test(`but a ${whose} keeps it from what it starts`, async (t) => {
      const folder = new Folder(t);
      folder.write('job.js', `console.log('begun'); ${endless}`);
      folder.write('app.js', `${code} require('node:child_process').fork('job.js');`);
      const port = await freePort();
      const program = startGroup(t, folder, ['--require', preload, 'app.js'], { PROFBUF_HTTP: port });
      await program.said(/is served by app\.js \(\d+\); this process takes over when that one ends/);
      assert.equal(await owner(port), `app.js ${program.process.pid}`);
      // The job has the port when its parent is gone.
      program.process.kill('SIGKILL');
      const [job = ''] = await owners(port, named('job.js'));
      process.kill(Number(job.split(' ')[1]), 'SIGKILL');
    });
  }

  test('not while an answer is due, which is whole', async (t) => {
    const folder = new Folder(t);
    folder.write('app.js', server);
    folder.write('launcher.js', launchers['that waits for it']);
    const port = await freePort();
    const program = startGroup(t, folder, ['--require', preload, 'launcher.js'], {
      PROFBUF_HTTP: port,
      NODE_OPTIONS: `--require ${preload}`,
    });
    const launcher = `launcher.js ${program.process.pid}`;
    await owners(port, (who) => who === launcher);
    const { status, headers, body } = await ask(`http://127.0.0.1:${port}/debug/pprof/profile?seconds=5`);
    assert.equal(status, 200);
    assert.equal(`${headers['profbuf-process']} ${headers['profbuf-pid']}`, launcher);
    assert.ok(Number(Profile.decode(body).model.durationNanos) > 4.5e9);
    await owners(port, named('app.js'));
    program.process.stdin?.end('end');
  });

  test('never to another program of another run, but to the next process of the same', async (t) => {
    const folder = new Folder(t);
    for (const name of ['app.js', 'other.js', 'elsewhere/app.js']) folder.write(name, server);
    const port = await freePort();
    const env = { PROFBUF_HTTP: port };
    const [first, other, namesake, next] = ['app.js', 'other.js', 'elsewhere/app.js', 'app.js'].map(
      (name) => async () => {
        const program = startGroup(t, folder, ['--require', preload, name], env);
        await program.said(/profbuf: .*\n/);
        return program;
      },
    );
    const app = await first?.();
    assert.ok(app);
    for (const stranger of [await other?.(), await namesake?.()]) {
      assert.match(
        stranger?.stderr ?? '',
        new RegExp(
          `cannot serve /debug/pprof/ on 127.0.0.1:${port}: the port is that of app.js \\(${app.process.pid}\\), which is another one`,
        ),
      );
    }
    const successor = await next?.();
    assert.match(successor?.stderr ?? '', /is served by app\.js \(\d+\); this process takes over when that one ends/);
    app.process.stdin?.end('end');
    assert.deepEqual(
      (await owners(port, (who) => who !== `app.js ${app.process.pid}`)).at(-1),
      `app.js ${successor?.process.pid}`,
    );
    successor?.process.stdin?.end('end');
    await successor?.end();
    await delay(2500);
    assert.equal(await owner(port), undefined, 'who scrapes there does not mean the strangers');
  });

  test('never from a program that is not profiled: it may be about to start anew', async (t) => {
    const folder = new Folder(t);
    folder.write('app.js', server);
    const taken = createServer((_request, response) => response.writeHead(404).end()).listen(0, '127.0.0.1');
    t.after(() => taken.close());
    await new Promise((resolve) => taken.once('listening', resolve));
    const port = String((taken.address() as AddressInfo).port);
    const program = startGroup(t, folder, ['--require', preload, 'app.js'], { PROFBUF_HTTP: port });
    await program.said('the port is in use');
    taken.close();
    taken.closeAllConnections();
    await delay(2500);
    assert.equal(await owner(port), undefined);
    program.process.stdin?.end('end');
    await program.end();
    assert.equal(program.stderr.match(/in use/g)?.length, 1);
  });

  test('and to nobody who cannot prove that it is of the run', async (t) => {
    const folder = new Folder(t);
    folder.write('app.js', 'process.stdin.resume();');
    const port = await freePort();
    const program = startGroup(t, folder, ['--require', preload, 'app.js'], { PROFBUF_HTTP: port });
    await program.said('serving');
    const words = `${process.pid} ${program.process.pid} 1 ${'0'.repeat(32)} ${'0'.repeat(64)}`;
    for (let i = 0; i < 3; i++) {
      const headers = { 'profbuf-claim': words };
      const { status } = await ask(`http://127.0.0.1:${port}/profbuf/port`, { method: 'POST', headers });
      assert.equal(status, 405);
      await delay(500);
    }
    assert.equal(await owner(port), `app.js ${program.process.pid}`);
  });
});
