/**
 * Loads the compiled modules of src/buffer as they are shipped, with three changes: private names become ordinary ones, so
 * that a snapshot can reach them; `waitAsync` returns its promise as it is, not wrapped in one of the engine's, which only
 * the engine could settle; and the modules find other globals around them. A mutant is one text replaced by another.
 */
import { readFileSync } from 'node:fs';
import ts from 'ts5';
import { createView, opaque, type SharedMemory, searchedAtomics } from './access.js';

export interface Mutation {
  /** Name of a module in src/buffer. */
  readonly module: string;
  /** Must be there exactly once. */
  readonly from: string;
  readonly to: string;
}

export interface ShippedBuffer {
  readonly ProfBufWriter: typeof import('profbuf/buffer').ProfBufWriter;
  readonly ProfBufReader: typeof import('profbuf/buffer').ProfBufReader;
  /** What the modules hold in variables of their own. */
  readonly moduleState: readonly object[];
}

const directory = new URL('../../../../dist/buffer/', import.meta.url);

function mutate(text: string, module: string, mutations: readonly Mutation[]): string {
  let mutated = text;
  for (const { from, to } of mutations.filter((mutation) => mutation.module === module)) {
    const parts = mutated.split(from);
    if (parts.length !== 2) {
      throw new Error(`dist/buffer/${module}.js has this ${parts.length - 1} times, expected once:\n${from}`);
    }
    mutated = parts.join(to);
  }
  return mutated;
}

function withoutPrivateNames(text: string, module: string): string {
  const source = ts.createSourceFile(`${module}.js`, text, ts.ScriptTarget.ES2022);
  let changed = '';
  let end = 0;
  const visit = (node: ts.Node): void => {
    if (ts.isPrivateIdentifier(node)) {
      const start = node.getStart(source);
      changed += `${text.slice(end, start)}_${node.text.slice(1)}`;
      end = node.end;
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return changed + text.slice(end);
}

/** A module's text as the body of a function. */
const compiled = new Map<string, string>();

function compile(module: string, mutations: readonly Mutation[]): string {
  const text = mutate(readFileSync(new URL(`${module}.js`, directory), 'utf8'), module, mutations);
  let body = compiled.get(text);
  if (body === undefined) {
    const options = { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 };
    const searchable = withoutPrivateNames(text, module).replace(/^ +async waitAsync\(/m, 'waitAsync(');
    body = ts.transpileModule(searchable, { compilerOptions: options }).outputText;
    compiled.set(text, body);
  }
  return body;
}

/**
 * The modules as one thread has them: state of its own, and every access to `shared` goes to `memory`.
 *
 * @param shared a formatted ring, of which only the sizes are read
 * @param host globals in place of those that there are by default: no timers, no waitAsync
 */
export function loadShippedBuffer(
  shared: SharedArrayBuffer,
  memory: SharedMemory,
  mutations: readonly Mutation[] = [],
  host: Record<string, unknown> = {},
): ShippedBuffer {
  for (const { module } of mutations)
    mutate(readFileSync(new URL(`${module}.js`, directory), 'utf8'), module, mutations);
  const moduleState: object[] = [];
  // A WeakMap cannot be looked into; a Map does the same here.
  class ModuleMap extends Map<object, unknown> {
    constructor() {
      super();
      moduleState.push(this);
    }
  }
  // One for each time that it is made would be more and more of them: a snapshot does not see them.
  const lastingRef = { deref: () => shared };
  const globals = {
    Atomics: { ...searchedAtomics, waitAsync: undefined },
    WeakMap: ModuleMap,
    WeakRef: new Proxy(WeakRef, { construct: () => lastingRef }),
    Int32Array: typedArrayOver(shared, Int32Array, (array) => {
      return createView(memory, array.byteOffset === 0 ? 'control' : 'halves', array);
    }),
    Float64Array: typedArrayOver(shared, Float64Array, (array) => createView(memory, 'words', array)),
    globalThis: { performance: { now: () => memory.now } },
    setTimeout: undefined,
    setInterval: undefined,
    ...host,
  };
  const modules = new Map<string, object>();
  const require = (specifier: string): object => {
    const module = specifier.slice('./'.length, -'.js'.length);
    let exports = modules.get(module);
    if (exports === undefined) {
      exports = {};
      modules.set(module, exports);
      const run = new Function('exports', 'require', ...Object.keys(globals), compile(module, mutations));
      run(exports, require, ...Object.values(globals));
    }
    return exports;
  };
  return { ...(require('./index.js') as Omit<ShippedBuffer, 'moduleState'>), moduleState };
}

/** The constructor of a typed array, except that over `shared` it makes a view for the search. */
function typedArrayOver<T extends Int32Array | Float64Array>(
  shared: SharedArrayBuffer,
  original: new (...args: never[]) => T,
  wrap: (array: T) => T,
): object {
  opaque.add(shared);
  return new Proxy(original, {
    construct(target, args: never[]) {
      const array = Reflect.construct(target, args) as T;
      return (args[0] as unknown) === shared ? wrap(array) : array;
    },
  });
}
