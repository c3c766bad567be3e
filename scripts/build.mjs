// Compiles src/ to dist/, as ES modules and as CommonJS, bundles the collector into a string, and compiles the tests and
// benchmarks to build/.
import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
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

/** A module that exports one string, beside the declaration of it in src/, in both forms. */
function writeStringModule(path, name, value) {
  const text = JSON.stringify(value);
  writeFileSync(`dist/${path}`, `export const ${name} = ${text};\n`);
  writeFileSync(`dist/commonjs/${path}`, `"use strict";\nexports.${name} = ${text};\n`);
}

// The collector's worker is started from a string, so that bundlers, which lose loose worker files, have nothing to lose.
async function bundleCollector() {
  const source = await bundle('dist/collector/main.js', { minify: true, keepNames: true });
  writeStringModule('application/collector-bundle.js', 'source', source);
}

// The collector runs it on threads that have not loaded the package. Names stay, since samples show them.
async function bundleControl() {
  const options = {
    format: 'iife',
    globalName: 'bundle',
    banner: { js: '(() => {' },
    footer: { js: 'return bundle.control; })()' },
  };
  const script = await bundle('dist/application/control/control.js', { minifySyntax: true, ...options });
  writeStringModule('protocol/control-script.js', 'controlScript', script);
}

// With `--import` Node runs every program by its ESM loader: scripts with an extension of their own no longer start, and
// stack traces differ. `--require` changes nothing of that, so the preload is a CommonJS file as well. It is one file, since
// Node's permission model lets a program read its preloads, but not what these load; it starts faster than a dozen modules;
// and what any Node since 8 can run is its code, what only newer ones can is a string in it.
async function bundlePreload() {
  const preload = await bundle('dist/application/register.js');
  const options = { target: 'node8', define: { preload: JSON.stringify(preload) } };
  writeFileSync('dist/register.cjs', await bundle('dist/application/gate.js', options));
  writeFileSync('dist/register.d.cts', 'export {};\n');
}

// Jest loads no ES modules where it is not told to, and TypeScript lets no CommonJS project name them. Files as they are, not
// bundles: entries share their modules, and so their state. A package.json of its own says what the folder holds.
function compileCommonJs() {
  compile('tsconfig.commonjs.json');
  writeFileSync('dist/commonjs/package.json', '{ "type": "commonjs" }\n');
}

rmSync('dist', { recursive: true, force: true });
rmSync('build', { recursive: true, force: true });
compile('tsconfig.json');
compileCommonJs();
await bundleControl();
await bundleCollector();
await bundlePreload();
await leaveOutUnneededFiles();
compile('tsconfig.test.json');
