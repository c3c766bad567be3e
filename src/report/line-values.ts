import type { ReportColumns } from './columns.js';
import type { Weights } from './weights.js';

/** What one line of a function took. */
export interface LineValue {
  readonly flat: number;
  /** With what it called; a sample counts once. */
  readonly cum: number;
}

/** What did each line of the functions that `includes` says take? By its number, in order. */
export function lineValues(
  { nodes, frames }: ReportColumns,
  weights: Weights,
  includes: (functionIndex: number) => boolean,
): ReadonlyMap<number, LineValue> {
  const isIncluded = Uint8Array.from(frames.function, (index) => (includes(index) ? 1 : 0));
  const sums = new Map<number, { flat: number; cum: number }>();
  // Where what is below the outermost open node of each line ends.
  const openUntil = new Map<number, number>();
  for (let node = 1; node < nodes.frame.length; node++) {
    const frame = nodes.frame[node] ?? 0;
    if (isIncluded[frame] === 0) continue;
    const line = frames.line[frame] ?? 0;
    const value = sums.get(line) ?? { flat: 0, cum: 0 };
    value.flat += weights.self(node);
    if (node >= (openUntil.get(line) ?? 0)) {
      value.cum += weights.total(node);
      openUntil.set(line, nodes.end[node] ?? 0);
    }
    sums.set(line, value);
  }
  return new Map([...sums].filter(([, { flat, cum }]) => flat !== 0 || cum !== 0).sort(([a], [b]) => a - b));
}
