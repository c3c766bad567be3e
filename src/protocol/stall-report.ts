import type { Frame } from '../profile/frame.js';
import type { Labels } from './label-records.js';

/** How long a stall is at least if nobody says otherwise, in milliseconds. */
export const defaultThresholdMs = 250;

/** A stretch of time in which the event loop of the main thread did not turn. */
export interface StallReport {
  /** In milliseconds since 1970. */
  readonly startedAt: number;
  /** Up to its end, or until now. Right to about 30 ms. */
  readonly durationMs: number;
  readonly isOver: boolean;
  /** What the thread did meanwhile, what took most of the time first. Empty when nothing could be sampled. */
  readonly stacks: readonly StallStack[];
}

export interface StallStack {
  /** Leaf first. */
  readonly frames: readonly Frame[];
  /** Those in force, as `withLabels` set them. */
  readonly labels: Labels;
  /** The part of the stall's time, from 0 to 1. */
  readonly share: number;
}
