import {
  type BigIntStats,
  closeSync,
  linkSync,
  lstatSync,
  openSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
} from 'node:fs';
import { numberedPath } from './numbered-path.js';
import { codeOf, concerning, discard, temporaryPath, writeTemporary } from './output-file.js';

/*
 * No profile takes the place of another one. A file gets its name by a hard link, which the file system refuses where the
 * name is taken: of two processes that want it at one time one gets it, and they need not know of each other, as those of
 * two containers do not. An empty file counts as a name that is kept free, as `mktemp` does it.
 */

/** A file that one process writes again and again, under a name that nothing else had. */
export class OwnFile {
  readonly #wanted: string;
  #number = 1;
  #written: BigIntStats | 'not to be seen' | undefined;

  /** @param path Absolute. Where something else has that name, the file gets a number: see {@link numberedPath}. */
  constructor(path: string) {
    this.#wanted = path;
  }

  /** Where it is; before it was written, where it is to be. */
  get path(): string {
    return this.#number === 1 ? this.#wanted : numberedPath(this.#wanted, this.#number);
  }

  get isWritten(): boolean {
    return this.#written !== undefined;
  }

  /**
   * Replaces it in one step. Somebody may have moved it, and even put another file there, which stays.
   * @throws an error with the system's code that names the file.
   */
  write(content: Uint8Array | string): void {
    const temporary = writeTemporary(this.path, content);
    try {
      const written = lookAt(temporary) ?? 'not to be seen';
      if (this.#isThere()) renameSync(temporary, this.path);
      else this.#take(temporary);
      this.#written = written;
    } catch (error) {
      discard(temporary);
      throw concerning(this.path, error);
    }
  }

  #isThere(): boolean {
    const written = this.#written;
    if (written === undefined) return false;
    if (written === 'not to be seen') return true;
    const found = lookAt(this.path);
    if (found === undefined) return false;
    // The number of a file that was removed goes to the next one.
    const isSame = found.dev === written.dev && found.ino === written.ino && found.birthtimeNs === written.birthtimeNs;
    // There are file systems that do not tell when a file was made, or whose files do not keep their numbers.
    return (isSame && found.birthtimeNs > 0n) || (found.size === written.size && found.mtimeNs === written.mtimeNs);
  }

  #take(temporary: string): void {
    while (!takeName(temporary, this.path)) this.#number++;
  }
}

/** Node's permission model may let a process write where it may not read. */
function lookAt(path: string): BigIntStats | undefined {
  try {
    return lstatSync(path, { bigint: true, throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/**
 * Gives the file that name, or the first one with a number that is free.
 * @returns the path that it has now.
 */
export function giveName(file: string, wanted: string): string {
  for (let number = 1; ; number++) {
    const path = number === 1 ? wanted : numberedPath(wanted, number);
    if (takeName(file, path)) return path;
  }
}

/**
 * Gives the file that name. What had it before gets one with a number.
 * @returns the path of what had it, if that was more than an empty file.
 */
export function takeOver(file: string, path: string): string | undefined {
  let aside: string | undefined;
  while (!takeName(file, path)) aside = moveAside(path) ?? aside;
  return aside;
}

/** @returns whether the file has that name now: not if another one has it. */
function takeName(file: string, path: string): boolean {
  if (moveToFree(file, path)) return true;
  return isEmptyFile(path) && removeEmpty(path) && takeName(file, path);
}

function moveToFree(file: string, path: string): boolean {
  try {
    linkSync(file, path);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    // There are file systems without links; whatever else it is, nothing can be created either.
    return moveToCreated(file, path);
  }
  rmSync(file);
  return true;
}

/** Whoever has created the file may put another one in its place. */
function moveToCreated(file: string, path: string): boolean {
  try {
    closeSync(openSync(path, 'wx'));
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
  try {
    renameSync(file, path);
  } catch (error) {
    discard(path);
    throw error;
  }
  return true;
}

/** @throws where no number would help. */
function isEmptyFile(path: string): boolean {
  let found: Stats | undefined;
  try {
    found = statSync(path, { throwIfNoEntry: false });
  } catch {
    // Nor may it look there.
  }
  if (found === undefined) return false;
  if (found.isFile()) return found.size === 0;
  throw new Error(`${found.isDirectory() ? 'it is a directory' : 'it is not a regular file'}, ${path}`);
}

/**
 * In a way in which nothing is lost that was put there meanwhile.
 * @returns whether it was empty; the name is free then.
 */
function removeEmpty(path: string): boolean {
  const aside = temporaryPath(path);
  try {
    renameSync(path, aside);
  } catch (error) {
    return codeOf(error) === 'ENOENT';
  }
  if (lstatSync(aside).size === 0) {
    rmSync(aside);
    return true;
  }
  giveName(aside, path);
  return false;
}

function moveAside(path: string): string | undefined {
  for (let number = 1; ; number++) {
    const aside = numberedPath(path, number);
    try {
      closeSync(openSync(aside, 'wx'));
    } catch (error) {
      if (codeOf(error) === 'EEXIST') continue;
      throw error;
    }
    try {
      renameSync(path, aside);
      return aside;
    } catch (error) {
      discard(aside);
      if (codeOf(error) === 'ENOENT') return undefined;
      throw error;
    }
  }
}
