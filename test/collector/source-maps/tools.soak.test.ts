import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Folder } from '../../cli/command.js';
import { type Runtime, runtimes } from '../../runtimes.js';
import { runProfiled } from '../profiled-program.js';
import { foundFunctions, type HotFunction, writeHotProgram } from './hot-program.js';

/** What is installed for this test alone, of the versions in docs/source-maps.md. */
const packages = [
  'typescript@5.9.3',
  'tsx@4.23.15',
  'ts-node@10.9.2',
  '@swc/core@1.16.22',
  '@swc-node/register@1.12.1',
  '@babel/core@8.1.3',
  '@babel/register@8.0.6',
  '@babel/preset-typescript@8.0.7',
  '@babel/plugin-transform-modules-commonjs@8.1.2',
  'esbuild@0.28.2',
  'webpack@5.113.0',
  'ts-loader@9.6.2',
  'rollup@4.68.8',
  '@rollup/plugin-terser@1.0.2',
  'rolldown@1.3.2',
  'vite@8.3.8',
  // The next one runs texts that have no map.
  'vitest@4.1.12',
  'next@16.4.6',
  'react@19.2.0',
  'react-dom@19.2.0',
];

/** Makes `out/<name>/main.cjs`, or `.mjs`, of each. */
const buildScript = `
  import { execFileSync } from 'node:child_process';
  import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
  import { createRequire } from 'node:module';
  import * as esbuild from 'esbuild';
  import { rollup } from 'rollup';
  import terser from '@rollup/plugin-terser';
  import { rolldown } from 'rolldown';
  import { build as vite } from 'vite';
  const require = createRequire(import.meta.url);
  const ts = require('typescript');
  const webpack = require('webpack');
  const entry = process.cwd() + '/src/main.ts';

  const transpiled = (file) => {
    const { outputText, sourceMapText } = ts.transpileModule(readFileSync(file, 'utf8'), {
      fileName: file,
      compilerOptions: { sourceMap: true, target: 'es2022', module: 'es2022' },
    });
    return { code: outputText.replace(/\\/\\/# source.*/, ''), map: sourceMapText };
  };
  const typescript = {
    name: 'typescript',
    resolveId: (id, from) => (/^\\.\\//.test(id) && from ? process.cwd() + '/src/' + id.slice(2) + '.ts' : undefined),
    transform: (_, id) => (id.endsWith('.ts') ? transpiled(id) : undefined),
  };

  for (const [name, options] of Object.entries({
    'esbuild': {},
    'esbuild --minify': { minify: true },
    'esbuild --minify --line-limit=1': { minify: true, lineLimit: 1 },
    'esbuild --minify --keep-names': { minify: true, keepNames: true },
  })) {
    await esbuild.build({
      entryPoints: [entry], outfile: 'out/' + name + '/main.cjs', bundle: true, platform: 'node', target: 'es2022', sourcemap: true, ...options,
    });
  }

  for (const [name, plugins] of Object.entries({ 'rollup': [], 'rollup, terser': [terser()] })) {
    const bundle = await rollup({ input: entry, plugins: [typescript, ...plugins] });
    await bundle.write({ file: 'out/' + name + '/main.mjs', sourcemap: true, format: 'es' });
  }
  for (const [name, options] of Object.entries({
    'rolldown': {},
    'rolldown, minify': { minify: true },
    'rolldown, minify, lines kept': { minify: { codegen: { removeWhitespace: false } } },
  })) {
    const bundle = await rolldown({ input: entry, platform: 'node' });
    await bundle.write({ file: 'out/' + name + '/main.mjs', sourcemap: true, format: 'es', ...options });
  }
  for (const [name, minify] of [['Vite, ssr', false], ['Vite, ssr, minify', true]]) {
    await vite({
      logLevel: 'error',
      build: { ssr: entry, outDir: 'out/' + name, sourcemap: true, minify, rolldownOptions: { output: { entryFileNames: 'main.mjs' } } },
    });
  }
  for (const [name, options] of Object.entries({
    'webpack, production': { mode: 'production', devtool: 'source-map' },
    'webpack, hidden-source-map': { mode: 'production', devtool: 'hidden-source-map' },
    'webpack, eval-source-map': { mode: 'development', devtool: 'eval-source-map' },
    'webpack, cheap-module-source-map': { mode: 'development', devtool: 'cheap-module-source-map' },
  })) {
    await new Promise((resolve, reject) => {
      webpack(
        {
          entry, target: 'node', ...options,
          output: { path: process.cwd() + '/out/' + name, filename: 'main.cjs' },
          resolve: { extensions: ['.ts'] },
          module: { rules: [{ test: /\\.ts$/, loader: 'ts-loader', options: { transpileOnly: true } }] },
        },
        (error, stats) => (error || stats.hasErrors() ? reject(error ?? stats.toString()) : resolve()),
      );
    });
  }
  const tsc = (name, target) =>
    execFileSync(process.execPath, [
      'node_modules/typescript/bin/tsc', entry, '--outDir', 'out/' + name, '--sourceMap', '--declaration', '--declarationMap', '--module', 'commonjs', '--target', target, '--noCheck',
    ]);
  tsc('tsc', 'es2022');
  tsc('tsc, es2015', 'es2015');
  // What one tool has made, bundled by another.
  execFileSync(process.execPath, [
    'node_modules/typescript/bin/tsc', entry, '--outDir', 'lib', '--sourceMap', '--module', 'es2022', '--moduleResolution', 'bundler', '--target', 'es2022', '--noCheck',
  ]);
  const compiled = await rollup({
    input: 'lib/main.js',
    plugins: [{ name: 'js', resolveId: (id, from) => (/^\\.\\//.test(id) && from ? process.cwd() + '/lib/' + id.slice(2) + '.js' : undefined) }],
  });
  await compiled.write({ file: 'out/tsc, then rollup/main.mjs', sourcemap: true, format: 'es' });
  await esbuild.build({
    entryPoints: ['lib/main.js'], outfile: 'out/tsc, then esbuild --minify/main.cjs', bundle: true, platform: 'node', sourcemap: true, minify: true,
  });
`;

