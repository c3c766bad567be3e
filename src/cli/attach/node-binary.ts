import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/**
 * Which version of Node.js is this executable? Every build by the Node project, and single executables made of one, has the
 * address of its own sources in it. The file is read and never run: what it would do is not known.
 *
 * @param path Such as `/proc/<pid>/exe`, which is right also where the file has been replaced since.
 * @returns `undefined` for what is not surely Node.js.
 */
export function nodeVersionIn(path: string): string | undefined {
  const file = openSync(path, 'r');
  try {
    const { size, dev, ino, mtimeMs } = fstatSync(file);
    const key = `${dev}:${ino}:${mtimeMs}`;
    if (!versions.has(key)) versions.set(key, versionIn(file, size));
    return versions.get(key);
  } finally {
    closeSync(file);
  }
}

/** Of executables that were read: many processes run the same. */
const versions = new Map<string, string | undefined>();

function versionIn(file: number, size: number): string | undefined {
  const chunk = Buffer.allocUnsafe(4 * 2 ** 20);
  for (let at = 0; at < size; ) {
    const length = readSync(file, chunk, 0, chunk.length, at);
    const text = chunk.subarray(0, length);
    for (let found = text.indexOf(mark); found !== -1; found = text.indexOf(mark, found + 1)) {
      const [, version] = pattern.exec(text.toString('latin1', found, found + longest)) ?? [];
      if (version !== undefined) return version;
    }
    // What lies across the seam is met again.
    at += length <= longest ? longest : length - longest;
  }
  return undefined;
}

/** Of nodejs.org, and of unofficial-builds.nodejs.org, whose builds for musl are in the images for Alpine. */
const mark = 'nodejs.org/download/';
const pattern = /^nodejs\.org\/download\/[\w-]+\/v(\d+\.\d+\.\d+)[\w.-]*\/node-v\1[\w.-]*\.tar\.gz/;
const longest = 256;
