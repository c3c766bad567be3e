import type { Profile } from '../../profile/profile.js';
import type { ProfileKind } from '../../protocol/messages.js';

export { HeapSamplerTakenError } from '../heap/taken-error.js';

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
  /** @throws {HeapSamplerTakenError} */
  snapshot(name: SnapshotName, options: SnapshotOptions): Promise<Profile>;
  /**
   * What comes to such a profile in the seconds that begin now, or fewer when the program ends before.
   * @param signal Gives it up: the promise rejects.
   * @throws {HeapSamplerTakenError}
   */
  change(name: SnapshotName, seconds: number, options: SnapshotOptions, signal: AbortSignal): Promise<Profile>;
  /** How many entries a profile has now; `undefined` when the application's thread does not tell at once. */
  count(name: SnapshotName): Promise<number | undefined>;
  /** Whether the program listens on a port; not if its thread does not tell at once, which could answer nobody there either. */
  hasServer(): Promise<boolean>;
}
