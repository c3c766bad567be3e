// Compiles src/ to dist/, as ES modules and as CommonJS, bundles the collector and the report's page into strings, and compiles
// the tests and benchmarks to build/.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { leaveOutUnneededFiles } from './packed-files.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

function compile(project) {
  const { status } = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', project], {
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(status ?? 1);
}

/** One CommonJS file's text out of a module of dist/ and all that it imports. */
async function bundle(entryPoint, options) {
  const { outputFiles } = await build({
    entryPoints: [entryPoint],
    bundle: true,
    write: false,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    ...options,
  });
  return outputFiles[0].text;
}

/** A module that exports one string, beside the declaration of it in src/; in both forms, unless only the command has it. */
function writeStringModule(path, name, value) {
  const text = JSON.stringify(value);
  writeFileSync(`dist/${path}`, `export const ${name} = ${text};\n`);
  if (path.startsWith('cli/')) return;
  writeFileSync(`dist/commonjs/${path}`, `"use strict";\nexports.${name} = ${text};\n`);
}

// The collector's worker is started from a string, so that bundlers, which lose loose worker files, have nothing to lose.
async function bundleCollector() {
  const source = await bundle('dist/collector/main.js', { minify: true, keepNames: true });
  writeStringModule('application/collector-bundle.js', 'source', source);
  return source;
}

// Programs take the global `process` away, or put another one there. What runs beside them keeps the one that it began with.
const keepsProcess = { define: { process: 'processAtBeginning' } };
const processKept = 'const processAtBeginning = process;';

// A program that pushes nothing does not have it parsed.
async function bundlePush() {
  const options = {
    format: 'iife',
    globalName: 'bundle',
    banner: { js: '(() => {' },
    footer: { js: 'return bundle.PushService; })()' },
  };
  const source = await bundle('dist/collector/push/push-service.js', { minify: true, keepNames: true, ...options });
  writeStringModule('application/push-bundle.js', 'pushSource', source);
  return source;
}

// The collector runs it on threads that have not loaded the package. Names stay, since samples show them.
async function bundleControl() {
  const options = {
    format: 'iife',
    globalName: 'bundle',
    ...keepsProcess,
    banner: { js: `(() => { ${processKept}` },
    footer: { js: 'return bundle.control; })()' },
  };
  const script = await bundle('dist/application/control/control.js', { minifySyntax: true, ...options });
  writeStringModule('protocol/control-script.js', 'controlScript', script);
}

// The command has it run on threads of a program that was started without profbuf.
async function bundleLabelVisit() {
  const options = {
    format: 'iife',
    globalName: 'bundle',
    ...keepsProcess,
    banner: { js: `(() => { ${processKept}` },
    footer: { js: 'return bundle.visit; })()' },
  };
  const script = await bundle('dist/application/visit/label-visit.js', { minify: true, ...options });
  writeStringModule('cli/attach/label-visit-script.js', 'labelVisitScript', script);
}

// With `--import` Node runs every program by its ESM loader: scripts with an extension of their own no longer start, and
// stack traces differ. `--require` changes nothing of that, so the preload is a CommonJS file as well. It is one file, since
// Node's permission model lets a program read its preloads, but not what these load; it starts faster than a dozen modules;
// and what any Node since 8 can run is its code, what only newer ones can is a string in it.
// Outside of all functions, where V8 scans it once: in one it is scanned again when that is called (0.8 ms).
// Compiled to what old Nodes can parse it would be scanned once less, but call methods that programs take away.
// What the collector's thread evaluates stands beside it, and not as a string in that string, which would be scanned twice.
async function bundlePreload(collectorSources) {
  // The gate has the variables of a CommonJS file, though it is written as a module.
  const quiet = { logOverride: { 'commonjs-variable-in-esm': 'silent' } };
  const names = Object.keys(collectorSources).join(', ');
  const fromGate = {
    name: 'from the gate',
    setup: ({ onLoad }) =>
      onLoad({ filter: /[\\/]application[\\/](collector|push)-bundle\.js$/ }, () => ({
        contents: `export const { ${names} } = module.exports;`,
      })),
  };
  const options = {
    ...keepsProcess,
    ...quiet,
    banner: { js: processKept },
    minifyWhitespace: true,
    plugins: [fromGate],
  };
  const texts = { collectorSources, preload: await bundle('dist/application/register.js', options) };
  const js = Object.entries(texts)
    .map(([name, value]) => `const ${name} = ${JSON.stringify(value)};`)
    .join('\n');
  const gate = await bundle('dist/application/gate.js', { ...quiet, target: 'node8', banner: { js } });
  writeFileSync('dist/register.cjs', gate);
  writeFileSync('dist/register.d.cts', 'export {};\n');
}

// Jest loads no ES modules where it is not told to, and TypeScript lets no CommonJS project name them. Files as they are, not
// bundles: entries share their modules, and so their state. A package.json of its own says what the folder holds.
function compileCommonJs() {
  compile('tsconfig.commonjs.json');
  writeFileSync('dist/commonjs/package.json', '{ "type": "commonjs" }\n');
}

// One HTML file whose script and style run and apply by their hashes: nothing that a profile brings along can be either.
// Packed, since the collector has it too, for whoever asks for /debug/pprof/ui.
async function bundlePage() {
  const folder = 'src/report/page';
  const { outputFiles } = await build({
    entryPoints: [`${folder}/main.ts`, `${folder}/page.css`],
    outdir: 'page',
    bundle: true,
    write: false,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: ['chrome110', 'firefox115', 'safari16.4'],
    tsconfig: `${folder}/tsconfig.json`,
  });
  const text = (ending) => outputFiles.find(({ path }) => path.endsWith(ending)).text.trim();
  const hash = (content) => `'sha256-${createHash('sha256').update(content).digest('base64')}'`;
  // A module runs when all of the page is there, as this script does, which stands last.
  const script = `(async()=>{'use strict';${text('.js')}})();`;
  const parts = {
    '%SCRIPT_HASH%': hash(script),
    '%STYLE_HASH%': hash(text('.css')),
    '<!--STYLE-->': `<style>${text('.css')}</style>`,
    '<!--SCRIPT-->': `<script>${script}</script>`,
  };
  let page = readFileSync(`${folder}/page.html`, 'utf8');
  for (const [mark, content] of Object.entries(parts)) page = page.split(mark).join(content);
  const packed = gzipSync(page, { level: 9 }).toString('base64');
  writeFileSync('dist/report/page-bundle.js', `export const packedPage = '${packed}';\n`);
}

rmSync('dist', { recursive: true, force: true });
rmSync('build', { recursive: true, force: true });
compile('tsconfig.json');
compile('src/report/page/tsconfig.json');
await bundlePage();
compileCommonJs();
await bundleControl();
await bundleLabelVisit();
await bundlePreload({ source: await bundleCollector(), pushSource: await bundlePush() });
await leaveOutUnneededFiles();
compile('tsconfig.test.json');
