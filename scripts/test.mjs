// Runs the compiled tests with Node's own runner: node scripts/test.mjs [--soak] [part of a path ...]
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const soak = process.argv.includes('--soak');
const parts = process.argv.slice(2).filter((argument) => argument !== '--soak');

const files = readdirSync('build/test', { recursive: true })
  .filter((path) => (soak ? path.endsWith('.soak.test.js') : path.endsWith('.test.js') && !path.includes('.soak.')))
  .map((path) => join('build/test', path))
  .filter((path) => parts.length === 0 || parts.some((part) => path.includes(part)))
  .sort();

if (files.length === 0) {
  console.error(`no test file has ${parts.join(' or ')} in its path`);
  process.exit(2);
}

// Most tests start processes and threads of their own, look at clocks, and would disturb each other: one file at a time. What
// these folders hold looks at none, and goes two files at a time, one for each processor that CI has.
const calm = ['buffer', 'integrations', 'package', 'profile'].map((folder) => join('build/test', folder, '/'));
const isCalm = (path) => !soak && calm.some((folder) => path.startsWith(folder));

// The limit is for what hangs. Node counts a file as a test: its tests together have no more time than one of them, and the
// longest file takes minutes on two busy processors.
const minutes = soak ? 60 : 10;

function run(paths, atOnce) {
  if (paths.length === 0) return 0;
  const options = [`--test-concurrency=${atOnce}`, '--test-reporter=spec', `--test-timeout=${minutes * 60_000}`];
  return spawnSync(process.execPath, ['--test', ...options, ...paths], { stdio: 'inherit' }).status ?? 1;
}

const statuses = [
  run(files.filter(isCalm), 2),
  run(
    files.filter((path) => !isCalm(path)),
    1,
  ),
];
process.exit(Math.max(...statuses));
