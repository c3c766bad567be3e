import { readFileSync, statSync } from 'node:fs';
import { SourceFile } from './source-file.js';

/** Of one file, in characters or bytes. The largest that people run are compilers, with 10 million. */
const longestFile = 16 * 2 ** 20;
/** Of all that are kept. */
const longestFiles = 64 * 2 ** 20;
/** Also of those that cannot be read. */
const mostFiles = 4096;

/** What runs of our own preload is a string in it: to read its file was the most of what the end of a short program took. */
const ownPreload = /[\\/]dist[\\/]register\.cjs$/;

/** The files that functions came from, each read once. */
export class SourceFiles {
  /** Those that are of no use among them, as `undefined`. */
  readonly #files = new Map<string, SourceFile | undefined>();
  #length = 0;
  #rejected = 0;

  /** How many were of no use, though they were there. */
  get rejected(): number {
    return this.#rejected;
  }

  /** Those that were read and are of use. */
  *all(): Iterable<SourceFile> {
    for (const file of this.#files.values()) if (file !== undefined) yield file;
  }

  /** @param path Of a file, or `node:…`. `undefined` when there is no such text, or none that is known to have run. */
  get(path: string): SourceFile | undefined {
    if (this.#files.has(path)) return this.#files.get(path);
    const text = path.startsWith('node:') ? textOfNode(path) : textOf(path);
    const file = text === undefined ? undefined : new SourceFile(path, text);
    this.#keep(path, file);
    return file;
  }

  /** The text is not what has run. */
  reject({ path, length }: SourceFile): void {
    if (this.#files.get(path) === undefined) return;
    this.#files.set(path, undefined);
    this.#length -= length;
    this.#rejected++;
  }

  #keep(path: string, file: SourceFile | undefined): void {
    this.#files.set(path, file);
    this.#length += file?.length ?? 0;
    for (const [oldest, { length } = { length: 0 }] of this.#files) {
      if (this.#length <= longestFiles && this.#files.size <= mostFiles) return;
      if (oldest === path) return;
      this.#files.delete(oldest);
      this.#length -= length;
    }
  }
}

function textOf(path: string): string | undefined {
  try {
    if (!/\.[cm]?[jt]s$/.test(path) || ownPreload.test(path) || statSync(path).size > longestFile) return undefined;
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

let textsOfNode: Readonly<Record<string, string>> | undefined;

/** What of Node itself is written in JavaScript: the running Node has it in memory. */
function textOfNode(path: string): string | undefined {
  textsOfNode ??= readTextsOfNode();
  return textsOfNode[path.slice('node:'.length)];
}

function readTextsOfNode(): Readonly<Record<string, string>> {
  // It would write a warning to the program's stderr.
  const warns = [...process.execArgv, process.env.NODE_OPTIONS ?? ''].some((flag) => /pending-deprecation/.test(flag));
  if (warns || process.env.NODE_PENDING_DEPRECATION === '1') return {};
  try {
    const { binding } = process as unknown as { binding(name: string): Readonly<Record<string, string>> };
    return binding('natives');
  } catch {
    // The permission model denies it.
    return {};
  }
}
