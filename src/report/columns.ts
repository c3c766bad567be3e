import type { Label, ProfileModel, ValueType } from '../profile/model.js';
import { sampleTypeIndex } from '../profile/sample-type.js';
import type { SourceExcerpt } from './source-excerpt.js';
import { compareStacks, type StackLimits, stacksOf } from './stacks.js';

/**
 * A profile in columns, as the page reads it: stacks are a tree in preorder, so that everything below a node lies side by
 * side, and so do the samples of all that is below it. Node 0 is the root, which is no frame.
 */
export interface ReportColumns {
  readonly title: string;
  readonly sampleTypes: readonly ValueType[];
  /** The index of the one that is shown first. */
  readonly defaultSampleType: number;
  /** When collection began, in milliseconds since 1970 UTC; 0 when not known. */
  readonly timeMs: number;
  readonly durationNanos: number;
  /** What the profile says of itself, and what of it is not in here. */
  readonly comments: readonly string[];
  readonly strings: readonly string[];
  readonly functions: {
    /** Indices into the strings. */
    readonly name: Int32Array;
    readonly file: Int32Array;
    /** From 1; 0 when not known. */
    readonly startLine: Int32Array;
  };
  /** A place in a function that samples were taken in, or that called what they were taken in. */
  readonly frames: {
    readonly function: Int32Array;
    /** From 1; 0 when not known. */
    readonly line: Int32Array;
  };
  readonly nodes: {
    readonly frame: Int32Array;
    readonly parent: Int32Array;
    /** One more than the last node below it. */
    readonly end: Int32Array;
  };
  /** Sorted by their nodes. Samples of one node and one label set are added up. */
  readonly samples: {
    readonly node: Int32Array;
    readonly labelSet: Int32Array;
    /** One column for each sample type. */
    readonly values: readonly Float64Array[];
  };
  readonly labelSets: readonly (readonly ReportLabel[])[];
  /** Lines of files, as they were when the report was made. */
  readonly sources: readonly SourceExcerpt[];
  /** The label, and two values of it, that are compared when the report is opened. */
  readonly comparing?: readonly [key: string, first: string, second: string];
}

/** Key and value, with the unit of a number behind it. */
export type ReportLabel = readonly [key: string, value: string];

/** What a report holds at most, so that a hostile profile cannot exhaust its reader. */
const limits: StackLimits = { depth: 4096, nodes: 8_000_000 };
const mostLabelKeys = 64;
const mostSampleTypes = 32;
const mostComments = 500;

/** How does a profile look in columns? */
export function columnsOf(profile: ProfileModel, title: string): ReportColumns {
  const sampleTypes = profile.sampleTypes.slice(0, mostSampleTypes);
  const { strings, functions, frames, stacks, order } = stacksOf(profile, limits);
  const labels = new LabelSets();
  const sampleSets = Int32Array.from(profile.samples, (sample) => labels.add(sample.labels));
  order.sort((a, b) => compareStacks(stacks, a, b) || (sampleSets[a] ?? 0) - (sampleSets[b] ?? 0));

  const tree = new TreeBuilder(stacks.cutFrame, limits.nodes);
  const nodes: number[] = [];
  const sets: number[] = [];
  const values: number[][] = sampleTypes.map(() => []);
  for (const sample of order) {
    const node = tree.add(stacks.frames, stacks.starts[sample] ?? 0, stacks.starts[sample + 1] ?? 0);
    const set = sampleSets[sample] ?? 0;
    const isSame = nodes.at(-1) === node && sets.at(-1) === set;
    if (!isSame) {
      nodes.push(node);
      sets.push(set);
    }
    values.forEach((column, type) => {
      const value = Number(profile.samples[sample]?.values[type] ?? 0);
      column.push(isSame ? (column.pop() ?? 0) + value : value);
    });
  }

  // A comment that begins with # is for programs.
  const comments = profile.comments.filter((comment) => !comment.startsWith('#'));
  const missing: readonly (readonly [count: number, text: string])[] = [
    [stacks.deep, `samples have more than ${limits.depth} frames: what is beyond is under (cut) in this report`],
    [tree.cut, 'samples have stacks that are too many for this report: what they lack is under (cut)'],
    [labels.dropped, `labels of samples are not in this report: there are more than ${mostLabelKeys} different ones`],
    [profile.sampleTypes.length - sampleTypes.length, 'sample types are not in this report'],
    [comments.length - mostComments, 'comments are not in this report'],
  ];
  return {
    title,
    sampleTypes,
    defaultSampleType: Math.min(sampleTypeIndex(profile), sampleTypes.length - 1),
    timeMs: Number(profile.timeNanos) / 1e6,
    durationNanos: Number(profile.durationNanos),
    comments: [
      ...comments.slice(0, mostComments),
      ...missing.filter(([count]) => count > 0).map(([count, text]) => `${count} ${text}`),
    ],
    strings,
    functions,
    frames,
    nodes: tree.columns(),
    samples: {
      node: Int32Array.from(nodes),
      labelSet: Int32Array.from(sets),
      values: values.map((column) => Float64Array.from(column)),
    },
    labelSets: labels.all,
    sources: [],
  };
}

