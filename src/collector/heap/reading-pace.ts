export interface Reading {
  /** What it held up the thread, in milliseconds. */
  readonly tookMs: number;
  /** Objects that were sampled since the reading before. */
  readonly samples: number;
  /** How long ago that was. */
  readonly spanMs: number;
}

/** Before anything is known of the program. */
export const firstReadingMs = 1000;

/** A program that is killed outright loses no more than that, unless reading is dear; and a sudden rush is soon seen. */
const longestMs = 10_000;
const shortestMs = 100;
/** Of which reading takes 1 ms or so, besides 3 to 6 µs for each node of the tree and what collecting garbage takes. */
const wantedSamples = 1024;
/** Reading takes 1 % of the program's time at most, */
const restFactor = 100;
/** unless V8's list came to more by then: it has some 200 bytes for each. */
const mostSamples = 65_536;

/**
 * When should a sampler that forgets nothing be emptied again? When it holds about {@link wantedSamples}, if the program goes
 * on to allocate as fast as it did; but not so soon that reading took more than its share of the time.
 *
 * @returns milliseconds from the reading on.
 */
export function nextReadingMs({ tookMs, samples, spanMs }: Reading): number {
  const samplesPerMs = samples / Math.max(spanMs, 1);
  const untilWantedMs = Math.min(wantedSamples / samplesPerMs, longestMs);
  const restMs = Math.max(tookMs * restFactor, shortestMs);
  return Math.min(Math.max(untilWantedMs, restMs), mostSamples / samplesPerMs);
}
