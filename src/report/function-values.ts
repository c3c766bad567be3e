import type { Keying } from './keying.js';
import type { ReportData } from './report-data.js';
import type { Weights } from './weights.js';

/** What each key took, by its number. */
export interface KeyValues {
  /** In itself. */
  readonly flat: Float64Array;
  /** In itself and in what it called; a recursive function counts once. */
  readonly cum: Float64Array;
}

/**
 * What did each key take? What is filtered out costs nothing to speak of, and of a run of nodes only the first one is asked.
 * @param outermost as {@link outermostKeys} gives it.
 */
export function keyValues(
  { columns: { nodes, samples }, runs }: ReportData,
  { ofFrame, count }: Keying,
  outermost: Int32Array,
  weights: Weights,
): KeyValues {
  const flat = new Float64Array(count);
  // The last is for nodes that are not outermost.
  const cum = new Float64Array(count + 1);
  const { frame } = nodes;
  for (let sample = 0; sample < samples.node.length; sample++) {
    const node = samples.node[sample] ?? 0;
    const key = ofFrame[frame[node] ?? -1];
    if (key !== undefined) flat[key] = (flat[key] ?? 0) + weights.ofSample(sample);
  }
  for (let run = 0; run + 1 < runs.length; run++) {
    const start = runs[run] ?? 0;
    const total = weights.total(start);
    if (total === 0) continue;
    const end = runs[run + 1] ?? 0;
    for (let node = start; node < end; node++) {
      const key = outermost[node] ?? count;
      cum[key] = (cum[key] ?? 0) + total;
    }
  }
  return { flat, cum: cum.subarray(0, count) };
}
