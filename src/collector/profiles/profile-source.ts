import type { Profile } from '../../profile/profile.js';
import type { ProfileKind } from '../../protocol/messages.js';

/** Profiles that are looked at as they stand, rather than collected over some seconds. Named as in Go. */
export const snapshotNames = ['allocs', 'block', 'goroutine', 'heap', 'mutex', 'threadcreate'] as const;
export type SnapshotName = (typeof snapshotNames)[number];

export interface SnapshotOptions {
  /** Whether garbage is to be collected first. */
  readonly gc: boolean;
}

/** What the collector has for those who pass profiles on. */
export interface ProfileSource {
  /** The program's command line. */
  readonly argv: readonly string[];
  /**
   * A profile of the seconds that begin now; of fewer when the program ends before.
   * @param signal Gives the collection up: the promise rejects.
   */
  collect(kind: ProfileKind, seconds: number, signal: AbortSignal): Promise<Profile>;
  snapshot(name: SnapshotName, options: SnapshotOptions): Promise<Profile>;
  /** How many entries a profile has now; `undefined` when the application's thread does not tell at once. */
  count(name: SnapshotName): Promise<number | undefined>;
  /** Resolves after the seconds, or earlier when the program ends. Rejects when the signal is aborted. */
  pause(seconds: number, signal: AbortSignal): Promise<void>;
}
