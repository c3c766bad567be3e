import type { ClockReading, Labels } from './label-records.js';

/**
 * What a command that attaches to a program calls in each of its threads, to learn which labels are in force when. The program need
 * not have been started with a profiler; it has loaded the package for its labels.
 */
export interface LabelVisit {
  /**
   * Has the thread write its label switches down.
   * @param channel Name of a BroadcastChannel that nobody else has; it begins with {@link visitChannels}.
   * @param words Capacity of the ring to make, in words of 8 bytes: a power of two.
   */
  arm(channel: string, words: number): LabelUse;
  /**
   * What was written since the last time.
   * @param resolved How many records of the ring nobody will ask for any more; see `resolvedIndex`.
   */
  drain(resolved: number): LabelSwitches | undefined;
  /** What the sets with these tags say; null for one that is not known. */
  define(tags: readonly number[]): readonly (Labels | null)[];
  /** Has the thread write no more, and leaves it as it was. */
  disarm(): void;
}

/**
 * `written`: switches are written down from now on; `unused`: the package is not loaded in this thread; `other version`: one that we
 * cannot read is; `recorded`: a profiler of its own reads them.
 */
export type LabelUse = 'written' | 'unused' | 'other version' | 'recorded';

export interface LabelSwitches {
  /** Triples of time, tag and number of records, as bytes in base64; the tag is {@link lostTag} where records were lost. */
  readonly records: string;
  readonly clock: ClockReading;
}

export const lostTag = -1;

/** A command that was killed has left its reader behind: by the channel's name the next one knows it from that of a profiler. */
export const visitChannels = 'profbuf attach ';
