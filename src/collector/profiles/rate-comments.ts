import type { SamplingTotals } from '../sampling/sampling-totals.js';

/** What has to be there before a shortfall is one: the first samples of a program come late. */
const leastNanos = 1e9;
/** Of the samples asked for. On a busy machine some are always late, and two that are due at once are one. */
const leastShare = 0.5;

/** CPU time without a sample that is worth a word: a little is in every window that met none. */
const leastUnsampledNanos = 20e6;

/**
 * Says that there are fewer samples than were asked for: because they were too dear, or because V8 did not keep up. The
 * rate goes up to 10,000 Hz, and on a virtual machine with two processors V8 took 5,000 samples a second of a short loop.
 * CPU time is the operating system's all the same, so what is missing is detail.
 */
export function rateComments(
  {
    samples,
    cpuNanos,
    unattributedNanos,
    lowestRate,
  }: Pick<SamplingTotals, 'samples' | 'cpuNanos' | 'unattributedNanos' | 'lowestRate'>,
  sampleRate: number,
): string[] {
  const comments: string[] = [];
  if (lowestRate < sampleRate) {
    comments.push(
      `the rate was lowered from ${sampleRate} to ${lowestRate} samples a second of a thread: its stacks are so deep and so many that they held it up too long`,
    );
  }
  const perSecond = samples / (cpuNanos / 1e9);
  if (cpuNanos >= leastNanos && perSecond < Math.min(sampleRate, lowestRate) * leastShare) {
    comments.push(
      `V8 took ${Math.round(perSecond)} samples a second of CPU time, of ${sampleRate} that were asked for: each stands for more time, and a lower rate costs less`,
    );
  }
  if (unattributedNanos >= leastUnsampledNanos) {
    comments.push(`${Math.round(unattributedNanos / 1e6)} ms of CPU time met no sample, and are in no stack`);
  }
  return comments;
}
