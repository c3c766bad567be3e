import type { CallFrame } from '../../../profile/frame-name.js';
import { type ScannedFunction, type ScannedSource, scanFunctions } from './function-scanner.js';
import { assignedName, methodName, writtenName } from './written-name.js';

/** A function of a {@link SourceFile}. */
export interface SourceFunction {
  readonly file: SourceFile;
  readonly number: number;
}

/** The text that a script was compiled from: which lines belong to which of its functions, and whom they name. */
export class SourceFile {
  /** Its path, or `node:…`. */
  readonly path: string;
  readonly length: number;
  readonly #text: string;
  readonly #scanned: ScannedSource;
  /** Functions with code on line n are #owners[#ownersOf[n]] up to #owners[#ownersOf[n + 1]]. */
  readonly #owners: Int32Array;
  readonly #ownersOf: Int32Array;
  readonly #byStart = new Map<number, number>();
  readonly #functions = new Map<number, SourceFunction>();
  #names: Map<string, number[]> | undefined;
  #children: Map<number, number[]> | undefined;

  constructor(path: string, text: string) {
    this.path = path;
    // Node compiles a file without its byte order mark.
    this.#text = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
    this.length = text.length;
    this.#scanned = scanFunctions(this.#text);
    const { lineStarts, marks, functions } = this.#scanned;
    [this.#ownersOf, this.#owners] = byLine(marks, lineStarts.length);
    functions.forEach(({ start }, number) => {
      if (number > 0) this.#byStart.set(start, number);
    });
  }

  get specifiers(): ReadonlySet<string> {
    return this.#scanned.specifiers;
  }

  /** Whether the text is what V8 has compiled, as far as the place where a function begins can show. */
  fits(callFrame: CallFrame): boolean {
    return this.find(callFrame) !== undefined || this.#isInvisible(callFrame);
  }

  /** The function that V8 says begins there. */
  find({ lineNumber, columnNumber }: CallFrame): SourceFunction | undefined {
    // V8 gives line -1 before a module is loaded.
    if (lineNumber < 0 || (lineNumber === 0 && columnNumber === 0 && !this.#byStart.has(0))) return this.#function(0);
    const number = this.#byStart.get(this.#offset(lineNumber, columnNumber));
    return number === undefined ? undefined : this.#function(number);
  }

  /** What a class does without a function that somebody wrote: its default constructor and its fields. */
  #isInvisible({ functionName, lineNumber, columnNumber }: CallFrame): boolean {
    return functionName.startsWith('<') || this.#scanned.classStarts.has(this.#offset(lineNumber, columnNumber));
  }

  #offset(lineNumber: number, columnNumber: number): number {
    return (this.#scanned.lineStarts[lineNumber] ?? Number.NaN) + columnNumber;
  }

  #function(number: number): SourceFunction {
    let found = this.#functions.get(number);
    if (found === undefined) {
      found = { file: this, number };
      this.#functions.set(number, found);
    }
    return found;
  }

  #scannedFunction(number: number): ScannedFunction {
    return this.#scanned.functions[number] as ScannedFunction;
  }

  /** @param line From 1. */
  hasCodeOn(line: number, { number }: SourceFunction): boolean {
    return this.#numbersOn(line).includes(number);
  }

