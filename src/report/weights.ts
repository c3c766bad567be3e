import type { ReportColumns } from './columns.js';

/**
 * What each sample counts under the filters, added up along the samples. Since these are sorted by node and nodes are in
 * preorder, what a node and all below it took is the difference of two sums: a filter costs one pass over the samples, and
 * none over the tree.
 */
export class Weights {
  readonly #sums: Float64Array;
  readonly #first: Int32Array;
  readonly #end: Int32Array;

  /** @param first as {@link firstSamples} gives it. */
  constructor({ nodes }: ReportColumns, first: Int32Array, sums: Float64Array) {
    this.#sums = sums;
    this.#first = first;
    this.#end = nodes.end;
  }

  /** The value of all samples that count. */
  get all(): number {
    return this.#sums.at(-1) ?? 0;
  }

  /** Spent in the node and in what it called. */
  total(node: number): number {
    const after = this.#first[this.#end[node] ?? 0] ?? 0;
    return (this.#sums[after] ?? 0) - (this.#sums[this.#first[node] ?? 0] ?? 0);
  }

  /** Spent in the node itself. */
  self(node: number): number {
    return (this.#sums[this.#first[node + 1] ?? 0] ?? 0) - (this.#sums[this.#first[node] ?? 0] ?? 0);
  }

  ofSample(sample: number): number {
    return (this.#sums[sample + 1] ?? 0) - (this.#sums[sample] ?? 0);
  }
}

/** Which sample is the first one of each node, or of a node behind it? One further than the last node, how many there are. */
export function firstSamples({ nodes, samples }: ReportColumns): Int32Array {
  const first = new Int32Array(nodes.frame.length + 1);
  let sample = 0;
  for (let node = 0; node < first.length; node++) {
    while (sample < samples.node.length && (samples.node[sample] ?? 0) < node) sample++;
    first[node] = sample;
  }
  return first;
}

/** The sums of a column of values along the samples that count. */
export function sumsOf(values: Float64Array, counts: (sample: number) => boolean): Float64Array {
  const sums = new Float64Array(values.length + 1);
  let sum = 0;
  for (let sample = 0; sample < values.length; sample++) {
    if (counts(sample)) sum += values[sample] ?? 0;
    sums[sample + 1] = sum;
  }
  return sums;
}
