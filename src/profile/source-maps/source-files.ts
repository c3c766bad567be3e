import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { type MapText, type Pieces, readMapText } from './map-text.js';
import { SourceMapError } from './source-map-error.js';

/** How the files come that scripts, maps and sources are in. */
export interface SourceFiles {
  /**
   * A file's bytes; `undefined` when there is no such file.
   * @throws {SourceMapError} when there is one, but none that can be read.
   */
  read(path: string): Uint8Array | undefined;
  /**
   * A map without the texts of its sources, where that is worth while; `undefined` for others, and for what is no map.
   * @throws {SourceMapError} when there is one, but none that can be read.
   */
  readMap?(path: string): MapText | undefined;
  exists(path: string): boolean;
  /** Something that is another one when the file has changed; `undefined` when there is no such file. */
  stamp(path: string): string | undefined;
}

/** The largest file that is read, in bytes. Bundles of 10 MB have maps of 16. */
const largestFile = 64 * 2 ** 20;
/** The longest that one file may take to be read, in milliseconds. */
const longestReadMs = 2000;
const chunkBytes = 4 * 2 ** 20;
/** A map that is smaller is read as a whole. In bytes. */
const smallMap = 2 ** 19;

/**
 * Those on the disk. They are read on the thread that asks: in Node's pool of threads a disk that does not answer would take one
 * from the program.
 */
export const diskFiles: SourceFiles = {
  read: readWhole,
  readMap,
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
  const size = sizeOf(path);
  if (size === undefined) return undefined;
  const bytes = new Uint8Array(size);
  return withFile(path, (read) => bytes.subarray(0, read(bytes, 0)));
}

function readMap(path: string): MapText | undefined {
  const size = sizeOf(path);
  if (size === undefined || size < smallMap) return undefined;
  const text = withFile(path, (read) => readMapText({ length: size, read }));
  const stamp = diskFiles.stamp(path);
  return (
    text && {
      ...text,
      read(range) {
        if (diskFiles.stamp(path) !== stamp) throw new SourceMapError(`${path} has changed while it was read`);
        const bytes = new Uint8Array(range.end - range.start);
        return withFile(path, (read) => bytes.subarray(0, read(bytes, range.start)));
      },
    }
  );
}

function sizeOf(path: string): number | undefined {
  const file = fileAt(path);
  if (file === undefined) return undefined;
  if (file.size > largestFile) throw new SourceMapError(`${path} is larger than ${largestFile / 2 ** 20} MiB`);
  return file.size;
}

type Read = Pieces['read'];

/** Opens the file for as long as `use` takes, which is given a way to read it. */
function withFile<Result>(path: string, use: (read: Read) => Result): Result {
  const deadline = performance.now() + longestReadMs;
  let descriptor: number | undefined;
  try {
    const opened = openSync(path, 'r');
    descriptor = opened;
    return use((into, position) => {
      let length = 0;
      while (length < into.length) {
        const read = readSync(opened, into, length, Math.min(chunkBytes, into.length - length), position + length);
        if (read === 0) break;
        length += read;
        if (performance.now() > deadline) throw new SourceMapError(`${path} takes too long to be read`);
      }
      return length;
    });
  } catch (error) {
    if (error instanceof SourceMapError) throw error;
    throw new SourceMapError(`${path} cannot be read: ${(error as NodeJS.ErrnoException).code ?? error}`);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}
