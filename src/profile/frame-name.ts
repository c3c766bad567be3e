import { fileURLToPath } from 'node:url';
import type { Frame } from './frame.js';

/** A function as V8's profiler names it. Line and column are where it begins, from 0; -1 when it has no source. */
export interface CallFrame {
  readonly functionName: string;
  readonly url: string;
  readonly lineNumber: number;
  readonly columnNumber: number;
}

/** What the thread did when it ran no function. V8 reports these as frames; none of them has a caller or a place. */
export type RuntimeState = '(root)' | '(program)' | '(idle)' | '(garbage collector)';

const runtimeStates: ReadonlySet<string> = new Set<RuntimeState>([
  '(root)',
  '(program)',
  '(idle)',
  '(garbage collector)',
]);

export function isRuntimeStateName(name: string): name is RuntimeState {
  return runtimeStates.has(name);
}

/** A function of the program can bear such a name too, but it begins at some line. */
export function runtimeState({ functionName, lineNumber }: CallFrame): RuntimeState | undefined {
  return lineNumber < 0 && isRuntimeStateName(functionName) ? functionName : undefined;
}

/**
 * The frame as a profile shows it: a path instead of a file URL, and a name for a function that has none, so that two
 * of them are told apart where only names are shown: `(anonymous feed.ts:88:12)`.
 *
 * @param line Where in the function it was, from 1; without it, the line where the function begins.
 */
export function frameOf(callFrame: CallFrame, line = callFrame.lineNumber + 1): Frame {
  const file = readableFile(callFrame.url);
  const startLine = callFrame.lineNumber + 1;
  const column = callFrame.columnNumber + 1;
  const functionName = callFrame.functionName || anonymousName(file, startLine, column);
  // V8 knows columns only of the places where functions begin.
  return line === startLine ? { functionName, file, startLine, line, column } : { functionName, file, startLine, line };
}

function anonymousName(file: string, line: number, column: number): string {
  if (file === '') return '(anonymous)';
  const [folder, name = file] = file.split(/[/\\]/).slice(-2);
  // Half of all packages have an index.js: with its folder the name says more.
  const place = folder !== undefined && folder !== '' && name.startsWith('index.') ? `${folder}/${name}` : name;
  return line > 0 ? `(anonymous ${place}:${line}:${column})` : `(anonymous ${place})`;
}

const longestUrl = 200;

/**
 * File URLs become paths. `node:internal/…`, `wasm://…`, `evalmachine.<anonymous>` and the like stay; URLs made by
 * bundlers lose the `./` inside and the hash behind a question mark; a module that is its own URL (`data:`) is cut.
 */
export function readableFile(url: string): string {
  if (url.startsWith('file:')) return pathOf(url);
  if (url.startsWith('webpack')) return url.replace(/\?.*$/, '').replace(/\/\.(?=\/)/g, '');
  if (url.startsWith('data:') && url.length > longestUrl) {
    return `${url.slice(0, longestUrl)}… (${url.length} characters)`;
  }
  return url;
}

/** Of file URLs met lately: parsing one takes 2 µs and more, and each frame of each window has one. */
const paths = new Map<string, string>();
const mostPaths = 1024;

function pathOf(url: string): string {
  let path = paths.get(url);
  if (path === undefined) {
    path = parsedPath(url);
    if (paths.size >= mostPaths) paths.clear();
    paths.set(url, path);
  }
  return path;
}

function parsedPath(url: string): string {
  try {
    return fileURLToPath(url);
  } catch {
    // A sourceURL comment can claim any URL, also one that is no path here: file://host/share on Linux.
    return url;
  }
}
