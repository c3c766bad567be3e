import { type CallFrame, readableFile } from '../../../profile/frame-name.js';
import type { V8Node } from '../window.js';

/** A function that was on a stack. Equal ones are the same object. */
export interface SeenFunction {
  readonly callFrame: CallFrame;
  /** Of its file; see {@link readableFile}. */
  readonly path: string;
  readonly callees: Set<SeenFunction>;
}

interface Script {
  readonly byPlace: Map<number, SeenFunction>;
  readonly all: SeenFunction[];
}

/** More functions than a program has that runs the same code for long; one that makes up code for ever begins anew. */
const mostFunctions = 32_768;
/** Of one function. */
const mostCallees = 256;

/** Which functions were seen on stacks so far, by place, and which of them called which. */
export class SeenFunctions {
  readonly #scripts = new Map<string, Script>();
  #size = 0;

  /** @returns the function of each node that has a script with a name. */
  add(nodes: readonly V8Node[]): Map<V8Node, SeenFunction> {
    if (this.#size > mostFunctions) this.#forget();
    const functions = new Map<V8Node, SeenFunction>();
    const byId = new Map<number, SeenFunction>();
    for (const node of nodes) {
      if (node.callFrame.url === '') continue;
      const seen = this.#seen(node.callFrame);
      functions.set(node, seen);
      byId.set(node.id, seen);
    }
    for (const [{ children = [] }, { callees }] of functions) {
      for (const child of children) {
        const callee = byId.get(child);
        if (callee !== undefined && callees.size < mostCallees) callees.add(callee);
      }
    }
    return functions;
  }

  find({ url, lineNumber, columnNumber }: CallFrame): SeenFunction | undefined {
    return this.#scripts.get(readableFile(url))?.byPlace.get(placeKey(lineNumber, columnNumber));
  }

  /** Those of one file, by its path, in the order in which they were seen. */
  of(path: string): readonly SeenFunction[] {
    return this.#scripts.get(path)?.all ?? [];
  }

  #seen(callFrame: CallFrame): SeenFunction {
    const { url, lineNumber, columnNumber } = callFrame;
    const path = readableFile(url);
    let script = this.#scripts.get(path);
    if (script === undefined) {
      script = { byPlace: new Map(), all: [] };
      this.#scripts.set(path, script);
    }
    const key = placeKey(lineNumber, columnNumber);
    let seen = script.byPlace.get(key);
    if (seen === undefined) {
      seen = { callFrame, path, callees: new Set() };
      script.byPlace.set(key, seen);
      script.all.push(seen);
      this.#size++;
    }
    return seen;
  }

  #forget(): void {
    this.#scripts.clear();
    this.#size = 0;
  }
}

/** Lines of minified code are long: no column is beyond 2^29, which is the longest text of V8. */
function placeKey(lineNumber: number, columnNumber: number): number {
  return (lineNumber + 1) * 2 ** 30 + columnNumber;
}
