import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { root, run } from '../cli/command.js';
import { runtimes } from '../runtimes.js';
import { projectWithPackage } from './packed.js';

/** One process with the package by `import` and by `require`. */
const bothForms = `
  import assert from 'node:assert/strict';
  import { once } from 'node:events';
  import { createServer } from 'node:http';
  import { createRequire } from 'node:module';
  import express from 'express';
  import * as imported from 'profbuf';
  import * as importedBuffer from 'profbuf/buffer';
  import * as importedExpress from 'profbuf/express';
  import * as importedHttp from 'profbuf/http';
  const require = createRequire(import.meta.url);
  const required = require('profbuf');
  const requiredBuffer = require('profbuf/buffer');
  const requiredExpress = require('profbuf/express');

  const caught = (fn) => {
    try {
      fn();
    } catch (error) {
      return error;
    }
    assert.fail('no error');
  };
  const listen = async (server) => {
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return \`http://127.0.0.1:\${server.address().port}\`;
  };

  const checks = {
    'they are two copies'() {
      assert.notEqual(imported.withLabels, required.withLabels);
      assert.deepEqual(Object.keys(imported).sort(), Object.keys(required).sort());
      assert.deepEqual(Object.keys(importedBuffer).sort(), Object.keys(requiredBuffer).sort());
    },
    'with the same labels in force'() {
      const within = () => [imported.getLabels(), required.getLabels()];
      const labels = imported.withLabels({ a: 1 }, () => required.withLabels({ b: 2 }, within));
      assert.deepEqual(labels, [{ a: 1, b: 2 }, { a: 1, b: 2 }]);
    },
    'whose errors are of one class'() {
      for (const [one, other] of [[imported, required], [required, imported]]) {
        const labelError = caught(() => one.withLabels({ '': 1 }, () => {}));
        assert.equal(labelError instanceof other.ProfbufError, true);
        assert.equal(labelError instanceof other.ProfileFormatError, false);
        class Own extends other.ProfbufError {}
        assert.equal(labelError instanceof Own, false);
        assert.equal(new Own('ERR_PROFBUF_FAILED', '') instanceof other.ProfbufError, true);
        assert.equal(caught(() => one.Profile.decode(new Uint8Array(9))) instanceof other.ProfileFormatError, true);
        assert.equal(caught(() => one.Profile.merge()) instanceof other.ProfileMergeError, true);
        for (const value of [undefined, null, 1, '', {}, new Error('x'), () => {}])
          assert.equal(value instanceof other.ProfbufError, false);
      }
      for (const [one, other] of [[importedBuffer, requiredBuffer], [requiredBuffer, importedBuffer]]) {
        const error = caught(() => one.allocate({ words: 7 }));
        assert.equal(error instanceof other.ProfBufError, true);
        assert.equal(error instanceof imported.ProfbufError, false);
      }
    },
    async 'and profile the process once'() {
      const url = await listen(createServer(importedHttp.pprofHandler()));
      assert.equal((await fetch(url + '/debug/pprof/')).status, 503);
      const profiler = await required.startProfiler();
      const second = await imported.startProfiler().catch((error) => error);
      assert.equal(second.code, 'ERR_PROFBUF_ALREADY_STARTED');
      assert.equal((await fetch(url + '/debug/pprof/')).status, 200);
      const profile = await profiler.stop();
      assert.equal(profile instanceof imported.Profile, true);
      assert.deepEqual(imported.Profile.merge(profile).model.sampleTypes, profile.model.sampleTypes);
      await (await imported.startProfiler()).stop();
    },
    async 'and label a request once'() {
      const app = express();
      const seen = [];
      app.use(importedExpress.expressLabels({ labels: () => ({ one: 1 }) }));
      app.all('/users/:any', (request, response, next) => next());
      app.use(requiredExpress.expressLabels({ labels: () => ({ other: 2 }) }));
      app.post('/users/:user', (request, response) => {
        seen.push(imported.getLabels());
        request.on('end', () => {
          seen.push(required.getLabels());
          response.end();
        });
        request.resume();
      });
      const url = await listen(createServer(app));
      assert.equal((await fetch(url + '/users/7', { method: 'POST', body: 'x' })).status, 200);
      const labels = { method: 'POST', one: 1, other: 2, route: '/users/:user' };
      assert.deepEqual(seen.map((set) => ({ ...set })), [labels, labels]);
    },
  };
  for (const [name, check] of Object.entries(checks)) {
    await check();
    console.log(name);
  }
  process.exit();
`;

/** Every entry that a program can load, as `import` and `require` name them. */
const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { exports: object };
const entries = Object.keys(exports)
  .filter((entry) => !['./package.json', './register'].includes(entry))
  .map((entry) => entry.replace('.', 'profbuf'));

describe('the package as it is packed', () => {
  const project = projectWithPackage({ after }, 'express', 'hono', '@opentelemetry/api');

  for (const runtime of runtimes) {
    it(`is one, by import and by require in one process on ${runtime.name}`, async () => {
      project.write('both.mjs', bothForms);
      const { code, stdout, stderr } = await run(runtime.path, ['both.mjs'], { cwd: project.path });
      const passed = [
        'they are two copies',
        'with the same labels in force',
        'whose errors are of one class',
        'and profile the process once',
        'and label a request once',
      ];
      assert.deepEqual({ code, stderr, passed: stdout.trim().split('\n') }, { code: 0, stderr: '', passed });
    });

    it(`loads where nobody can require ES modules on ${runtime.name}`, async () => {
      const require = entries.map((entry) => `Object.keys(require('${entry}')).length > 0`).join(', ');
      project.write('app.cjs', `console.log([${require}].join());`);
      const args = ['--no-experimental-require-module', 'app.cjs'];
      const { code, stdout, stderr } = await run(runtime.path, args, { cwd: project.path });
      const expected = { code: 0, stdout: `${entries.map(() => true).join()}\n`, stderr: '' };
      assert.deepEqual({ code, stdout, stderr }, expected);
    });
  }

  it('has its command, and its preload in both forms', async () => {
    project.write('app.cjs', 'console.log(1)');
    const command = join('node_modules', 'profbuf', 'dist', 'cli', 'main.js');
    const recorded = await run(process.execPath, [command, 'record', '-q', 'app.cjs'], { cwd: project.path });
    assert.deepEqual(recorded, { code: 0, signal: null, stdout: '1\n', stderr: '' });
    for (const flag of ['--import', '--require']) {
      const { code, stderr } = await run(process.execPath, [flag, 'profbuf/register', 'app.cjs'], {
        cwd: project.path,
      });
      assert.equal(code, 0);
      assert.match(stderr, /^profbuf: wrote .*profile\.app\.cjs\.\d+\.pb\.gz: /);
    }
  });

  it('has no file that no entry leads to', async () => {
    const { stdout } = await run('tar', ['-tzf', 'profbuf-0.1.0.tgz'], { cwd: project.path });
    const files = stdout.trim().split('\n');
    const inside = (folder: string) => files.filter((file) => file.startsWith(`package/dist/${folder}`));
    for (const folder of ['collector/', 'application/control/', 'application/gate.', '.']) {
      assert.deepEqual(inside(folder), []);
    }
    assert.deepEqual(
      inside('cli/').filter((file) => file.endsWith('.d.ts')),
      [],
    );
    assert.notDeepEqual(inside('commonjs/'), []);
  });
});