/** A route of Next's whose server runs it once, and a test file of Vitest's. */
const served: Readonly<Record<string, string>> = {
  'next/next.config.mjs': `import { fileURLToPath } from 'node:url';
    export default { turbopack: { root: fileURLToPath(new URL('..', import.meta.url)) }, typescript: { ignoreBuildErrors: true } };`,
  'next/app/layout.tsx':
    'export default function Layout({ children }: { children: unknown }) { return <html><body>{children}</body></html>; }',
  'next/app/hot/route.ts': `export const dynamic = 'force-dynamic';
    export async function GET() { await import('../../../src/main'); return new Response('done'); }`,
  'next/serve.mjs': `import { createServer } from 'node:http';
    import { fileURLToPath } from 'node:url';
    import next from 'next';
    const app = next({ dev: false, dir: fileURLToPath(new URL('.', import.meta.url)) });
    await app.prepare();
    const server = createServer(app.getRequestHandler());
    await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
    const response = await fetch('http://127.0.0.1:' + server.address().port + '/hot');
    if ((await response.text()) !== 'done') process.exitCode = 1;
    await new Promise((done) => setTimeout(done, 500));
    process.exit();`,
  // Its thread is terminated when the tests are through: what it did last is fetched while it waits.
  'hot.test.ts': `import { test } from 'vitest';
    test('runs', async () => { await import('./src/main'); await new Promise((done) => setTimeout(done, 2500)); }, 60_000);`,
};

/** What runs, after Node's own words. */
const programs: Readonly<Record<string, readonly string[]>> = {
  tsc: ['out/tsc/main.js'],
  'tsc, es2015': ['out/tsc, es2015/main.js'],
  tsx: ['--import', 'tsx', 'src/main.ts'],
  'ts-node': ['--require', 'ts-node/register/transpile-only', 'src/main.ts'],
  '@swc-node/register': ['--require', '@swc-node/register', 'src/main.ts'],
  '@babel/register': ['--require', './babel.cjs', 'src/main.ts'],
  'Vitest 4': ['node_modules/vitest/vitest.mjs', 'run', '--pool=threads', 'hot.test.ts'],
  'Next, server build': ['next/serve.mjs'],
  ...Object.fromEntries(
    [
      'esbuild',
      'esbuild --minify',
      'esbuild --minify --line-limit=1',
      'esbuild --minify --keep-names',
      'webpack, production',
      'webpack, hidden-source-map',
      'webpack, eval-source-map',
      'webpack, cheap-module-source-map',
      'tsc, then esbuild --minify',
    ].map((name) => [name, [`out/${name}/main.cjs`]]),
  ),
  ...Object.fromEntries(
    [
      'rollup',
      'rollup, terser',
      'rolldown',
      'rolldown, minify',
      'rolldown, minify, lines kept',
      'Vite, ssr',
      'Vite, ssr, minify',
      'tsc, then rollup',
    ].map((name) => [name, [`out/${name}/main.mjs`]]),
  ),
};

