// Installs what the lock files say, and only when they say something new: `npm start` and `npm test` both begin here.
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

// npm leaves node_modules/.package-lock.json behind as its record of what it installed last.
function isInstalled(folder) {
  const record = join(folder, 'node_modules', '.package-lock.json');
  return existsSync(record) && statSync(record).mtimeMs >= statSync(join(folder, 'package-lock.json')).mtimeMs;
}

function install(folder) {
  if (isInstalled(folder)) return;
  // stdout belongs to the program that runs next, so npm's own words go to stderr.
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: folder,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (status !== 0) process.exit(status ?? 1);
}

install(root);
// The other Node versions are half a gigabyte, so only the commands that run on all of them ask for them.
if (process.argv.includes('--runtimes')) install(join(root, 'test', 'runtimes'));
