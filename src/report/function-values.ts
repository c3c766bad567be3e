import type { ReportColumns } from './columns.js';
import type { Keying } from './keying.js';
import type { Weights } from './weights.js';

/** What each key took, by its number. */
export interface KeyValues {
  /** In itself. */
  readonly flat: Float64Array;
  /** In itself and in what it called; a recursive function counts once. */
  readonly cum: Float64Array;
}

/** What did each key take? */
export function keyValues(
  { nodes, samples }: ReportColumns,
  { ofFrame, count }: Keying,
  outermost: Uint8Array,
  weights: Weights,
): KeyValues {
  const flat = new Float64Array(count);
  const cum = new Float64Array(count);
  const { frame } = nodes;
  for (let sample = 0; sample < samples.node.length; sample++) {
    const node = samples.node[sample] ?? 0;
    const key = ofFrame[frame[node] ?? -1];
    if (key !== undefined) flat[key] = (flat[key] ?? 0) + weights.ofSample(sample);
  }
  for (let node = 1; node < outermost.length; node++) {
    if (outermost[node] === 0) continue;
    const key = ofFrame[frame[node] ?? 0] ?? 0;
    cum[key] = (cum[key] ?? 0) + weights.total(node);
  }
  return { flat, cum };
}
