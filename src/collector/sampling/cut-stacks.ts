import type { V8Node } from './window.js';

/**
 * How many frames a stack has at least that V8 has cut: it keeps the 254 nearest the leaf, of which it now and then misses
 * one, and shows what was inlined into them besides (Node 20.20, 22.23, 24.21, 26.10).
 */
const shortestCut = 253;

/**
 * Tells the stacks of one thread that V8 has cut from those that are as long by themselves, as what is inlined makes them.
 * A whole one begins with what Node calls: a function that short stacks begin with too, and that is on it once. Where V8
 * cuts a stack there mostly is a function that calls itself.
 */
export class CutStacks {
  /** What whole stacks have begun with. */
  readonly #outermost = new Set<string>();

  /** @param path From the leaf outwards. */
  learn(path: readonly V8Node[]): void {
    const last = path.at(-1);
    if (last !== undefined && path.length < shortestCut) this.#outermost.add(keyOf(last));
  }

  isCut(path: readonly V8Node[]): boolean {
    const last = path.at(-1);
    if (last === undefined || path.length < shortestCut) return false;
    const key = keyOf(last);
    if (!this.#outermost.has(key)) return true;
    return path.some((node) => node !== last && keyOf(node) === key);
  }
}

function keyOf({ callFrame }: V8Node): string {
  return `${callFrame.functionName}\0${callFrame.url}\0${callFrame.lineNumber}\0${callFrame.columnNumber}`;
}
