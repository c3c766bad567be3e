import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { tools } from '../ecosystem/tools.js';
import { install } from '../package/packed.js';
import { runtimes } from '../runtimes.js';
import { endsAsBefore, inspectorWords, possessions, skip, start, stateOf, tellsState } from './attached-program.js';
import { Folder, profbuf } from './command.js';

/** A program of pm2's, in both of its modes. */
const server = `
  const { createServer } = require('node:http');
  setInterval(function work() { for (const end = performance.now() + 4; performance.now() < end; ); }, 10);
  createServer((request, response) => response.end('served')).listen(0, '127.0.0.1', () => console.log('ready ' + process.pid));
  process.on('SIGINT', () => { console.log('bye'); process.exit(0); });
`;

test('under pm2, in both of its modes, on the oldest and the newest Node', { skip }, async (t) => {
  const folder = new Folder(t);
  install(folder.path, ...(tools.pm2?.packages ?? []));
  const app = folder.write('app.js', server);
  for (const { name, path } of [runtimes[0], runtimes.at(-1)].filter((runtime) => runtime !== undefined)) {
    const env = { ...process.env, PM2_HOME: join(folder.path, `.pm2-${name.replace(' ', '')}`), NODE_OPTIONS: '' };
    const pm2 = (...words: readonly string[]) => {
      const script = join(folder.path, 'node_modules/pm2/bin/pm2');
      return spawnSync(path, [script, '--silent', ...words], { cwd: folder.path, env, encoding: 'utf8' });
    };
    try {
      for (const mode of ['fork', 'cluster']) {
        const [out, err] = [`${name} ${mode}.out`, `${name} ${mode}.err`];
        const instances = mode === 'cluster' ? ['-i', '1'] : [];
        pm2('start', app, ...instances, '--name', mode, '-o', out, '-e', err, '--merge-logs');
        let pid = 0;
        for (let tries = 0; tries < 600 && pid === 0; tries++) {
          await new Promise((resolve) => setTimeout(resolve, 100));
          try {
            pid = Number(/ready (\d+)/.exec(folder.read(out).toString())?.[1] ?? 0);
          } catch {
            // It has not begun yet.
          }
        }
        const before = possessions(pid);
        const { code, stderr } = await profbuf(['attach', '--seconds', '1', `${pid}`], { cwd: folder.path });
        assert.equal(code, 0, `${name}, ${mode}: ${stderr}`);
        assert.match(stderr, / work +app\.js:3$/m);
        assert.deepEqual(possessions(pid), before);
        pm2('stop', mode);
        assert.equal(folder.read(out).toString(), `ready ${pid}\nbye\n`);
        for (const line of readFileSync(join(folder.path, err), 'utf8').split('\n')) {
          // In a cluster they go to pm2's own stderr.
          if (line !== '') assert.match(line, inspectorWords);
        }
        // It was not started anew.
        assert.doesNotMatch(folder.read(out).toString(), /ready.*ready/s);
      }
    } finally {
      pm2('kill');
    }
  }
});

/** Answers each request after 3 ms of work, and says what it has when asked. */
const busyServer = `
  const { createServer } = require('node:http');
  function handle() { for (const end = performance.now() + 3; performance.now() < end; ); }
  createServer((request, response) => { handle(); response.end('served'); })
    .listen(0, '127.0.0.1', function () { console.log('ready ' + this.address().port); });
  ${tellsState}
`;

for (const runtime of runtimes) {
  test(`a server under load answers every request meanwhile, on ${runtime.name}`, { skip }, async (t) => {
    const folder = new Folder(t);
    const program = await start(t, folder, busyServer, runtime);
    const [, port = ''] = await program.printed(/ready (\d+)/);
    const id = `${program.process.pid}`;
    // Node makes some things at the first request, and at the first word on stdin.
    await textOf(port, new Agent());
    await stateOf(program);
    await new Promise((resolve) => setTimeout(resolve, 500));
    const [before, files] = [await stateOf(program), possessions(program.process.pid)];
    const load = { isOver: false, served: 0, failed: 0 };
    const agent = new Agent({ keepAlive: true });
    const client = async () => {
      while (!load.isOver) {
        const answer = await textOf(port, agent);
        if (answer === 'served') load.served++;
        else load.failed++;
      }
    };
    const clients = [client(), client(), client()];
    for (const words of [
      ['attach', '--seconds', '2', id],
      ['attach', '--heap', '--seconds', '1', id],
      ['stack', id],
      ['top', '--pid', id, '--seconds', '2'],
    ]) {
      const { code, stdout, stderr } = await profbuf(words, { cwd: folder.path });
      assert.equal(code, 0, stderr);
      if (words[1] === '--seconds' || words[0] === 'top') assert.match(`${stdout}${stderr}`, / handle +app\.js:3$/m);
    }
    load.isOver = true;
    await Promise.all(clients);
    agent.destroy();
    assert.equal(load.failed, 0);
    assert.ok(load.served > 100, `${load.served} answers`);
    // The server closes its ends of the connections by and by.
    await new Promise((resolve) => setTimeout(resolve, 500));
    assert.equal(await stateOf(program), before);
    assert.deepEqual(possessions(program.process.pid), files);
    await endsAsBefore(program);
  });
}

function textOf(port: string, agent: Agent): Promise<string> {
  return new Promise((resolve) => {
    get({ port, host: '127.0.0.1', agent }, async (response) => resolve(await text(response))).on('error', (error) =>
      resolve(error.message),
    );
  });
}

// The others on every Node, with those that take long: see attached-program.ts.
await import('./attach-heap.test.js');
await import('./attach-labels.test.js');
await import('./attach-places.test.js');
await import('./top-live.test.js');
