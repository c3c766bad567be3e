import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { tools } from '../ecosystem/tools.js';
import { install } from '../package/packed.js';
import { runtimes } from '../runtimes.js';
import { inspectorWords, possessions, skip } from './attached-program.js';
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

// The others on every Node, with those that take long: see attached-program.ts.
await import('./attach-heap.test.js');
await import('./attach-labels.test.js');
await import('./attach-places.test.js');
await import('./top-live.test.js');
