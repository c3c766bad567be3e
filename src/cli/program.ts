import { accessSync, constants, existsSync, type Stats, statSync } from 'node:fs';
import { extname, sep } from 'node:path';
import { BadInput } from './bad-input.js';
import { workingFolder } from './place.js';

/** What `record` starts. */
export interface Program {
  readonly file: string;
  readonly args: readonly string[];
  /** What the program gets as its own name, if not `file`. */
  readonly argv0?: string;
  /** `file` is a line for the shell. */
  readonly shell: boolean;
  /** As the user wrote it. */
  readonly title: string;
}

const scriptExtensions = new Set(['.js', '.mjs', '.cjs', '.jsx', '.ts', '.mts', '.cts', '.tsx']);

/**
 * Decides how to run what the user named:
 * - a script, by its extension or because it is a folder or a file that cannot be executed itself: by this Node;
 * - words that begin with an option (`-- --import tsx app.ts`, `-- -e code`): they are this Node's own arguments;
 * - one word with spaces in it that is no file: a line for the shell;
 * - all else: a command, found as a shell would find it.
 * @throws BadInput when nothing is named, or a script that does not exist.
 */
export function resolveProgram(words: readonly string[]): Program {
  const [first, ...args] = words;
  if (first === undefined || first === '') {
    throw new BadInput('no program to record: profbuf record app.js, or profbuf record npm start');
  }
  const title = words.join(' ');
  // Before the scripts: it may end with the name of one.
  if (!first.startsWith('-') && args.length === 0 && /\s/.test(first) && !existsSync(first)) {
    return { file: first, args, shell: true, title };
  }
  if (first.startsWith('-') || isScript(first)) {
    return { file: process.execPath, args: words, argv0: process.argv0, shell: false, title };
  }
  return process.platform === 'win32'
    ? { file: windowsCommandLine(words), args: [], shell: true, title }
    : { file: first, args, shell: false, title };
}

function isScript(word: string): boolean {
  const stats = statsOf(word);
  if (scriptExtensions.has(extname(word))) {
    if (stats === undefined) {
      throw new BadInput(`there is no script ${word} in ${workingFolder() ?? 'the working folder, which is gone'}`);
    }
    return true;
  }
  const isPath = word === '.' || word === '..' || word.includes('/') || word.includes(sep);
  if (!isPath || stats === undefined) return false;
  return stats.isDirectory() || !isExecutable(word);
}

function statsOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    // Not there, or not ours to see.
    return undefined;
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * On Windows `npm` and everything in `node_modules/.bin` are `.cmd` files, which only cmd.exe can run. It takes the
 * arguments apart by its own rules: those with more than plain characters are quoted for the program, and the quotes and
 * all else that means something to cmd.exe are kept from it by `^`.
 */
export function windowsCommandLine(words: readonly string[]): string {
  return words
    .map((word) => {
      if (/^[\w\-./\\:=@]+$/.test(word)) return word;
      const quoted = word.replace(/(\\*)"/g, '$1$1\\"').replace(/(\\*)$/, '$1$1');
      return `"${quoted}"`.replace(/[()[\]%!^"`<>&|;, *?]/g, '^$&');
    })
    .join(' ');
}
