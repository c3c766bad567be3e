import type { ReportColumns } from './columns.js';

/**
 * Where do runs of nodes begin that count the same, whatever is filtered? In a run each is the only one that the one before calls,
 * which took nothing itself. Stacks that have nothing more in common with others are such a run down to their leaf.
 * @param first as {@link firstSamples} gives it.
 * @returns first nodes, from the first one below the root; one further than the last run, how many nodes there are.
 */
export function runsOf({ nodes }: ReportColumns, first: Int32Array): Int32Array {
  const { end } = nodes;
  const starts = new Int32Array(end.length + 1);
  let count = 0;
  let firstBefore = -1;
  let endBefore = -1;
  for (let node = 1; node < end.length; node++) {
    const ownFirst = first[node] ?? 0;
    const ownEnd = end[node] ?? 0;
    if (ownFirst !== firstBefore || ownEnd !== endBefore) starts[count++] = node;
    firstBefore = ownFirst;
    endBefore = ownEnd;
  }
  starts[count] = end.length;
  return starts.slice(0, count + 1);
}
