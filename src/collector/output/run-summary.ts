import { countOf } from '../../profile/count.js';
import type { SamplingTotals } from '../sampling/sampling-totals.js';

/** What a CPU profile holds, and what taking it cost. */
export function cpuSummary(totals: SamplingTotals): string {
  const { samples, cpuNanos, lostWindows, startPauseMs, longestPauseMs, endPauseMs } = totals;
  const lost = lostWindows === 0 ? '' : `, ${countOf(lostWindows, 'window')} lost`;
  const seconds = (cpuNanos / 1e9).toFixed(2);
  const ends = `at the start ${startPauseMs.toFixed(1)} ms, at the end ${endPauseMs.toFixed(1)} ms`;
  const pauses = `longest pause ${longestPauseMs.toFixed(1)} ms, ${ends}`;
  return `${countOf(samples, 'sample')}, ${seconds} s of CPU time, ${pauses}${lost}`;
}

/** The same of a profile of allocations. */
export function allocationSummary(
  { samples, bytes }: { samples: number; bytes: number },
  longestReadMs: number,
): string {
  const allocated = `${(bytes / 2 ** 20).toFixed(1)} MiB allocated`;
  return `${countOf(samples, 'sample')}, ${allocated}, longest pause for reading ${longestReadMs.toFixed(1)} ms`;
}