  /** The functions that have code of their own there. @param line From 1. */
  functionsOn(line: number): SourceFunction[] {
    return Array.from(new Set(this.#numbersOn(line)), (number) => this.#function(number));
  }

  #numbersOn(line: number): Int32Array {
    return this.#owners.subarray(this.#ownersOf[line - 1] ?? 0, this.#ownersOf[line] ?? 0);
  }

  /** Whether V8 may inline it: it does so with functions of up to 460 bytes of bytecode that run from begin to end. */
  mayBeInlined({ number }: SourceFunction): boolean {
    const { isResumable, words } = this.#scannedFunction(number);
    return number > 0 && !isResumable && words <= mostWords;
  }

  /** As V8 would name it. */
  callFrame({ number }: SourceFunction): CallFrame {
    const { start } = this.#scannedFunction(number);
    const lineNumber = this.#lineOf(start);
    const columnNumber = start - (this.#scanned.lineStarts[lineNumber] as number);
    return { functionName: this.#nameOf(number), url: this.path, lineNumber, columnNumber };
  }

  /** From 0. */
  #lineOf(offset: number): number {
    const { lineStarts } = this.#scanned;
    let [low, high] = [0, lineStarts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((lineStarts[middle] as number) <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #nameOf(number: number): string {
    const { kind, start, classStart } = this.#scannedFunction(number);
    if (kind !== 'method') return writtenName(this.#text, start);
    const name = methodName(this.#text, start);
    return name === 'constructor' && classStart !== -1 ? this.#className(classStart) : name;
  }

  #className(start: number): string {
    const [, name = ''] = /^class\s+([\w$]+)/.exec(this.#text.slice(start, start + longestName)) ?? [];
    return name !== '' && name !== 'extends' ? name : assignedName(this.#text, start);
  }

  /** Functions of the file by the last part of their names. */
  named(name: string): readonly SourceFunction[] {
    this.#names ??= this.#readNames();
    return (this.#names.get(name) ?? []).map((number) => this.#function(number));
  }

  #readNames(): Map<string, number[]> {
    const names = new Map<string, number[]>();
    for (let number = 1; number < this.#scanned.functions.length; number++) {
      const name = this.#nameOf(number);
      const last = name.slice(Math.max(name.lastIndexOf('.'), name.lastIndexOf(' ')) + 1);
      if (last === '') continue;
      const others = names.get(last);
      if (others) others.push(number);
      else names.set(last, [number]);
    }
    return names;
  }

  nested({ number }: SourceFunction): readonly SourceFunction[] {
    return this.#childrenOf(number).map((child) => this.#function(child));
  }

  #childrenOf(number: number): readonly number[] {
    this.#children ??= childrenByParent(this.#scanned.functions);
    return this.#children.get(number) ?? [];
  }

  /** Whether code of the one function can call the other by its plain name. */
  isInScope({ number }: SourceFunction, from: SourceFunction): boolean {
    const { parent } = this.#scannedFunction(number);
    for (let at = from.number; at !== -1; at = this.#scannedFunction(at).parent) if (at === parent) return true;
    return false;
  }

  /** What the function's own code names: variables, and members behind a dot. */
  wordsOf({ number }: SourceFunction): Words {
    const { start, end } = this.#scannedFunction(number);
    const names = new Set<string>();
    const members = new Set<string>();
    let at = start;
    const take = (until: number) => {
      const code = this.#text.slice(at, until).replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, ' ');
      for (const [, dot, word = ''] of code.matchAll(/(\.\s*)?([A-Za-z_$#][\w$]*)/g)) (dot ? members : names).add(word);
    };
    for (const child of this.#childrenOf(number)) {
      const nested = this.#scannedFunction(child);
      take(nested.start);
      at = nested.end;
    }
    take(end);
    return { names, members };
  }
}

export interface Words {
  readonly names: ReadonlySet<string>;
  readonly members: ReadonlySet<string>;
}

/** About what 460 bytes of bytecode are compiled from. */
const mostWords = 400;
/** How far behind its beginning a class's name is looked for. */
const longestName = 200;

/** By line: where its owners begin, and the owners. */
function byLine(marks: readonly number[], lines: number): [Int32Array, Int32Array] {
  const starts = new Int32Array(lines + 1);
  for (let i = 0; i < marks.length; i += 2)
    starts[(marks[i] as number) + 1] = (starts[(marks[i] as number) + 1] as number) + 1;
  for (let line = 0; line < lines; line++) starts[line + 1] = (starts[line] as number) + (starts[line + 1] as number);
  const owners = new Int32Array(marks.length / 2);
  const next = starts.slice();
  for (let i = 0; i < marks.length; i += 2) {
    const line = marks[i] as number;
    const at = next[line] as number;
    owners[at] = marks[i + 1] as number;
    next[line] = at + 1;
  }
  return [starts, owners];
}

function childrenByParent(functions: readonly ScannedFunction[]): Map<number, number[]> {
  const children = new Map<number, number[]>();
  functions.forEach(({ parent }, number) => {
    const others = children.get(parent);
    if (others) others.push(number);
    else children.set(parent, [number]);
  });
  for (const list of children.values())
    list.sort((a, b) => (functions[a] as ScannedFunction).start - (functions[b] as ScannedFunction).start);
  return children;
}
