import type { ReportColumns } from './columns.js';
import type { Keying } from './keying.js';
import type { Weights } from './weights.js';

/** Towards the functions that were called, or towards those that call. */
export type Direction = 'callees' | 'callers';

/**
 * One frame of a picture: nodes of the profile's tree with one key, reached by the same keys. `nodes` is where they have
 * got to, `origins` which of the profile's nodes their values are: the same going to callees, the leaves or the chosen
 * function going to callers.
 */
export class Group {
  /** -1 for a root, which is no frame. */
  readonly key: number;
  readonly parent: Group | undefined;
  readonly depth: number;
  readonly nodes: number[];
  readonly origins: number[];
  total = 0;
  /** Of the total, what no child has. */
  self = 0;
  children: readonly Group[] | undefined;
  /** What stands in place of a key: the value of a label. */
  readonly title: string | undefined;
  readonly weights: Weights;

  /** @param origins Nothing where they are the nodes. */
  constructor(
    key: number,
    parent: Group | undefined,
    weights: Weights,
    title?: string,
    nodes: number[] = [],
    origins = nodes,
  ) {
    this.key = key;
    this.nodes = nodes;
    this.origins = origins;
    this.parent = parent;
    this.depth = parent === undefined ? 0 : parent.depth + 1;
    this.weights = weights;
    this.title = title;
  }
}

/** Groups, made as far as somebody looks: each knows its children when it has been asked for them. */
export class CallTree {
  readonly #columns: ReportColumns;
  readonly #keying: Keying;
  readonly #direction: Direction;
  /** Whether the values are those of origins themselves, as of leaves, or with what they called. */
  readonly #isSelf: boolean;
  /** The child of the group being expanded that has a key, and which expansion that was of. */
  readonly #found: (Group | undefined)[] = [];
  readonly roots: readonly Group[];
  readonly total: number;

  private constructor(
    columns: ReportColumns,
    keying: Keying,
    direction: Direction,
    isSelf: boolean,
    roots: readonly Group[],
  ) {
    this.#columns = columns;
    this.#keying = keying;
    this.#direction = direction;
    this.#isSelf = isSelf;
    this.roots = roots;
    for (const root of roots) for (const origin of root.origins) root.total += this.valueOf(origin, root.weights);
    this.total = roots.reduce((sum, { total }) => sum + Math.abs(total), 0);
  }

  /** From the root down: a root for each of the weights, by the values of a label, say. */
  static down(columns: ReportColumns, keying: Keying, parts: readonly Part[]): CallTree {
    const roots = parts.map(({ weights, title }) => new Group(-1, undefined, weights, title, [0]));
    return new CallTree(columns, keying, 'callees', false, roots);
  }

  /** From the leaves up. */
  static up(columns: ReportColumns, keying: Keying, parts: readonly Part[]): CallTree {
    const leaves: number[] = [];
    for (const node of columns.samples.node) if (leaves.at(-1) !== node) leaves.push(node);
    const roots = parts.map(({ weights, title }) => new Group(-1, undefined, weights, title, leaves));
    return new CallTree(columns, keying, 'callers', true, roots);
  }

  /** What a function calls, or who calls it; of a recursive one, seen from its first call. */
  static around(
    columns: ReportColumns,
    keying: Keying,
    outermost: Int32Array,
    weights: Weights,
    key: number,
    direction: Direction,
  ): CallTree {
    const nodes: number[] = [];
    for (let node = 1; node < outermost.length; node++) {
      if (outermost[node] === key) nodes.push(node);
    }
    return new CallTree(columns, keying, direction, false, [new Group(key, undefined, weights, undefined, nodes)]);
  }

  /** What the group counts under other weights than its own. */
  valueUnder(group: Group, weights: Weights): number {
    let sum = 0;
    for (const origin of group.origins) sum += this.valueOf(origin, weights);
    return sum;
  }

  /** The heaviest first. Groups that count nothing are left out. */
  childrenOf(group: Group): readonly Group[] {
    if (group.children !== undefined) return group.children;
    const children: Group[] = [];
    if (this.#direction === 'callees') this.#addCallees(group, children);
    else this.#addCallers(group, children);
    for (const { key } of children) this.#found[key] = undefined;
    // Only what is negative in a difference can come to nothing here.
    const shown = children.filter(({ total }) => total !== 0);
    shown.sort((a, b) => Math.abs(b.total) - Math.abs(a.total) || a.key - b.key);
    group.self = shown.reduce((rest, { total }) => rest - total, group.total);
    group.children = shown;
    return shown;
  }

  private valueOf(node: number, weights: Weights): number {
    return this.#isSelf ? weights.self(node) : weights.total(node);
  }

  #addCallees(group: Group, children: Group[]): void {
    const { frame, end } = this.#columns.nodes;
    const { ofFrame, absorbs } = this.#keying;
    const isAbsorbing = group.key >= 0 && absorbs[group.key] === 1;
    const open = [...group.nodes].reverse();
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      const last = end[node] ?? 0;
      for (let child = node + 1; child < last; child = end[child] ?? last) {
        const value = group.weights.total(child);
        if (value === 0) continue;
        const key = ofFrame[frame[child] ?? 0] ?? 0;
        if (isAbsorbing && key === group.key) open.push(child);
        else this.#add(key, group, children, child, child, value);
      }
    }
  }

  #addCallers(group: Group, children: Group[]): void {
    const { frame, parent } = this.#columns.nodes;
    const { ofFrame, absorbs } = this.#keying;
    const isRoot = group.key < 0;
    const isAbsorbing = !isRoot && absorbs[group.key] === 1;
    for (let i = 0; i < group.nodes.length; i++) {
      const origin = group.origins[i] ?? 0;
      const value = this.valueOf(origin, group.weights);
      if (value === 0) continue;
      let node = group.nodes[i] ?? 0;
      if (!isRoot) node = parent[node] ?? 0;
      while (isAbsorbing && node > 0 && ofFrame[frame[node] ?? 0] === group.key) node = parent[node] ?? 0;
      if (node > 0) this.#add(ofFrame[frame[node] ?? 0] ?? 0, group, children, node, origin, value);
    }
  }

  #add(key: number, group: Group, children: Group[], node: number, origin: number, value: number): void {
    let child = this.#found[key];
    if (child === undefined) {
      child = new Group(key, group, group.weights, undefined, [], this.#direction === 'callees' ? undefined : []);
      this.#found[key] = child;
      children.push(child);
    }
    child.nodes.push(node);
    if (child.origins !== child.nodes) child.origins.push(origin);
    child.total += value;
  }
}

/** Samples that are shown under a root of their own. */
export interface Part {
  readonly weights: Weights;
  readonly title?: string | undefined;
}
