import { type CodeKind, type CodeOrigin, originOf } from './code-kind.js';
import type { ReportColumns } from './columns.js';

/** What counts as one: functions, functions of one name (as in `go tool pprof -top`), files, or packages. */
export const granularities = ['function', 'name', 'file', 'package'] as const;
export type Granularity = (typeof granularities)[number];

export type Foldable = Exclude<CodeKind, 'program'>;
export const foldables: readonly Foldable[] = ['dependency', 'node', 'runtime'];

/** Which frames are shown as one and the same thing, a key, and what that is called. */
export interface Keying {
  /** The key of each frame. */
  readonly ofFrame: Int32Array;
  readonly count: number;
  /** A function that has the key, to be named by. */
  readonly representative: Int32Array;
  /** 1 where frames of the key that call each other are one: of a file, a package or code that is folded. */
  readonly absorbs: Uint8Array;
  /** 1 where not the function but its package stands for the key. */
  readonly isPackage: Uint8Array;
}

/** What is known of functions besides their names, worked out once for each. */
export class Origins {
  readonly #columns: ReportColumns;
  readonly #known: (CodeOrigin | undefined)[] = [];

  constructor(columns: ReportColumns) {
    this.#columns = columns;
  }

  of(index: number): CodeOrigin {
    let origin = this.#known[index];
    if (origin === undefined) {
      const { functions, strings } = this.#columns;
      origin = originOf(strings[functions.name[index] ?? -1] ?? '', strings[functions.file[index] ?? -1] ?? '');
      this.#known[index] = origin;
    }
    return origin;
  }
}

/** Which frames are one, at this granularity and with this folded? */
export function keyingOf(
  { functions, frames }: ReportColumns,
  origins: Origins,
  granularity: Granularity,
  folded: ReadonlySet<CodeKind>,
): Keying {
  const keys = new Map<string | number, number>();
  const representative: number[] = [];
  const absorbs: number[] = [];
  const isPackage: number[] = [];
  const needsOrigin = granularity === 'package' || folded.size > 0;
  const ofFunction = Int32Array.from(functions.name, (name, index) => {
    const origin = needsOrigin ? origins.of(index) : undefined;
    const isFolded = origin !== undefined && (granularity === 'package' || folded.has(origin.kind));
    const key = isFolded
      ? `${origin.kind} ${granularity === 'package' || origin.kind === 'dependency' ? origin.package : ''}`
      : granularity === 'name'
        ? name
        : granularity === 'file'
          ? -1 - (functions.file[index] ?? 0)
          : `function ${index}`;
    let number = keys.get(key);
    if (number === undefined) {
      number = representative.push(index) - 1;
      keys.set(key, number);
      absorbs.push(isFolded || granularity === 'file' ? 1 : 0);
      isPackage.push(isFolded ? 1 : 0);
    }
    return number;
  });
  return {
    ofFrame: Int32Array.from(frames.function, (index) => ofFunction[index] ?? 0),
    count: representative.length,
    representative: Int32Array.from(representative),
    absorbs: Uint8Array.from(absorbs),
    isPackage: Uint8Array.from(isPackage),
  };
}

/**
 * The key of each node with no other node of that key above it: there a key's samples are counted, and only there. Others, and the
 * root, have the number of keys.
 */
export function outermostKeys({ nodes }: ReportColumns, { ofFrame, count }: Keying): Int32Array {
  const outermost = new Int32Array(nodes.frame.length).fill(count);
  // Where what is below the outermost open node of each key ends. In preorder that says whether it is still open.
  const openUntil = new Int32Array(count);
  for (let node = 1; node < outermost.length; node++) {
    const key = ofFrame[nodes.frame[node] ?? 0] ?? 0;
    if (node < (openUntil[key] ?? 0)) continue;
    outermost[node] = key;
    openUntil[key] = nodes.end[node] ?? 0;
  }
  return outermost;
}
