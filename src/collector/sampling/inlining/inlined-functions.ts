import { dirname, isAbsolute, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { CallFrame } from '../../../profile/frame-name.js';
import type { SeenFunction, SeenFunctions } from './seen-functions.js';
import type { SourceFile, SourceFunction } from './source-file.js';
import type { SourceFiles } from './source-files.js';

/**
 * Who has the tick on a line?
 * - `own`: the function itself, as far as is known;
 * - `inlined`: the first of these functions, which was inlined into the second and so on, and the last of them into the function;
 * - `unknown`: another function, and nobody knows which.
 */
export type Owner =
  | { readonly kind: 'own' }
  | { readonly kind: 'inlined'; readonly functions: readonly CallFrame[] }
  | { readonly kind: 'unknown' };

const own: Owner = { kind: 'own' };
const unknown: Owner = { kind: 'unknown' };

/**
 * How far a function is from its caller, by what says that the one calls the other. What was seen on a stack is certain. A
 * name that scope resolves nearly is; a member's is the less so the more functions bear it.
 */
const distance = { seen: 10, scope: 12, imported: 13, member: 15, elsewhere: 22 } as const;
/** What many functions of one name add at most. */
const mostOfOneName = 10;
const farthest = 60;
/** Two functions as near as that are not told apart. */
const tie = 2;
/** Functions that one search looks at. */
const mostVisits = 2000;

/** What can be said without the text: no function has code before its first line. */
function ownerAtFirstSight({ lineNumber }: CallFrame, line: number): Owner {
  return line <= lineNumber ? unknown : own;
}

/** Finds the function whose time V8 has given to the function that it was inlined into; see ./README.md. */
export class InlinedFunctions {
  readonly #seen: SeenFunctions;
  readonly #files: SourceFiles;
  /** With how many of the functions that were seen of it each file was compared. */
  readonly #compared = new WeakMap<SourceFile, number>();
  readonly #imports = new WeakMap<SourceFile, readonly string[]>();

  constructor(seen: SeenFunctions, files: SourceFiles) {
    this.#seen = seen;
    this.#files = files;
  }

  /** @param line Of a tick of the function, from 1. */
  ownerOf(outer: SeenFunction, line: number): Owner {
    const { callFrame } = outer;
    if (line === callFrame.lineNumber + 1) return own;
    const found = this.#sourceOf(outer);
    if (found === undefined) return ownerAtFirstSight(callFrame, line);
    if (found.file.hasCodeOn(line, found)) return own;
    const functions = this.#nearest(found, line) ?? this.#only(found, line);
    if (functions.length === 0) return unknown;
    return { kind: 'inlined', functions: functions.map((inlined) => this.#callFrameOf(inlined)) };
  }

  /** V8's own name for it, if it was ever on a stack. */
  #callFrameOf(inlined: SourceFunction): CallFrame {
    const callFrame = inlined.file.callFrame(inlined);
    return this.#seen.find(callFrame)?.callFrame ?? callFrame;
  }

  /** `undefined` when there is no text, or another one than has run. */
  #sourceOf({ callFrame, path }: SeenFunction): SourceFunction | undefined {
    return this.#file(path)?.find(callFrame);
  }

  #file(path: string): SourceFile | undefined {
    if (!path.startsWith('node:') && !isAbsolute(path)) return undefined;
    const file = this.#files.get(path);
    if (file === undefined) return undefined;
    const seen = this.#seen.of(path);
    for (let i = this.#compared.get(file) ?? 0; i < seen.length; i++) {
      if (file.fits((seen[i] as SeenFunction).callFrame)) continue;
      this.#files.reject(file);
      return undefined;
    }
    this.#compared.set(file, seen.length);
    return file;
  }

  #mayBe(candidate: SourceFunction, outer: SourceFunction, line: number): boolean {
    return candidate !== outer && candidate.file.hasCodeOn(line, candidate) && candidate.file.mayBeInlined(candidate);
  }

  /** The way to the one function that is nearest, itself first; none when two are as near, `undefined` when there is none. */
  #nearest(outer: SourceFunction, line: number): SourceFunction[] | undefined {
    const distances = new Map([[outer, 0]]);
    const callers = new Map<SourceFunction, SourceFunction>();
    const rounds: SourceFunction[][] = [[outer]];
    const hits: SourceFunction[] = [];
    let visits = 0;
    let last = farthest;
    for (let round = 0; round < rounds.length && round <= last; round++) {
      for (const caller of rounds[round] ?? []) {
        if (distances.get(caller) !== round) continue;
        if (this.#mayBe(caller, outer, line)) {
          if (hits.length === 0) last = round + tie - 1;
          hits.push(caller);
        }
        if (hits.length > 0 || ++visits > mostVisits) continue;
        if (caller !== outer && !caller.file.mayBeInlined(caller)) continue;
        for (const [callee, length] of this.#calleesOf(caller)) {
          const total = round + length;
          if (total > farthest || (distances.get(callee) ?? Number.POSITIVE_INFINITY) <= total) continue;
          distances.set(callee, total);
          callers.set(callee, caller);
          rounds[total] ??= [];
          rounds[total].push(callee);
        }
      }
    }
    const [hit, other] = hits;
    if (hit === undefined) return undefined;
    if (other !== undefined) return [];
    const way: SourceFunction[] = [];
    for (let at: SourceFunction | undefined = hit; at !== undefined && at !== outer; at = callers.get(at)) way.push(at);
    return way;
  }

  /** No call is known, but the file has just one function that it can be. */
  #only(outer: SourceFunction, line: number): SourceFunction[] {
    const candidates = outer.file.functionsOn(line).filter((candidate) => this.#mayBe(candidate, outer, line));
    return candidates.length === 1 ? candidates : [];
  }

  /** Whom the function calls, as far as was seen or its words tell. */
  #calleesOf(caller: SourceFunction): Map<SourceFunction, number> {
    const { file } = caller;
    const callees = new Map<SourceFunction, number>();
    const put = (callee: SourceFunction | undefined, length: number) => {
      if (callee === undefined || callee === caller || callee.number === 0) return;
      if (length < (callees.get(callee) ?? Number.POSITIVE_INFINITY)) callees.set(callee, length);
    };
    const seen = this.#seen.find(file.callFrame(caller));
    for (const callee of seen?.callees ?? []) put(this.#sourceOf(callee), distance.seen);
    for (const nested of file.nested(caller)) put(nested, distance.scope);
    const { names, members } = file.wordsOf(caller);
    const imported = this.#importsOf(file);
    const others = [...this.#files.all()].filter((other) => isNodes(other) === isNodes(file) && other !== file);
    for (const name of names) {
      for (const callee of file.named(name)) if (file.isInScope(callee, caller)) put(callee, distance.scope);
      for (const other of imported) for (const callee of other.named(name)) put(callee, distance.imported);
    }
    for (const name of members) {
      const near = file.named(name);
      const far = imported.flatMap((other) => other.named(name));
      const farther = others.flatMap((other) => other.named(name));
      const more = Math.min(mostOfOneName, (near.length + far.length + farther.length) >> 1);
      for (const callee of near) put(callee, distance.member + more);
      for (const callee of far) put(callee, distance.imported + more);
      for (const callee of farther) put(callee, distance.elsewhere + more);
    }
    return callees;
  }

  /** Files that the file imports by a path, and those of packages and of Node that functions were seen of. */
  #importsOf(file: SourceFile): SourceFile[] {
    let paths = this.#imports.get(file);
    if (paths === undefined) {
      paths = [...file.specifiers].flatMap((specifier) => resolved(specifier, file.path) ?? []);
      this.#imports.set(file, paths);
    }
    return paths.flatMap((path) => this.#file(path) ?? []);
  }
}

/** Node's own files call each other, but whom a member of the program's objects is, hardly ever. */
function isNodes({ path }: SourceFile): boolean {
  return path.startsWith('node:');
}

function resolved(specifier: string, from: string): string | undefined {
  if (from.startsWith('node:')) return `node:${specifier.replace(/^node:/, '')}`;
  try {
    // Loaded when it is needed first, which is not at the start.
    const { createRequire } = process.getBuiltinModule('node:module');
    const path = createRequire(pathToFileURL(from)).resolve(specifier);
    if (isAbsolute(path)) return path;
  } catch {
    // What was installed for another platform, and the like.
  }
  return specifier.startsWith('.') ? join(dirname(from), specifier) : undefined;
}
