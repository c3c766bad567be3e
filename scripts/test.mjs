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

// One file at a time: most tests start processes and threads of their own and would disturb each other's clocks. The limit
// is for what hangs. Node counts a file as a test: its tests together have no more time than one of them, and the longest
// file takes minutes on two busy processors.
const minutes = soak ? 60 : 15;
const { status } = spawnSync(
  process.execPath,
  ['--test', '--test-concurrency=1', '--test-reporter=spec', `--test-timeout=${minutes * 60_000}`, ...files],
  { stdio: 'inherit' },
);
process.exit(status ?? 1);
