import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { listeningSockets } from '../../src/cli/attach/listening-sockets.js';
import { nodeVersionIn } from '../../src/cli/attach/node-binary.js';
import {
  attach,
  attachedRuntimes,
  endsAsBefore,
  idle,
  inspectorWords,
  possessions,
  skip,
  soakTest,
  start,
  stateOf,
  tellsState,
} from './attached-program.js';
import { Folder, main, profbuf, Run } from './command.js';

const isRoot = process.geteuid?.() === 0;
const skipUnlessRoot = skip || (!isRoot && 'only root can start programs of other users');
/** Of nobody. */
const otherUser = 65_534;

test("another user's process is refused, with the way to do it", { skip }, async (t) => {
  const folder = new Folder(t);
  const program = await start(t, folder, idle, { path: process.execPath });
  const { status, stderr } = spawnSync(
    process.execPath,
    [main, 'attach', '-o', join(tmpdir(), 'profbuf-never'), String(isRoot ? program.process.pid : 1)],
    { cwd: '/', encoding: 'utf8', ...(isRoot && { uid: otherUser }) },
  );
  assert.match(
    stderr,
    /^profbuf: process \d+ is another user's \(0\): sudo -u 'root' npx profbuf does it as that user\n$/,
  );
  assert.equal(status, 2);
  assert.equal(program.process.signalCode, null);
});

for (const runtime of attachedRuntimes) {
  test(`root is refused too, unless it says --other-user, on ${runtime.name}`, { skip: skipUnlessRoot }, async (t) => {
    const folder = new Folder(t);
    chmodSync(folder.path, 0o755);
    const app = folder.write(
      'app.js',
      `setInterval(() => { for (let x = 0; x < 1e6; x++); }, 10); ${tellsState} console.log('ready');`,
    );
    const line = [runtime.path, '--inspect-port=0', app];
    const command = `exec setpriv --reuid ${otherUser} --clear-groups "$@"`;
    const program = new Run('sh', ['-c', command, 'sh', ...line], { cwd: folder.path });
    t.after(() => program.process.kill('SIGKILL'));
    await program.printed('ready');
    await stateOf(program);
    const [before, files] = [await stateOf(program), possessions(program.process.pid)];
    for (const words of [
      ['attach', '-o', 'refused.pb.gz', `${program.process.pid}`],
      ['stack', `${program.process.pid}`],
      ['top', '--pid', `${program.process.pid}`],
    ]) {
      const refused = await profbuf(words, { cwd: folder.path });
      assert.match(
        refused.stderr,
        /^profbuf: process \d+ is another user's \(65534\): sudo -u '\S+' npx profbuf does it as that user, or --other-user, as you are root\n$/,
      );
      assert.equal(refused.code, 2);
    }
    assert.equal(program.stderr, '');
    const { code, stderr } = await attach(folder, program, '--seconds', '0.5', '--other-user');
    assert.equal(code, 0, stderr);
    assert.equal(await stateOf(program), before);
    assert.deepEqual(possessions(program.process.pid), files);
    await endsAsBefore(program);
  });
}

/** A program in a PID namespace of its own, as in a container. */
const canUnshare =
  skip || (spawnSync('unshare', ['-pf', '--mount-proc', 'true']).status !== 0 && 'unshare is not to be had');

test('in another PID namespace it is refused, and done from inside, also as process 1', {
  skip: canUnshare,
}, async (t) => {
  const folder = new Folder(t);
  const code = `
    const { spawn } = require('node:child_process');
    setInterval(function work() { for (const end = performance.now() + 4; performance.now() < end; ); }, 10);
    process.stdin.on('data', (words) => {
      const child = spawn(process.execPath, JSON.parse(String(words)), { stdio: ['ignore', 'inherit', 'pipe'] });
      let stderr = '';
      child.stderr.on('data', (text) => { stderr += text; });
      child.on('close', (code) => console.log('attached ' + JSON.stringify({ code, stderr }) + ' end'));
    });
    console.log('ready ' + process.pid);
  `;
  const words = ['-pf', '--mount-proc', process.execPath, '--inspect-port=0', folder.write('app.js', code)];
  const outer = new Run('unshare', words, { cwd: folder.path });
  const [, inner] = await outer.printed(/ready (\d+)/);
  assert.equal(inner, '1');
  const found = spawnSync('pgrep', ['-P', String(outer.process.pid)], { encoding: 'utf8' });
  const pid = Number(found.stdout.trim());
  t.after(() => {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended.
    }
  });
  const refused = await profbuf(['attach', `${pid}`], { cwd: folder.path });
  assert.match(
    refused.stderr,
    /^profbuf: process \d+ is in another container: run profbuf inside of it, with its id there\n$/,
  );
  assert.equal(refused.code, 2);
  assert.equal(outer.stderr, '');
  const before = possessions(pid);
  outer.process.stdin?.write(JSON.stringify([main, 'attach', '--seconds', '0.6', '1']));
  const [, text = ''] = await outer.printed(/attached (.*) end\n/);
  const { code: status, stderr } = JSON.parse(text) as { readonly code: number; readonly stderr: string };
  assert.equal(status, 0, stderr);
  assert.match(stderr, / work +app\.js:3$/m);
  assert.deepEqual(possessions(pid), before);
  for (const line of outer.stderr.trimEnd().split('\n')) assert.match(line, inspectorWords);
});

