/** What is wrong with a sample rate, if anything. */
export function sampleRateProblem(rate: unknown): string | undefined {
  if (typeof rate === 'number' && rate >= 1 && rate <= 10_000) return undefined;
  return `${String(rate)} is no sample rate: samples a second are a number from 1 to 10000`;
}
