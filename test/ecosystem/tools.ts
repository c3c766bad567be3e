import { busy, type Tool, typedBusy } from './tool.js';

const commonJs = JSON.stringify({ compilerOptions: { module: 'commonjs', target: 'es2022', strict: true } });

/** A project of a bundler: what it makes is run after it, by the driver. */
function bundled(build: string): Tool['files'] {
  return {
    'src/app.js': `import { sum } from './sum.js';\n${busy}\nconsole.log(sum(1, 2));\nprocess.exitCode = sum(1, 2);`,
    'src/sum.js': 'export function sum(a, b) { return a + b; }',
    'drive.cjs': `${driver}\nrun(${build});\nrun(node, 'dist/app.cjs');`,
  };
}

/** What several commands need: each has the streams of the program, and the first bad status is the program's. */
const driver = `
const { spawnSync } = require('node:child_process');
const node = process.execPath;
function run(file, ...words) {
  const { status, signal, error } = spawnSync(file, words, { stdio: 'inherit' });
  if (error) throw error;
  if (signal !== null) console.log('ended by', signal);
  if (status !== 0) process.exitCode = status ?? 1;
}`;

/** A workspace whose one task fails, with these settings. */
function turbo(settings: string): Tool {
  return {
    packages: ['turbo@2.11.11'],
    files: {
      'package.json':
        '{ "name": "root", "private": true, "packageManager": "npm@10.8.2", "workspaces": ["packages/*"], "dependencies": {} }',
      'package-lock.json': JSON.stringify({
        name: 'root',
        lockfileVersion: 3,
        requires: true,
        packages: { '': { name: 'root', workspaces: ['packages/*'] }, 'packages/a': { version: '1.0.0' } },
      }),
      'turbo.json': settings,
      'packages/a/package.json': '{ "name": "a", "version": "1.0.0", "scripts": { "build": "node build.js" } }',
      'packages/a/build.js': `${busy}\nrequire('node:fs').writeFileSync('out.txt', 'a'); console.log('built a'); process.exitCode = 3;`,
      'drive.cjs': `${driver}\nrun('node_modules/.bin/turbo', 'run', 'build', '--log-order=grouped');`,
    },
    prints: 'built a',
    words: ['drive.cjs'],
    env: { TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1' },
    namesAlone: /\.turbo/,
  };
}

/** Each tool's project, in the order of the table. */
export const tools: Readonly<Record<string, Tool>> = {
  jest: {
    packages: ['jest@30.5.2'],
    files: {
      'one.test.js': `const { sum } = require('./sum');
        test('adds', () => { expect(sum(1, 2)).toBe(3); });
        test('fails', () => { expect(sum(1, 2)).toBe(4); });
        test('snapshot', () => { expect({ a: sum(3, 4) }).toMatchSnapshot(); });`,
      'two.test.js': `const { sum } = require('./sum');
        jest.mock('node:os', () => ({ cpus: () => [] }));
        test('mocks', async () => { await null; expect([require('node:os').cpus().length, sum(0, 0)]).toEqual([0, 0]); });`,
      'sum.js': `${busy} exports.sum = (a, b) => a + b;`,
      'jest.config.js': `module.exports = { cache: false, collectCoverage: true, coverageReporters: ['json'] };`,
      // Results of workers come in any order.
      'sorted.js': `module.exports = class {
        onRunComplete(_, { testResults }) {
          for (const { testResults: tests } of [...testResults].sort((a, b) => (a.testFilePath < b.testFilePath ? -1 : 1))) {
            for (const { fullName, status, failureMessages } of tests) console.log(fullName, status, failureMessages);
          }
        }
      };`,
      'drive.cjs': `${driver}
        const jest = 'node_modules/jest/bin/jest.js';
        run(node, jest, '--ci=false', '--runInBand');
        run(node, jest, '--ci', '--maxWorkers=2', '--reporters=./sorted.js');`,
    },
    prints: '3 passed',
    words: ['drive.cjs'],
    // It counts how often each line ran, of a loop that goes by time.
    namesAlone: /^coverage/,
  },
  vitest: {
    packages: ['vitest@5.1.2'],
    since: 22,
    files: {
      'one.test.mjs': `import { expect, test } from 'vitest'; import { sum } from './sum.mjs';
        test('adds', () => { expect(sum(1, 2)).toBe(3); });
        test('fails', () => { expect(sum(1, 2)).toBe(4); });
        test('snapshot', () => { expect({ a: sum(3, 4) }).toMatchSnapshot(); });`,
      'sum.mjs': `${busy} export const sum = (a, b) => a + b;`,
    },
    prints: '2 passed',
    words: ['node_modules/vitest/vitest.mjs', 'run', '--update'],
    varies: [/ +Duration .*/g],
  },
  'vitest threads': {
    packages: ['vitest@5.1.2'],
    since: 22,
    files: {
      'one.test.mjs': `import { expect, test } from 'vitest'; import { sum } from './sum.mjs';
        test('adds', () => { expect(sum(1, 2)).toBe(3); });`,
      'sum.mjs': `${busy} export const sum = (a, b) => a + b;`,
    },
    prints: '1 passed',
    words: ['node_modules/vitest/vitest.mjs', 'run', '--pool=threads'],
    varies: [/ +Duration .*/g],
  },
  'ts-jest': {
    packages: ['ts-jest@29.4.15', 'jest@30.5.2', 'typescript@5.9.3', '@types/jest@30.0.0', '@types/node@20.19.43'],
    files: {
      'one.test.ts': `import { sum } from './sum';
        test('adds', () => { const result: number = sum(1, 2); expect(result).toBe(3); });
        test('throws', () => { expect(sum(1, 1)).toBe(3); });`,
      'sum.ts': `${typedBusy} export function sum(a: number, b: number): number { return a + b; }`,
      'tsconfig.json': commonJs,
      'jest.config.js': `module.exports = { transform: { '\\\\.ts$': 'ts-jest' }, cache: false };`,
    },
    prints: '1 passed',
    words: ['node_modules/jest/bin/jest.js', '--ci', '--runInBand'],
  },
  tsx: {
    packages: ['tsx@4.23.15'],
    files: {
      'app.ts': `import { sum } from './sum';\n${typedBusy}\nenum Status { Bad = 4 }\nconsole.log(sum(1, 2), process.argv.slice(2), process.execArgv.length > 0);\nprocess.exitCode = Status.Bad;\nthrow new Error('on purpose');`,
      'sum.ts': 'export const sum = (a: number, b: number): number => a + b;',
    },
    prints: 'on purpose',
    words: ['node_modules/tsx/dist/cli.mjs', 'app.ts', '--flag'],
  },
  'tsx --import': {
    packages: ['tsx@4.23.15'],
    files: {
      'app.ts': `import { sum } from './sum';\n${typedBusy}\nconsole.log(sum(1, 2), process.execArgv);\nawait null;\nprocess.exit(5);`,
      'sum.ts': 'export const sum = (a: number, b: number): number => a + b;',
      'package.json': '{ "type": "module" }',
    },
    prints: '3 [',
    words: ['--import', 'tsx', 'app.ts'],
  },
  'ts-node': {
    packages: ['ts-node@10.9.2', 'typescript@5.9.3', '@types/node@20.19.43'],
    files: {
      'app.ts': `import { sum } from './sum';\n${typedBusy}\nconsole.log(sum(1, 2), process.argv.length);\nthrow new TypeError('on purpose');`,
      'sum.ts': 'export function sum(a: number, b: number): number { return a + b; }',
      'tsconfig.json': commonJs,
    },
    prints: 'on purpose',
    words: ['node_modules/ts-node/dist/bin.js', 'app.ts', '--flag'],
  },
  nodemon: {
    packages: ['nodemon@3.1.14'],
    files: {
      'app.js': `${busy}\nconsole.log('ran', require('./value.js'));\nif (require('./value.js') === 2) process.exit(3);\nsetInterval(() => {}, 1000);\nprocess.once('SIGUSR2', () => { console.log('restarting'); process.exit(0); });`,
      'value.js': 'module.exports = 1;',
      // The file is changed when the first program has said its word.
      'drive.cjs': `const { spawn } = require('node:child_process'), { writeFileSync } = require('node:fs');
        const tool = spawn(process.execPath, ['node_modules/nodemon/bin/nodemon.js', '--exitcrash', '--watch', 'value.js', 'app.js'], { stdio: ['ignore', 'pipe', 'inherit'] });
        let said = '';
        tool.stdout.on('data', (data) => {
          process.stdout.write(data);
          const before = said;
          said += data;
          if (said.includes('ran 1') && !before.includes('ran 1')) setTimeout(() => writeFileSync('value.js', 'module.exports = 2;'), 1000);
        });
        tool.on('exit', (code, signal) => { console.log('nodemon', code, signal); process.exitCode = code; });`,
    },
    prints: 'ran 2',
    words: ['drive.cjs'],
  },
  pm2: {
    packages: ['pm2@7.0.4'],
    files: {
      'app.js': `${busy}\nconsole.log('ready', process.argv.slice(2), process.env.name);\nsetInterval(() => {}, 1000);\nprocess.on('SIGINT', () => { console.log('bye'); process.exit(0); });`,
      'drive.cjs': `${driver}
        const { existsSync, readFileSync } = require('node:fs');
        const pm2 = 'node_modules/pm2/bin/pm2';
        const wait = (until) => { for (let n = 0; n < 200 && !until(); n++) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100); };
        const said = (text) => () => existsSync('out.log') && readFileSync('out.log', 'utf8').includes(text);
        for (const mode of ['fork', 'cluster']) {
          const instances = mode === 'cluster' ? ['-i', '1'] : [];
          run(node, pm2, '--silent', 'start', 'app.js', ...instances, '--name', mode, '-o', 'out.log', '-e', 'err.log', '--merge-logs', '--', 'a', 'b c');
          wait(said("'b c' ] " + mode));
          run(node, pm2, '--silent', 'stop', mode);
        }
        run(node, pm2, '--silent', 'kill');
        console.log(readFileSync('out.log', 'utf8'), readFileSync('err.log', 'utf8'));`,
    },
    prints: 'bye',
    words: ['drive.cjs'],
  },
  'c8, mocha': {
    packages: ['c8@12.0.0', 'mocha@12.0.3'],
    since: 22,
    files: {
      'one.test.js': `const { sum, never } = require('./sum'); const assert = require('node:assert');
        describe('sum', () => { it('adds', () => assert.equal(sum(1, 2), 3)); it('fails', () => assert.equal(sum(1, 2), 4)); it('is slow', (done) => { setTimeout(done, 100); }); });`,
      'sum.js': `require('./busy'); exports.sum = (a, b) => (a > 5 ? b : a + b);\nexports.never = () => {\n  return 1;\n};`,
      'busy.js': busy,
    },
    prints: '2 passing',
    words: [
      'node_modules/c8/bin/c8.js',
      '--reporter=text',
      '--exclude=busy.js',
      'node',
      'node_modules/mocha/bin/mocha.js',
      'one.test.js',
    ],
    namesAlone: /^coverage/,
    varies: [/coverage-\d+-\d+-\d+/g, /\(\d+ms\)/g],
  },
  'nyc, mocha': {
    packages: ['nyc@18.0.0', 'mocha@12.0.3'],
    files: {
      'one.test.js': `const { sum } = require('./sum'); const assert = require('node:assert'); it('adds', () => assert.equal(sum(1, 2), 3));`,
      'sum.js': `require('./busy'); exports.sum = (a, b) => (a > 5 ? b : a + b);\nexports.never = () => {\n  return 1;\n};`,
      'busy.js': busy,
    },
    prints: '1 passing',
    words: [
      'node_modules/nyc/bin/nyc.js',
      '--exclude=busy.js',
      'node',
      'node_modules/mocha/bin/mocha.js',
      'one.test.js',
    ],
    namesAlone: /^\.nyc_output/,
    varies: [/\(\d+ms\)/g, /[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}/g],
  },
  ava: {
    packages: ['ava@6.4.1'],
    since: 22,
    files: {
      'one.test.mjs': `import test from 'ava'; ${busy}\ntest('adds', (t) => { t.is(1 + 2, 3); });\ntest('fails', (t) => { t.is(1, 2); });`,
    },
    prints: 'not ok',
    words: ['node_modules/ava/entrypoints/cli.mjs', '--tap', 'one.test.mjs'],
  },
  concurrently: {
    packages: ['concurrently@10.0.7'],
    since: 22,
    files: {
      'app.js': `${busy}\nconsole.log('done', process.argv[2]); process.exitCode = Number(process.argv[2]);`,
    },
    prints: 'exited with code 3',
    words: ['node_modules/concurrently/dist/bin/index.js', '--max-processes', '1', 'node app.js 0', 'node app.js 3'],
  },
  'OpenTelemetry, all instrumentations': {
    packages: ['@opentelemetry/auto-instrumentations-node@0.82.0', '@opentelemetry/api@1.10.0'],
    since: 22,
    files: {
      'app.js': `${busy}\nconst http = require('node:http'); const server = http.createServer((q, r) => { r.end(String(q.headers.traceparent !== undefined)); }).listen(0, () => http.get({ port: server.address().port }, (r) => r.on('data', (d) => console.log('answer', String(d))).on('end', () => { server.close(); process.exitCode = 3; })));`,
    },
    prints: 'answer ',
    words: ['--require', '@opentelemetry/auto-instrumentations-node/register', 'app.js'],
    env: {
      OTEL_TRACES_EXPORTER: 'none',
      OTEL_METRICS_EXPORTER: 'none',
      OTEL_LOGS_EXPORTER: 'none',
      OTEL_NODE_RESOURCE_DETECTORS: 'none',
    },
  },
  'elastic-apm-node': {
    packages: ['elastic-apm-node@4.18.0'],
    files: {
      'app.js': `const apm = require('elastic-apm-node').start({ serverUrl: 'http://127.0.0.1:9', serviceName: 'x', logLevel: 'off', centralConfig: false, cloudProvider: 'none', metricsInterval: '0s' });
        ${busy}\nconst http = require('node:http'); const server = http.createServer((q, r) => { r.end(String(q.headers.traceparent !== undefined && apm.currentTransaction !== null)); }).listen(0, () => http.get({ port: server.address().port }, (r) => r.on('data', (d) => console.log('answer', String(d))).on('end', () => { server.close(); process.exit(3); })));`,
    },
    prints: 'answer',
    words: ['app.js'],
  },
  'ses, sinon, bluebird': {
    packages: ['ses@2.3.0', 'sinon@22.1.0', 'bluebird@3.7.2'],
    since: 22,
    files: {
      'ses.cjs': `require('ses'); lockdown({ errorTaming: 'unsafe', consoleTaming: 'unsafe' }); ${busy}\nconst c = new Compartment(); console.log('locked', c.evaluate('1 + 2'), Object.isFrozen(Array.prototype)); process.exitCode = 3;`,
      'sinon.cjs': `const clock = require('sinon').useFakeTimers({ now: 1000 }); let ran = 0; setTimeout(() => ran++, 5000); setInterval(() => ran++, 1000); process.nextTick(() => ran++); clock.tick(5000); console.log(ran, Date.now(), performance.now(), process.hrtime()[0]); const sandbox = require('sinon'); const stub = sandbox.stub(process, 'exit'); process.exit(9); console.log(stub.calledWith(9)); stub.restore(); sandbox.stub(process, 'on'); sandbox.stub(process, 'emit'); sandbox.restore(); clock.restore(); process.exit(4);`,
      'bluebird.cjs': `global.Promise = require('bluebird'); Promise.config({ longStackTraces: true, warnings: true }); Promise.delay(30).then(() => { console.log('later'); Promise.reject(new Error('unhandled')); });`,
      'drive.cjs': `${driver}\nfor (const name of ['ses', 'sinon', 'bluebird']) run(node, name + '.cjs');`,
    },
    prints: 'locked 3 true',
    words: ['drive.cjs'],
  },
  pnpm: {
    packages: ['pnpm@12.21.0'],
    files: {
      'package.json': '{ "name": "root", "private": true }',
      'pnpm-workspace.yaml': 'packages: ["packages/*"]\n',
      'packages/a/package.json': '{ "name": "a", "version": "1.0.0", "scripts": { "build": "node build.js" } }',
      'packages/a/build.js': `${busy}\nrequire('node:fs').writeFileSync('out.txt', 'a'); console.log('built a');`,
      'packages/b/package.json':
        '{ "name": "b", "version": "1.0.0", "scripts": { "build": "node build.js && exit 3" } }',
      'packages/b/build.js': `console.log('built b', process.env.npm_lifecycle_event);`,
      'drive.cjs': `${driver}
        const pnpm = 'node_modules/.bin/pnpm';
        run(pnpm, '--recursive', '--workspace-concurrency=1', 'run', 'build');
        run(pnpm, '--dir', 'packages/a', 'exec', 'node', '-p', '1 + 1');`,
    },
    prints: 'built b build',
    words: ['drive.cjs'],
  },
  'yarn PnP': {
    packages: ['@yarnpkg/cli-dist@4.18.1'],
    files: {
      'app/package.json':
        '{ "name": "app", "private": true, "dependencies": { "local": "portal:../local" }, "scripts": { "build": "node build.js" } }',
      'app/yarn.lock': '',
      'local/package.json': '{ "name": "local", "version": "1.0.0", "main": "index.js" }',
      'local/index.js': `${busy}\nmodule.exports = 3;`,
      'app/build.js': `console.log('local is', require('local'), process.versions.pnp); process.exitCode = 3;`,
      'drive.cjs': `${driver}
        const yarn = process.cwd() + '/node_modules/@yarnpkg/cli-dist/bin/yarn.js';
        process.chdir('app');
        run(node, yarn, 'install', '--no-immutable');
        run(node, yarn, 'run', 'build');
        run(node, yarn, 'node', 'build.js');`,
    },
    words: ['drive.cjs'],
    prints: 'local is 3',
    isPreloadedByPath: true,
    env: { YARN_ENABLE_TELEMETRY: '0', YARN_ENABLE_GLOBAL_CACHE: 'false', YARN_NODE_LINKER: 'pnp' },
    namesAlone: /install-state/,
  },
  // It hands on NODE_OPTIONS, and no variable that it was not told of.
  turbo: { ...turbo('{ "tasks": { "build": { "cache": false } } }'), ways: ['record'] },
  'turbo, globalPassThroughEnv': turbo(
    '{ "tasks": { "build": { "cache": false } }, "globalPassThroughEnv": ["PROFBUF_*"] }',
  ),
  esbuild: {
    packages: ['esbuild@0.28.2'],
    files: bundled(
      `'node_modules/esbuild/bin/esbuild', 'src/app.js', '--bundle', '--platform=node', '--sourcemap', '--outfile=dist/app.cjs'`,
    ),
    prints: '3\n',
    words: ['drive.cjs'],
  },
  webpack: {
    packages: ['webpack@5.113.0', 'webpack-cli@7.3.1'],
    files: {
      ...bundled(
        `node, 'node_modules/webpack-cli/bin/cli.js', '--mode', 'production', '--target', 'node', '--entry', './src/app.js', '--output-path', 'dist', '--output-filename', 'app.cjs', '--devtool', 'source-map'`,
      ),
    },
    prints: '3\n',
    words: ['drive.cjs'],
  },
  rollup: {
    packages: ['rollup@4.68.8'],
    files: bundled(
      `node, 'node_modules/rollup/dist/bin/rollup', 'src/app.js', '--file', 'dist/app.cjs', '--format', 'cjs', '--sourcemap'`,
    ),
    prints: '3\n',
    words: ['drive.cjs'],
  },
  'node --test': {
    packages: [],
    files: {
      'one.test.mjs': `import test from 'node:test'; import assert from 'node:assert';\n${busy}
        test('adds', () => { assert.equal(1 + 2, 3); });
        test('fails', (t) => { t.diagnostic('word'); assert.equal(1, 2); });
        test.skip('skipped', () => {});`,
      'two.test.cjs': `const { test, mock } = require('node:test');
        test('mocks', () => { const f = mock.fn(() => 3); f(); if (f.mock.callCount() !== 1) throw new Error('calls'); });
        test('timers', () => { mock.timers.enable({ apis: ['setTimeout'] }); let ran = false; setTimeout(() => { ran = true; }, 9999); mock.timers.tick(9999); if (!ran) throw new Error('no'); mock.timers.reset(); });`,
    },
    prints: 'not ok 2 - fails',
    words: ['--test', '--test-concurrency=1', '--test-reporter=tap', 'one.test.mjs', 'two.test.cjs'],
    varies: [/duration_ms: .*/g, /duration_ms [\d.]+/g],
  },
  'node --test, coverage': {
    packages: [],
    files: {
      'one.test.cjs': `const test = require('node:test'); const { sum } = require('./sum.cjs'); require('./busy.cjs');
        test('adds', () => { if (sum(1, 2) !== 3) throw new Error('no'); });
        test('in a thread', async () => { await new Promise((done) => new (require('node:worker_threads').Worker)("require('./sum.cjs').other()", { eval: true }).on('exit', done)); });`,
      'sum.cjs': `exports.sum = (a, b) => {\n  if (a > 5) {\n    return b;\n  }\n  return a + b;\n};\nexports.other = () => {\n  return 1;\n};\nexports.never = () => {\n  return 1;\n};\n`,
      'busy.cjs': busy,
    },
    prints: 'sum.cjs',
    words: ['--test', '--experimental-test-coverage', '--test-reporter=tap', 'one.test.cjs'],
    varies: [/duration_ms: .*/g, /duration_ms [\d.]+/g],
  },
  'next build': {
    packages: ['next@16.4.6', 'react@19.3.1', 'react-dom@19.3.1'],
    files: {
      'package.json': '{ "name": "site", "private": true }',
      'next.config.mjs': `export default { generateBuildId: () => 'fixed', experimental: { cpus: 1 } };`,
      'app/layout.js': `export default function Layout({ children }) { return <html><body>{children}</body></html>; }`,
      'app/page.js': `${busy} export default function Page() { return <p>{busy(5)}</p>; }`,
    },
    prints: 'Route (app)',
    words: ['node_modules/next/dist/bin/next', 'build'],
    env: { NEXT_TELEMETRY_DISABLED: '1' },
    namesAlone: /^\.next/,
  },
  'single executable': {
    packages: ['postject@1.0.0-alpha.6'],
    files: {
      'app.js': `${busy}\nconsole.log('alone', process.argv.length, require('node:sea').isSea());\nprocess.exitCode = 3;`,
      'sea.json': '{ "main": "app.js", "output": "app.blob", "disableExperimentalSEAWarning": true }',
      'drive.cjs': `${driver}
        const { copyFileSync, rmSync } = require('node:fs');
        run(node, '--experimental-sea-config', 'sea.json');
        copyFileSync(node, 'app');
        run(node, 'node_modules/postject/dist/cli.js', 'app', 'NODE_SEA_BLOB', 'app.blob', '--sentinel-fuse', 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2');
        run('./app', 'word');
        rmSync('app');`,
    },
    prints: 'alone 3 true',
    words: ['drive.cjs'],
  },
};