/** Of a primary, whose work has its own name, and one worker that answers its requests. */
const cluster = (ofWorker: string) => `
  const cluster = require('node:cluster');
  const { createServer, get } = require('node:http');
  if (cluster.isPrimary) {
    const worker = cluster.fork();
    setInterval(function primaryWork() { for (const end = performance.now() + 3; performance.now() < end; ); }, 10);
    worker.once('listening', ({ port }) => {
      (function ask() {
        const again = () => setTimeout(ask, 5);
        get({ port, host: '127.0.0.1' }, (response) => response.resume().on('end', again)).on('error', () => {});
      })();
      console.log('ready ' + worker.process.pid);
    });
    worker.on('exit', (code, signal) => { console.log('worker ' + code + ' ' + signal); process.exit(5); });
    process.stdin.on('data', () => worker.kill());
  } else {
    ${ofWorker}
    createServer((request, response) => { serve(); response.end(); }).listen(0, '127.0.0.1');
    function serve() { for (const end = performance.now() + 4; performance.now() < end; ); }
  }
`;

for (const { name, path } of attachedRuntimes) {
  test(`a cluster's primary and its worker, by their own ids, on ${name}: neither keeps an inspector`, {
    skip,
  }, async (t) => {
    const folder = new Folder(t);
    // Each worker gets the next port.
    const options = [`--inspect-port=${await freePorts()}`];
    const program = await start(t, folder, cluster(''), { path, options });
    const [, worker = ''] = await program.printed(/ready (\d+)/);
    const ids = [Number(program.process.pid), Number(worker)];
    const before = ids.map(heldBy);
    for (const [id, name] of [
      [ids[0], 'primaryWork'],
      [ids[1], 'serve'],
    ] as const) {
      const words = ['attach', '--seconds', '0.6', '--rate', '500', `${id}`];
      const { code: status, stderr } = await profbuf(words, { cwd: folder.path });
      assert.equal(status, 0, stderr);
      const names = folder
        .profile()
        .top()
        .map(({ functionName }) => functionName);
      assert.ok(names.includes(name), stderr);
      assert.equal(/^profbuf: it is the primary of a cluster: /m.test(stderr), name === 'primaryWork', stderr);
      assert.deepEqual(ids.map(heldBy), before);
    }
    assert.equal(program.stderr.match(/Debugger listening on/g)?.length, 3);
    program.process.stdin?.write('end');
    const { code: status, stdout, stderr } = await program.end();
    assert.equal(status, 5);
    assert.match(stdout, /^ready \d+\nworker null SIGTERM\n$/);
    for (const line of stderr.trimEnd().split('\n')) assert.match(line, inspectorWords);
  });
}

test("a cluster's primary is refused where a worker listens to SIGUSR1: Node would hand it on", { skip }, async (t) => {
  const folder = new Folder(t);
  const code = cluster(`process.on('SIGUSR1', () => console.log('got it'));`);
  const program = await start(t, folder, code, { path: process.execPath, options: [] });
  const { code: status, stderr } = await attach(folder, program);
  assert.match(
    stderr,
    /^profbuf: process \d+ is the primary of a cluster, and hands SIGUSR1 on to its workers: the program of process \d+ listens to SIGUSR1 itself, .*\n$/,
  );
  assert.equal(status, 2);
  assert.equal(program.stderr, '');
  assert.doesNotMatch(program.stdout, /got it/);
});

/** What lasts: a server has connections for a while. */
function heldBy(pid: number): unknown {
  const { signals } = possessions(pid) as { readonly signals: unknown };
  return { signals, ports: listeningSockets(pid).map(({ port }) => port) };
}

/** The first of some ports that follow each other, and are free. */
async function freePorts(): Promise<number> {
  for (let first = 20_000 + (process.pid % 10_000); ; first += 10) {
    const servers = await Promise.all(
      [first, first + 1, first + 2].map(
        (port) =>
          new Promise<Server | undefined>((resolve) => {
            const server = createServer().on('error', () => resolve(undefined));
            server.listen(port, '127.0.0.1', () => resolve(server));
          }),
      ),
    );
    for (const server of servers) server?.close();
    if (!servers.includes(undefined)) return first;
  }
}

test('builds for musl, which the images for Alpine have, are known as Node; what only speaks of Node is not', (t) => {
  const folder = new Folder(t);
  const versionOf = (text: string) => {
    const path = join(folder.path, 'node');
    writeFileSync(path, `\x7fELF${'\0'.repeat(5000)}${text}\0${'\0'.repeat(5000)}`, 'latin1');
    return nodeVersionIn(path);
  };
  const official = 'https://nodejs.org/download/release/v20.19.5/node-v20.19.5.tar.gz';
  assert.equal(versionOf(official), '20.19.5');
  const url = 'https://unofficial-builds.nodejs.org/download/release/v22.20.0/node-v22.20.0.tar.gz';
  assert.equal(versionOf(url), '22.20.0');
  assert.equal(versionOf('https://nodejs.org/download/release/v20.19.5/node-v20.19.4.tar.gz'), undefined);
  assert.equal(versionOf('https://nodejs.org/download/'), undefined);
});

soakTest('an inspector at any address of the machine is found', { skip }, async (t) => {
  const folder = new Folder(t);
  const addresses = ['[::1]:0', '[::]:0', '0.0.0.0:0', 'localhost:0'].filter(
    (address) =>
      !address.includes('[') || readFileSync('/proc/net/if_inet6', 'utf8').includes('00000000000000000000000000000001'),
  );
  for (const address of addresses) {
    const program = spawn(process.execPath, [`--inspect=${address}`, folder.write('app.js', idle)], { stdio: 'pipe' });
    t.after(() => program.kill('SIGKILL'));
    await new Promise((resolve) => program.stdout.once('data', resolve));
    const { code, stderr } = await profbuf(['stack', `${program.pid}`], { cwd: folder.path });
    assert.equal(code, 0, `${address}: ${stderr}`);
    assert.equal(stderr, '');
  }
});
