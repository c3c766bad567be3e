import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { Folder, type Result, run } from '../cli/command.js';
import { runtimes } from '../runtimes.js';
import { install, pack } from './packed.js';
import { bufferProgram, compiles, compilesBuffer, program, type Setting, settings } from './type-checks.js';

/*
 * Other people's tools, in fixed versions, in a project that has the package installed.
 */

describe('TypeScript', () => {
  /** What a version does not know yet, or not any more. */
  const unknown: Readonly<Record<string, readonly Setting[]>> = {
    '5.2.2': ['module node18, a CommonJS file', 'module commonjs, moduleResolution bundler'],
    '5.3.3': ['module node18, a CommonJS file', 'module commonjs, moduleResolution bundler'],
    '5.6.3': ['module node18, a CommonJS file', 'module commonjs, moduleResolution bundler'],
    '5.9.3': ['module commonjs, moduleResolution bundler'],
    '7.0.2': ['module commonjs, moduleResolution node10', 'module esnext, moduleResolution node10'],
  };
  const folder = new Folder({ after });
  folder.write('package.json', '{}');
  for (const name of ['app.ts', 'app.cts', 'app.mts']) folder.write(name, program);
  folder.write('buffer.cts', bufferProgram);
  const compilers = Object.keys(unknown).map((version) => `typescript-${version}@npm:typescript@${version}`);
  install(folder.path, pack(folder.path), '@types/node@20.19.43', '@opentelemetry/api@1.9.1', ...compilers);

  for (const [version, left] of Object.entries(unknown)) {
    const tsc = join(folder.path, `node_modules/typescript-${version}/bin/tsc`);
    for (const setting of Object.keys(settings) as Setting[]) {
      if (left.includes(setting)) continue;
      it(`${version}, ${setting}`, async () => {
        await compiles(tsc, folder.path, setting);
      });
    }
    it(`${version}, profbuf/buffer with nothing but ES2020`, async () => {
      await compilesBuffer(tsc, folder.path);
    });
  }
});

describe('attw', () => {
  it('finds no entry whose types are wrong', async (t) => {
    const folder = new Folder(t);
    folder.write('package.json', '{}');
    const packed = pack(folder.path);
    install(folder.path, '@arethetypeswrong/cli@0.18.5');
    const attw = join(folder.path, 'node_modules/@arethetypeswrong/cli/dist/index.js');
    const { code, stdout } = await run(process.execPath, [attw, '--format', 'ascii', packed], { cwd: folder.path });
    assert.equal(code, 0, stdout);
    assert.match(stdout, /No problems found/);
  });
});

describe('Jest', () => {
  const suite = `
    const { getLabels, ProfbufError, startProfiler, withLabels } = require('profbuf');
    const { allocate, ProfBufReader, ProfBufWriter } = require('profbuf/buffer');
    const { expressLabels } = require('profbuf/express');
    const { fastifyLabels } = require('profbuf/fastify');
    const { honoLabels } = require('profbuf/hono');
    const { pprofHandler } = require('profbuf/http');
    const { labelSpans } = require('profbuf/opentelemetry');

    test('labels are in force', async () => {
      expect(await withLabels({ tenant: 'acme' }, async () => { await null; return getLabels(); })).toEqual({ tenant: 'acme' });
      expect(() => withLabels({ '': 1 }, () => {})).toThrow(ProfbufError);
    });
    test('a profiler starts and stops', async () => {
      const profiler = await startProfiler();
      const { profile } = { profile: await profiler.stop() };
      expect((await profile.encode()).length).toBeGreaterThan(100);
    });
    test('the buffer carries a record', () => {
      const shared = allocate({ words: 64 });
      new ProfBufWriter(shared).write(7, 1, [], [1, 2]);
      expect(new ProfBufReader(shared).next().stack(1)).toBe(2);
    });
    test('middleware is there', () => {
      for (const made of [expressLabels(), fastifyLabels, honoLabels(), pprofHandler(), labelSpans]) expect(typeof made).toBe('function');
      const next = jest.fn();
      expressLabels()({ method: 'GET', emit() {} }, {}, next);
      expect(next).toHaveBeenCalledTimes(1);
    });
  `;
  const folder = new Folder({ after });
  folder.write('package.json', '{}');
  folder.write('suite.test.js', suite);
  const typed = suite
    .replace(/const (.*) = require\((.*)\);/g, 'import $1 from $2;')
    .replace("{ method: 'GET', emit() {} }", '$& as never');
  folder.write('typed.test.ts', typed.replace('new ProfBufReader(shared).next()', '$&!'));
  folder.write(
    'tsconfig.json',
    JSON.stringify({
      compilerOptions: { module: 'commonjs', target: 'es2022', strict: true, ignoreDeprecations: '5.0' },
    }),
  );
  folder.write('jest.config.js', `module.exports = { transform: { '\\\\.ts$': 'ts-jest' } };`);
  const frameworks = ['express@5.3.0', 'fastify@5.12.8', 'hono@4.13.19', '@opentelemetry/api@1.9.1'];
  const tools = ['jest@30.5.2', 'ts-jest@29.4.15', 'typescript@5.9.3', '@types/jest@30.0.0', '@types/node@20.19.43'];
  install(folder.path, pack(folder.path), ...frameworks, ...tools);
  const jest = join(folder.path, 'node_modules/jest/bin/jest.js');

  for (const runtime of runtimes) {
    const passes = ({ code, stderr }: Result) => {
      assert.equal(code, 0, stderr);
      assert.match(stderr, /Tests: +8 passed, 8 total/);
    };
    it(`runs CommonJS and TypeScript suites that load every entry, on ${runtime.name}`, async () => {
      passes(await run(runtime.path, [jest, '--ci', '--no-cache'], { cwd: folder.path }));
    });

    it(`does so in the profiled process itself, on ${runtime.name}`, async () => {
      const args = ['--require', 'profbuf/register', jest, '--ci', '--runInBand'];
      passes(
        await run(runtime.path, args, { cwd: folder.path, env: { PROFBUF_OUTPUT: 'jest.pb.gz', PROFBUF_QUIET: '1' } }),
      );
      assert.equal(folder.profile('jest.pb.gz').model.samples.length > 0, true);
    });
  }
});
