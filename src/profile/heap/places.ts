import type { Frame } from '../frame.js';
import { type CallFrame, frameOf, readableFile } from '../frame-name.js';

/** More than a program runs for long; one that makes up code for ever begins anew. */
const mostFunctions = 32_768;

interface Script {
  readonly url: string;
  /** By name; `undefined` where several have it. */
  readonly functions: Map<string, CallFrame | undefined>;
}

/**
 * Where functions are that V8's heap sampler has lost the place of. It keeps a function's name and the number of its script, and
 * looks the script up when it is read: on Node 20 the main module of a program that has run through is garbage by then, and with it
 * the file and line of all its functions. So what others saw of the script is remembered, before and beside.
 */
export class Places {
  readonly #scripts = new Map<string, Script>();
  #size = 0;

  learn(callFrame: CallFrame): void {
    const { url, scriptId, functionName, lineNumber, columnNumber } = callFrame;
    if (url === '' || scriptId === undefined) return;
    let script = this.#scripts.get(`${scriptId}`);
    if (script === undefined) {
      if (this.#size >= mostFunctions) this.#forget();
      script = { url, functions: new Map() };
      this.#scripts.set(`${scriptId}`, script);
      this.#size++;
    }
    // That no other function has none can never be said.
    if (functionName === '' || lineNumber < 0) return;
    const known = script.functions.get(functionName);
    if (known === undefined) {
      if (script.functions.has(functionName)) return;
      script.functions.set(functionName, callFrame);
      this.#size++;
    } else if (known.lineNumber !== lineNumber || known.columnNumber !== columnNumber) {
      script.functions.set(functionName, undefined);
    }
  }

  frameOf(callFrame: CallFrame): Frame {
    const { url, scriptId, functionName, lineNumber } = callFrame;
    if (url !== '' || lineNumber >= 0 || scriptId === undefined) return frameOf(callFrame);
    const script = this.#scripts.get(`${scriptId}`);
    if (script === undefined) return frameOf(callFrame);
    const known = script.functions.get(functionName);
    if (known !== undefined) return frameOf(known);
    return { functionName: functionName || '(anonymous)', file: readableFile(script.url), startLine: 0, line: 0 };
  }

  #forget(): void {
    this.#scripts.clear();
    this.#size = 0;
  }
}
