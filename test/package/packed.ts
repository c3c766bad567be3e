import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Folder, root } from '../cli/command.js';

/** npm takes its settings from the environment too, those of an `npm test` around this one for instance. */
const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('npm_')));
const npm = { env: environment, encoding: 'utf8', shell: process.platform === 'win32', stdio: 'pipe' } as const;

/** The package as `npm pack` makes it of what is built, in a file in the folder. */
export function pack(folder: string): string {
  const args = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder];
  const [{ filename }] = JSON.parse(execFileSync('npm', args, { ...npm, cwd: root })) as [{ filename: string }];
  return join(folder, filename);
}

/** A folder of a project that has the package installed, and these packages of the repository's. */
export function projectWithPackage(test: { after(clear: () => void): void }, ...dependencies: string[]): Folder {
  const folder = new Folder(test);
  mkdirSync(join(folder.path, 'node_modules'));
  execFileSync('tar', ['-xzf', pack(folder.path), '-C', folder.path]);
  renameSync(join(folder.path, 'package'), join(folder.path, 'node_modules/profbuf'));
  for (const name of dependencies) {
    const path = join(folder.path, 'node_modules', name);
    mkdirSync(dirname(path), { recursive: true });
    symlinkSync(join(root, 'node_modules', name), path, 'junction');
  }
  return folder;
}

/** Installs packages from the registry. */
export function install(folder: string, ...packages: string[]): void {
  const args = ['install', '--no-audit', '--no-fund', '--loglevel=error', ...packages];
  execFileSync('npm', args, { ...npm, cwd: folder });
}
