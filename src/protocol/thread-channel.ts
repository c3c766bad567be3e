import type { LabelMessage } from './label-records.js';
import type { FirstWindow } from './thread-control.js';

/*
 * Where threads of the application hand things over to the collector: a BroadcastChannel, because that alone reaches it from
 * a thread that it knows nothing of, carries shared memory, and can be emptied without waiting. A thread opens it for one
 * message and closes it again, since all who have it open get all messages.
 */

/** A window that has ended, as V8 wrote it. See `collector/sampling/handle-profile.ts` for how to read it. */
export interface WindowMessage {
  readonly threadId: number;
  readonly window: string;
  /** How the first window began, of a thread that the collector has not reached yet. */
  readonly first?: FirstWindow;
  /** Of a worker thread's last window: its CPU time on the way out, in nanoseconds; -1 where the system does not tell. */
  readonly lastNanos?: number;
}

/** A thread that has not run its first line yet, and waits until it is sampled. */
export interface WaitingMessage {
  readonly threadId: number;
  /** One Int32 word: the collector stores 1 and wakes the thread. */
  readonly gate: SharedArrayBuffer;
}

/** Sent by whoever is about to terminate the thread, and waits until its door is shut: see ./thread-doors.ts. */
export interface TerminationMessage {
  readonly threadId: number;
  readonly isTerminated: true;
}

export type ThreadMessage = LabelMessage | WindowMessage | WaitingMessage | TerminationMessage;

/** How the program's worker threads find the collector: by `getEnvironmentData`, which every new one inherits. */
export const inheritedKey = 'profbuf';

/** What a worker thread's preload needs to know. */
export interface InheritedSettings {
  /** Of the BroadcastChannel. */
  readonly channel: string;
  readonly intervalMicros: number;
  readonly labelBufferWords: number;
  /** The memory that the main thread and the collector share; see ./control-words.ts. */
  readonly control: SharedArrayBuffer;
}