/** Maps without columns, and what helpers run in place of the function, say less; Next's compiler puts `nested` into `outer`. */
const fewer: Readonly<Record<string, number>> = {
  'tsc, es2015': 2,
  'Next, server build': 1,
  'webpack, cheap-module-source-map': 4,
};
/** In one line nobody can tell what V8 has inlined before Node 26; and V8 forgets the texts of files that have run through. */
const lostBefore26 = 6;

describe('hot functions under real tools', () => {
  const folder = mkdtempSync(join(tmpdir(), 'profbuf-tools-'));
  const rows = new Map<string, string[]>();
  let hot: HotFunction[] = [];

  before(() => {
    hot = writeHotProgram(folder, 20_000_000);
    execFileSync('npm', ['install', '--no-audit', '--no-fund', '--silent', ...packages], {
      cwd: folder,
      stdio: 'inherit',
    });
    const write = (name: string, text: string) => Folder.prototype.write.call({ path: folder }, name, text);
    write(
      'tsconfig.json',
      JSON.stringify({ compilerOptions: { module: 'commonjs', target: 'es2022', sourceMap: true } }),
    );
    write(
      'babel.cjs',
      `const register = require('@babel/register');
      (register.default ?? register)({ extensions: ['.ts'], presets: ['@babel/preset-typescript'], plugins: ['@babel/plugin-transform-modules-commonjs'], cache: false });`,
    );
    write('build.mjs', buildScript);
    for (const [name, text] of Object.entries(served)) write(name, text);
    const { path } = runtimes.at(-1) as Runtime;
    execFileSync(path, ['build.mjs'], { cwd: folder, stdio: 'inherit' });
    execFileSync(path, ['node_modules/next/dist/bin/next', 'build', 'next'], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, NEXT_TELEMETRY_DISABLED: '1' },
    });
  });
  after(() => {
    console.log(
      `| tool | ${runtimes.map(({ name }) => name).join(' | ')} |\n|---|${runtimes.map(() => '--:|').join('')}`,
    );
    for (const [name, found] of rows) console.log(`| ${name} | ${found.join(' | ')} |`);
    rmSync(folder, { recursive: true });
  });

  it('have no scopes in any map, which would tell names without the source', () => {
    const maps = ['out', 'next/.next/server'].flatMap((part) =>
      readdirSync(join(folder, part), { recursive: true, encoding: 'utf8' })
        .filter((path) => path.endsWith('.map'))
        .map((path) => join(folder, part, path)),
    );
    assert.ok(maps.length > 20);
    for (const path of maps) {
      const { scopes, originalScopes, generatedRanges } = JSON.parse(readFileSync(path, 'utf8'));
      assert.deepEqual([scopes, originalScopes, generatedRanges], [undefined, undefined, undefined], path);
    }
  });

  for (const [name, args] of Object.entries(programs)) {
    for (const runtime of runtimes) {
      it(`are found: ${name}, ${runtime.name}`, async () => {
        const fake = { path: folder, profile: Folder.prototype.profile, read: Folder.prototype.read } as Folder;
        const most = (fewer[name] ?? 0) + (runtime.major < 26 ? lostBefore26 : 0);
        let best: ReturnType<typeof foundFunctions> | undefined;
        // On a busy machine a function of 25 ms may be in no sample.
        for (let tries = 0; tries < 3 && (best?.lost.length ?? 1) > 0; tries++) {
          const { code, stderr } = await runProfiled(runtime, fake, args, { env: { PROFBUF_RATE: '1000' } });
          assert.equal(code, 0, stderr);
          const found = foundFunctions(fake.profile(), folder, hot);
          assert.deepEqual(
            found.wrong.filter((key) => !/^__|^ |\(transformed\):/.test(key)),
            [],
            fake.profile().model.comments.join('\n'),
          );
          if (best === undefined || found.lost.length < best.lost.length) best = found;
        }
        rows.set(name, [...(rows.get(name) ?? []), String(best?.found.length)]);
        const lost = best?.lost.map(({ name, file, line }) => `${name} ${file}:${line}`) ?? [];
        assert.ok(lost.length <= most, [...lost, ...fake.profile().model.comments].join('\n'));
      });
    }
  }
});
