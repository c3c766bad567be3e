import type { ReportColumns } from './columns.js';
import type { Keying } from './keying.js';

/** 1 for each node that has a key of `matched`, or below one that has. */
export function coveredNodes({ nodes }: ReportColumns, { ofFrame }: Keying, matched: Uint8Array): Uint8Array {
  const covered = new Uint8Array(nodes.frame.length);
  for (let node = 1; node < covered.length; ) {
    if (matched[ofFrame[nodes.frame[node] ?? 0] ?? 0] === 1) {
      const end = nodes.end[node] ?? node + 1;
      covered.fill(1, node, end);
      node = end;
    } else node++;
  }
  return covered;
}
