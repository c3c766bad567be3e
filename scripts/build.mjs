// Compiles src/ to dist/, bundles the collector into a string, and compiles the tests and benchmarks to build/.
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

function compile(project) {
  const { status } = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', project], {
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(status ?? 1);
}

// The collector's worker is started from a string, so that bundlers, which lose loose worker files, have nothing to lose.
async function bundleCollector() {
  const entry = 'dist/collector/main.js';
  if (!existsSync(entry)) return;
  const result = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    minify: true,
    keepNames: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
  });
  writeFileSync('dist/collector/bundle.js', `export const source = ${JSON.stringify(result.outputFiles[0].text)};\n`);
}

rmSync('dist', { recursive: true, force: true });
rmSync('build', { recursive: true, force: true });
compile('tsconfig.json');
await bundleCollector();
compile('tsconfig.test.json');
