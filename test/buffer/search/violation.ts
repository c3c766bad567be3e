/** What a search checks, in every state and at every end. */
export type Check =
  /** Records arrive in order, each once, and as they were written. */
  | 'stream'
  /** delivered + lost = attempts, by both sides' own counters. */
  | 'count'
  /** The writer stays out of what has not been given back, the reader within what has been published. */
  | 'ownership'
  | 'happens-before'
  /** Nobody sleeps while there is something to wake up for. */
  | 'wake-up'
  /** Nobody is woken twice for one sleep. */
  | 'double wake-up'
  /** A write takes a bounded number of steps. */
  | 'steps'
  /** What fits an empty ring is never lost there. */
  | 'starvation'
  /** The code threw. */
  | 'error';

/** A check that failed. */
export class Violation extends Error {
  constructor(
    readonly check: Check,
    message: string,
  ) {
    super(message);
  }
}
