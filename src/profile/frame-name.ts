import { fileURLToPath } from 'node:url';
import type { Frame } from './frame.js';
import { type FunctionName, FunctionNames } from './function-names.js';

/** A function as V8's profiler names it. Line and column are where it begins, from 0; -1 when it has no source. */
export interface CallFrame {
  readonly functionName: string;
  /** V8's number of what it compiled at once; none where nobody asks. Profile handles give a number. */
  readonly scriptId?: string | number;
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

const names = new FunctionNames();

/**
 * The frame as a profile shows it: a path instead of a file URL, and a name that tells it from other functions, see
 * {@link FunctionNames}.
 *
 * @param line Where in the function it was, from 1; without it, the line where the function begins.
 */
export function frameOf(callFrame: CallFrame, line?: number): Frame {
  const { lineNumber, columnNumber } = isModule(callFrame) ? { lineNumber: 0, columnNumber: 0 } : callFrame;
  const startLine = lineNumber + 1;
  const column = columnNumber + 1;
  const { functionName, file } = nameOf(callFrame, startLine, column);
  // V8 knows columns only of the places where functions begin.
  return line === undefined || line === startLine
    ? { functionName, file, startLine, startColumn: column, line: startLine, column }
    : { functionName, file, startLine, startColumn: column, line };
}

/**
 * A module that V8 met when its code was there already has no place; where it begins it always has the same. One that was
 * compiled with a head which is not in the file, as Vitest does, begins before its first column.
 */
function isModule({ functionName, url, lineNumber, columnNumber }: CallFrame): boolean {
  return functionName === '' && url !== '' && (lineNumber < 0 || (lineNumber === 0 && columnNumber < 0));
}

function nameOf({ functionName, url, scriptId = '' }: CallFrame, startLine: number, column: number): FunctionName {
  const file = readableFile(url);
  if (startLine > 0) return names.nameOf({ functionName, file, scriptId: `${scriptId}`, startLine, column });
  // What is V8's own, or a state of the runtime.
  return { functionName: functionName || '(anonymous)', file };
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
