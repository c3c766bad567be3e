// Which files of dist/ a user needs: what the entries of package.json lead to. `npm pack` leaves out the others, which are
// there for the tests, or are inside of a bundle.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { build } from 'esbuild';

/** The entries' files, as package.json names them. */
function entryFiles({ exports, bin }) {
  const files = (target) => (typeof target === 'string' ? target : Object.values(target).map(files));
  return [exports, bin]
    .map(files)
    .flat(Number.POSITIVE_INFINITY)
    .map((file) => posix.normalize(file))
    .filter((file) => file.startsWith('dist/'));
}

async function neededModules(entryPoints) {
  const options = { bundle: true, write: false, metafile: true, platform: 'node', format: 'esm', packages: 'external' };
  const { metafile } = await build({ entryPoints, outdir: 'none', logLevel: 'error', ...options });
  return Object.keys(metafile.inputs);
}

/** With the declarations that these import. */
function neededDeclarations(entries) {
  const needed = new Set();
  const add = (file) => {
    if (needed.has(file)) return;
    needed.add(file);
    for (const [, path] of readFileSync(file, 'utf8').matchAll(/(?:from |import\()'(\.[^']+)\.js'/g))
      add(posix.join(posix.dirname(file), `${path}.d.ts`));
  };
  for (const entry of entries) add(entry);
  return needed;
}

/** Writes down for npm what is not needed: a list in a folder of what is packed comes after package.json's `files`. */
export async function leaveOutUnneededFiles() {
  const entries = entryFiles(JSON.parse(readFileSync('package.json', 'utf8')));
  const isDeclaration = (file) => /\.d\.c?ts$/.test(file);
  const modules = await neededModules(entries.filter((file) => !isDeclaration(file)));
  const needed = new Set([...modules, ...modules.map((file) => `${file}.map`)]);
  for (const file of neededDeclarations(entries.filter(isDeclaration))) needed.add(file);
  needed.add('dist/commonjs/package.json');
  const unneeded = readdirSync('dist', { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).replaceAll('\\', '/'))
    .filter((file) => !needed.has(file));
  writeFileSync('dist/.npmignore', unneeded.map((file) => `${file.replace('dist/', '/')}\n`).join(''));
}