/** The different sets of labels; the first one is empty. */
class LabelSets {
  readonly all: (readonly ReportLabel[])[] = [[]];
  readonly #numbers = new Map<string, number>([['[]', 0]]);
  readonly #keys = new Set<string>();
  /** How many labels had no room. */
  dropped = 0;

  add(labels: readonly Label[]): number {
    if (labels.length === 0) return 0;
    const kept = labels.filter(({ key }) => this.#hasRoom(key));
    this.dropped += labels.length - kept.length;
    const set = kept.map(({ key, value, unit }): ReportLabel => {
      const isPlain = typeof value === 'string' || unit === '' || unit === 'count';
      return [key, isPlain ? String(value) : `${value} ${unit}`];
    });
    const text = JSON.stringify(set);
    let number = this.#numbers.get(text);
    if (number === undefined) {
      number = this.all.push(set) - 1;
      this.#numbers.set(text, number);
    }
    return number;
  }

  #hasRoom(key: string): boolean {
    if (this.#keys.size < mostLabelKeys) this.#keys.add(key);
    return this.#keys.has(key);
  }
}

/** Grows the tree by stacks that come in order: each shares its beginning with the one before, and no other. */
class TreeBuilder {
  readonly #cutFrame: number;
  readonly #most: number;
  readonly #frames: number[] = [-1];
  readonly #parents: number[] = [-1];
  /** The nodes of the last stack, the root first. */
  #path: number[] = [0];
  /** How many stacks have found no room. */
  cut = 0;

  constructor(cutFrame: number, most: number) {
    this.#cutFrame = cutFrame;
    this.#most = most;
  }

  /** @returns the node of the stack's leaf. */
  add(stack: Int32Array, start: number, end: number): number {
    let depth = 0;
    while (depth < end - start && this.#frames[this.#path[depth + 1] ?? 0] === stack[start + depth]) depth++;
    this.#path.length = depth + 1;
    for (let i = start + depth; i < end; i++) {
      const isFull = this.#frames.length >= this.#most;
      if (isFull) this.cut++;
      this.#push(isFull ? this.#cutFrame : (stack[i] ?? 0));
      if (isFull) break;
    }
    return this.#path.at(-1) ?? 0;
  }

  #push(frame: number): void {
    this.#parents.push(this.#path.at(-1) ?? 0);
    this.#path.push(this.#frames.push(frame) - 1);
  }

  columns(): ReportColumns['nodes'] {
    const parent = Int32Array.from(this.#parents);
    return { frame: Int32Array.from(this.#frames), parent, end: endsOf(parent) };
  }
}

/** Where does what is below each node end, in preorder? */
export function endsOf(parent: Int32Array): Int32Array {
  const end = new Int32Array(parent.length);
  for (let node = parent.length - 1; node >= 0; node--) {
    const own = Math.max(end[node] ?? 0, node + 1);
    end[node] = own;
    const above = parent[node] ?? -1;
    if (above >= 0 && own > (end[above] ?? 0)) end[above] = own;
  }
  return end;
}
