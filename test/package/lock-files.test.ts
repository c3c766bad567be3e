import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { root } from '../cli/command.js';

interface LockedPackage {
  readonly version: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}
type Packages = Readonly<Record<string, LockedPackage>>;

/** From where a package stands, outwards, as Node looks for it. */
function isLocked(packages: Packages, from: string, name: string): boolean {
  if (`${from === '' ? '' : `${from}/`}node_modules/${name}` in packages) return true;
  return from !== '' && isLocked(packages, from.slice(0, Math.max(0, from.lastIndexOf('/node_modules/'))), name);
}

for (const folder of ['.', 'test/runtimes']) {
  describe(`the lock file in ${folder}`, () => {
    const text = readFileSync(join(root, folder, 'package-lock.json'), 'utf8');
    const { packages } = JSON.parse(text) as { packages: Packages };
    const installed = Object.entries(packages).filter(([path]) => path !== '');

    // npm leaves out those of other platforms when it makes a lock file beside packages that are installed.
    it('has every dependency, of every platform: `npm install --package-lock-only` without node_modules adds them', () => {
      const missing = Object.entries(packages).flatMap(([path, locked]) =>
        Object.keys({ ...locked.dependencies, ...locked.devDependencies, ...locked.optionalDependencies })
          .filter((name) => !isLocked(packages, path, name))
          .map((name) => `${name} of ${path || 'the project'}`),
      );
      assert.deepEqual(missing, []);
    });

    it('is of the same dependencies as package.json', () => {
      const wanted = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as LockedPackage;
      for (const kind of ['devDependencies', 'optionalDependencies'] as const) {
        assert.deepEqual(packages['']?.[kind], wanted[kind]);
      }
    });

    it('knows each package by its content, and not by where one machine had it from', () => {
      assert.equal(installed.length > 0, true);
      for (const [path, { integrity, resolved }] of installed) {
        assert.match(integrity ?? '', /^sha512-/, path);
        assert.equal(resolved, undefined, path);
      }
    });
  });
}
