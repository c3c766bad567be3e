import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { SourceMapError } from './source-map-error.js';

/** How the files come that scripts, maps and sources are in. */
export interface SourceFiles {
  /**
   * A file's bytes; `undefined` when there is no such file.
   * @throws {SourceMapError} when there is one, but none that can be read.
   */
  read(path: string): Uint8Array | undefined;
  exists(path: string): boolean;
  /** Something that is another one when the file has changed; `undefined` when there is no such file. */
  stamp(path: string): string | undefined;
}

/** The largest file that is read, in bytes. Bundles of 10 MB have maps of 16. */
const largestFile = 64 * 2 ** 20;
/** The longest that one file may take to be read, in milliseconds. */
const longestReadMs = 2000;
const chunkBytes = 4 * 2 ** 20;

/**
 * Those on the disk. They are read on the thread that asks: in Node's pool of threads a disk that does not answer would take one
 * from the program.
 */
export const diskFiles: SourceFiles = {
  read: readWhole,
  exists: (path) => fileAt(path) !== undefined,
  stamp: (path) => {
    const file = fileAt(path);
    return file && `${file.size} ${file.mtimeMs} ${file.ino}`;
  },
};

function fileAt(path: string) {
  try {
    const stats = statSync(path, { throwIfNoEntry: false });
    // A pipe would have to be waited for.
    return stats?.isFile() ? stats : undefined;
  } catch {
    // No path at all, or one that must not be looked at.
    return undefined;
  }
}

function readWhole(path: string): Uint8Array | undefined {
  const file = fileAt(path);
  if (file === undefined) return undefined;
  if (file.size > largestFile) throw new SourceMapError(`${path} is larger than ${largestFile / 2 ** 20} MiB`);
  const deadline = performance.now() + longestReadMs;
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, 'r');
    const bytes = new Uint8Array(file.size);
    let length = 0;
    while (length < bytes.length) {
      const read = readSync(descriptor, bytes, length, Math.min(chunkBytes, bytes.length - length), null);
      if (read === 0) break;
      length += read;
      if (performance.now() > deadline) throw new SourceMapError(`${path} takes too long to be read`);
    }
    return bytes.subarray(0, length);
  } catch (error) {
    if (error instanceof SourceMapError) throw error;
    throw new SourceMapError(`${path} cannot be read: ${(error as NodeJS.ErrnoException).code ?? error}`);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}
