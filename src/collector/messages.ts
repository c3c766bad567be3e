import type { ProfileFormat } from '../profile/format.js';
import type { ProfileKind } from './accumulator.js';
import type { CollectorStats } from './stats.js';

/** What the application's thread hands to the collector at its start. */
export interface CollectorData {
  readonly port: import('node:worker_threads').MessagePort;
  readonly control: SharedArrayBuffer;
  readonly options: CollectorOptions;
}

export interface CollectorOptions {
  /** Samples a second, 1 to 10,000. */
  readonly sampleRate: number;
  /** What finishing one window may hold up the application's thread, in milliseconds. */
  readonly targetPauseMs: number;
  /** Keeps what `take` and `stop` deliver. The preload does without: its whole-run recording is enough. */
  readonly keepForTake: boolean;
  /** Where the whole run's profile goes, if anywhere. */
  readonly output?: OutputOptions;
  /** Seconds after which collection ends while the program goes on. */
  readonly durationSeconds?: number;
  /** Folder for {@link ProcessStatus} files, from the command that watches. */
  readonly sessionFolder?: string;
  /** No words on stderr. */
  readonly quiet: boolean;
  /** How the process is called in files and messages. */
  readonly processName: string;
  readonly argv: readonly string[];
}

export interface OutputOptions {
  /** Absolute. */
  readonly path: string;
  readonly format: ProfileFormat;
}

/** Application to collector. */
export type Request =
  | { readonly id: number; readonly type: 'collect'; readonly seconds: number; readonly kind: ProfileKind }
  | { readonly id: number; readonly type: 'cancel'; readonly collect: number }
  | { readonly id: number; readonly type: 'take' }
  | { readonly id: number; readonly type: 'stats' }
  | { readonly id: number; readonly type: 'stop' }
  | { readonly type: 'exit' };

/** Collector to application: `started` or `unavailable` once, then one answer to each request that has an id. */
export type Response =
  | { readonly type: 'started' }
  | { readonly type: 'unavailable'; readonly reason: string }
  | { readonly type: 'answer'; readonly id: number; readonly profile?: Uint8Array; readonly stats?: CollectorStats }
  | { readonly type: 'failure'; readonly id: number; readonly message: string };
