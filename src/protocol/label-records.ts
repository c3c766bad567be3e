/**
 * What the labels of a thread and the collector agree on. The collector reaches a thread through its inspector session,
 * as text to run; the thread answers over a BroadcastChannel, because that alone carries shared memory to a thread that
 * it knows nothing of, and can be emptied without waiting.
 */

/** The property of `globalThis` where all copies of the package in a thread, and the collector, find {@link LabelState}. */
export const labelStateKey = 'profbuf.labels';
export const labelProtocolVersion = 2;

export interface LabelState {
  readonly version: typeof labelProtocolVersion;
  /** From the copy of the package that was loaded first. The collector may have been here before it. */
  implementation?: LabelImplementation;
  /** A collector reads this thread's switches, or would if there were any. */
  reader?: SwitchReader;
}

/** This thread's, if there is one, of whatever version. */
export function foundState(): LabelState | undefined {
  return (globalThis as { [key: symbol]: LabelState | undefined })[Symbol.for(labelStateKey)];
}

export type Labels = Readonly<Record<string, string | number>>;

export interface LabelImplementation {
  withLabels<T>(this: unknown, labels: Labels, fn: () => T): T;
  setLabels(labels: Labels): void;
  getLabels(): Labels;
  /** The collector has set {@link LabelState.reader}, or taken it away. */
  readerChanged(): void;
  /** The sets with these tags, and the clock read once more. */
  define(tags: readonly number[]): Definitions;
  /** The thread is about to be terminated. Copies of the package from before have no such method. */
  leave?(): void;
}

export interface SwitchReader {
  /** Name of the BroadcastChannel that takes {@link LabelMessage}s. */
  readonly channel: string;
  /** Node's number of this thread. */
  readonly threadId: number;
  /** Capacity of the ring to make, in words of 8 bytes: a power of two. */
  readonly words: number;
}

/**
 * A thread's ring of label switches. One record each: the tag is the number of the set in force from then on, modulo
 * 2^31, 0 for none; the time is the thread's `performance.now()`. No header, no stack.
 */
export interface SwitchRing {
  readonly threadId: number;
  /** Of the thread's rings: one may be announced twice. */
  readonly number: number;
  /** {@link resolvedIndex} as an Int32 word at byte 0, the ring at byte {@link ringOffset}. */
  readonly memory: SharedArrayBuffer;
  readonly clock: ClockReading;
}

/** Sent by a worker thread on its way out, for nobody can ask it any more: all sets that may still be asked for. */
export interface LastDefinitions {
  readonly threadId: number;
  readonly sets: readonly (readonly [tag: number, labels: Labels])[];
}

/** What the {@link SwitchReader.channel} carries. */
export type LabelMessage = SwitchRing | LastDefinitions;

/** Numbers of sets wrap here. */
export const tagMask = 2 ** 31 - 1;

/**
 * Where the collector publishes how many of the records, lost ones included, no sample can ask for any more; modulo
 * 2^30.
 */
export const resolvedIndex = 0;
export const resolvedMask = 2 ** 30 - 1;
export const ringOffset = 8;

export interface Definitions {
  /** In the order of the question; null for a set that is not known. */
  readonly sets: readonly (Labels | null)[];
  readonly clock: ClockReading;
}

/**
 * What has to be added to `performance.now()`, in microseconds, for the clock of `process.hrtime` lies between the two:
 * the one was read between two readings of the other.
 */
export type ClockReading = readonly [atLeast: number, atMost: number];
