import type { Profile } from '../../profile/profile.js';
import type { Target } from './inspector-session.js';

/** Collects a profile of one thread of a process that is attached to. */
export interface ThreadCollector {
  /** Empty for the main thread. */
  readonly threadName: string;
  /** How long the start held it up at most, in milliseconds, the way of the answer included. */
  readonly startMs: number;
  /** Time at the end that is in no profile, at most, in milliseconds; 0 when nothing is missing. */
  readonly missingMs: number;
  /** Why it could not be looked at, in V8's words. */
  readonly problem: string | undefined;
  /** Never rejects. */
  start(): Promise<void>;
  /** Called every 250 ms. */
  tick(): void;
  /** What V8 tells of the thread unasked. */
  take(method: string, params: Readonly<Record<string, unknown>>): void;
  /** Stops, and takes what there is. Never rejects. */
  finish(): Promise<void>;
  /** `undefined` when nothing came of it. */
  profile(): Profile | undefined;
}

/** How a thread is looked at. */
export type MakeCollector<Collector extends ThreadCollector> = (threadName: string, target: Target) => Collector;

/** What is left in a thread that does not answer, or that has ended. */
export const noAnswer = 'it ended, or did not answer';
