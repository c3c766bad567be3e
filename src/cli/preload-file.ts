import { createHash } from 'node:crypto';
import { chmodSync, lstatSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { replaceFile } from '../profile/output-file.js';
import { isPlainOption } from '../protocol/file-options.js';

const ownFile = fileURLToPath(new URL('../register.cjs', import.meta.url));

/**
 * Where is a preload that every process of the program can load? One that cannot dies of it.
 *
 * The package's own, mostly. Not where the package is in an archive, as with Yarn's Plug'n'Play, which Node itself cannot
 * look into; where Node 8 and 10 cannot read its path, as they know no quotes; and where root keeps it to itself, who may
 * start processes of other users. Then it is a copy in the folder of temporary files, one for all recordings of this
 * version. It stays there: a process that outlives the recording may start others.
 */
export function preloadFile(): string {
  const isPacked = process.versions.pnp !== undefined;
  const isPrivate = process.getuid?.() === 0 && !isReadableToAll(ownFile);
  if (!isPacked && !isPrivate && isPlainOption(ownFile)) return ownFile;
  try {
    return copy();
  } catch (error) {
    // What is left is better than nothing where Node can read it at all.
    if (isPacked) throw error;
    return ownFile;
  }
}

/** The bits of a file's mode that let others read it, or go through a folder. */
const othersRead = 0o004;
const othersPass = 0o001;

function isReadableToAll(file: string): boolean {
  if ((statSync(file).mode & othersRead) === 0) return false;
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    if ((statSync(folder).mode & othersPass) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}

/** @throws what the file system says, or that the folder is not ours alone to write to. */
function copy(): string {
  const content = readFileSync(ownFile);
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 16);
  const user = process.getuid?.() ?? 'user';
  const folder = join(resolve(tmpdir()), `profbuf-preload-${user}-${hash}`);
  mustBeOurs(folder);
  // A report of coverage is about all files but those that are in such a folder.
  const modules = join(folder, 'node_modules');
  mustBeOurs(modules);
  const file = join(modules, 'register.cjs');
  if (!isSame(file, content)) {
    replaceFile(file, content);
    chmodSync(file, 0o644);
  }
  return file;
}

/** Whoever can write to it runs code in our programs. */
function mustBeOurs(folder: string): void {
  try {
    mkdirSync(folder, { mode: 0o755 });
    // The process's umask may have taken something away.
    chmodSync(folder, 0o755);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const { uid, mode } = lstatSync(folder);
  const isOurs = lstatSync(folder).isDirectory() && (mode & 0o022) === 0 && uid === (process.getuid?.() ?? uid);
  if (!isOurs && process.platform !== 'win32') throw new Error(`${folder} belongs to somebody else`);
}

function isSame(file: string, content: Buffer): boolean {
  try {
    return readFileSync(file).equals(content);
  } catch {
    return false;
  }
}
