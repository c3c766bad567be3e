import type { MessagePort } from 'node:worker_threads';
import type { ProfileFormat } from '../profile/format.js';
import type { ProfileKind } from './accumulator.js';

/** What the application's thread hands to the collector at its start. */
export interface CollectorData {
  readonly port: MessagePort;
  readonly control: SharedArrayBuffer;
  readonly options: CollectorOptions;
}

export interface CollectorOptions {
  /** Samples a second, 1 to 10,000. */
  readonly sampleRate: number;
  /** What finishing one window may hold up the application's thread, in milliseconds. */
  readonly targetPauseMs: number;
  /** Whether Node itself uses V8's profiler in this process, for `--cpu-prof` or coverage. */
  readonly isBesideNodesProfiler: boolean;
  /** Where the whole run's profile goes, if anywhere. */
  readonly output?: OutputOptions;
  /** Milliseconds after which collection ends while the program goes on. */
  readonly durationMs?: number;
  /** Folder for the files of ./process-status.ts, from the command that watches. */
  readonly sessionFolder?: string;
  /** No words on stderr but for what went wrong. */
  readonly isQuiet: boolean;
  /** How the process is called in files and messages. */
  readonly processName: string;
  readonly argv: readonly string[];
  /** When the process started, in milliseconds since 1970. */
  readonly timeOriginMs: number;
}

export interface OutputOptions {
  /** Absolute. */
  readonly path: string;
  readonly format: ProfileFormat;
}

/** Application to collector. Those with an id are answered. */
export type Request =
  | { readonly id: number; readonly type: 'collect'; readonly seconds: number; readonly kind: ProfileKind }
  /** From now on, what is sampled is kept for `take` and `release`. */
  | { readonly id: number; readonly type: 'keep' }
  | { readonly id: number; readonly type: 'take' }
  /** The last `take`. Nothing is kept from now on. */
  | { readonly id: number; readonly type: 'release' }
  /** Ends sampling. The collector's thread lives on until it hears `leave`. */
  | { readonly id: number; readonly type: 'finish' }
  /** A collection is not wanted any more; it has no answer then. */
  | { readonly type: 'cancel'; readonly collect: number }
  /** The program's listeners for signals have changed; see the control words. */
  | { readonly type: 'signals' }
  /** The program ends: answered through the control word, for the application's thread waits. */
  | { readonly type: 'exit' }
  | { readonly type: 'leave' };

/** Collector to application. */
export type Response =
  /** Sent once, when sampling has begun or cannot. */
  | { readonly type: 'started' }
  | { readonly type: 'unavailable'; readonly reason: string }
  /** Sent once, when sampling has ended while the program goes on. */
  | { readonly type: 'finished' }
  | { readonly type: 'answer'; readonly id: number; readonly profile?: Uint8Array }
  | { readonly type: 'failure'; readonly id: number; readonly message: string };
