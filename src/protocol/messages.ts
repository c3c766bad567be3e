import type { MessagePort } from 'node:worker_threads';
import type { ProfileFormat } from '../profile/format.js';
import type { HeapProfileName } from './heap-settings.js';
import type { PushOptions } from './push-settings.js';
import type { ServiceAnswer, ServiceRequest } from './service.js';
import type { StallReport } from './stall-report.js';

/** `cpu`: time on a processor; `wall`: all time, idle time among it. */
export type ProfileKind = 'cpu' | 'wall';

/**
 * How the main thread comes to be sampled: it has begun by itself, before its first line; it waits with its first line until
 * the collector has begun; or its program runs already.
 */
export type Beginning = 'by itself' | 'waited for' | 'late';

/** What the application's thread hands to the collector at its start. */
export interface CollectorData {
  readonly port: MessagePort;
  readonly control: SharedArrayBuffer;
  /** The part of the collector that pushes: an expression, evaluated if something is to be pushed. */
  readonly pushSource: string;
  readonly options: CollectorOptions;
}

export interface CollectorOptions {
  /** Of the BroadcastChannel over which the program's threads hand things over; no other one of the process has it. */
  readonly channelName: string;
  readonly beginning: Beginning;
  /** Whether V8 is made to compile again what it had compiled before sampling began. */
  readonly recompiles: boolean;
  /** Samples a second, 1 to 10,000. */
  readonly sampleRate: number;
  /** What finishing one window may hold up the application's thread, in milliseconds. */
  readonly targetPauseMs: number;
  /** Whether Node itself uses V8's profiler in this process, for `--cpu-prof` or coverage. */
  readonly isBesideNodesProfiler: boolean;
  /** Capacity of each thread's ring of label switches, in words of 8 bytes: a power of two. */
  readonly labelBufferWords: number;
  /** Whether what is sampled is kept for `take` and `release` from the start. */
  readonly keepsFromStart: boolean;
  /** Where the whole run's profile goes, if anywhere. */
  readonly output?: OutputOptions;
  /** Milliseconds after which collection ends while the program goes on. */
  readonly durationMs?: number;
  /** The file of ./process-status.ts for the command that watches, if one does. */
  readonly statusPath?: string;
  /** No words on stderr but for what went wrong. */
  readonly isQuiet: boolean;
  /** How the process is called in files and messages. */
  readonly processName: string;
  readonly argv: readonly string[];
  /** When the process began, in microseconds of `process.hrtime`. */
  readonly processStartMicros: number;
  /** Where `/debug/pprof/` is served, if anywhere. */
  readonly http?: HttpOptions;
  /** With which other processes this one shares the port of `http`, if it is to. */
  readonly run?: RunOptions;
  /** Where profiles are pushed to from the start, if anywhere. */
  readonly push?: PushOptions;
  /** What V8's heap sampler of the main thread serves from the start, if anything; otherwise it begins when somebody asks. */
  readonly heapProfile?: HeapProfileName;
  /** Whether stalls of the event loop are reported, and how long one is at least. */
  readonly stallThresholdMs?: number;
  /** Whether profiles are given out in the sources that source maps lead to. */
  readonly sourceMaps: boolean;
  /** Sentences for profiles and reports: what was asked for and cannot be. */
  readonly notices: readonly string[];
}

export interface HttpOptions {
  readonly host: string;
  /** 0 stands for any free one. */
  readonly port: number;
  /** Without which nobody is answered, if there is one. */
  readonly token?: string;
}

/** Of processes that were started one by the other, and share a port. */
export interface RunOptions {
  /** What they prove to each other that they belong together by. */
  readonly secret: string;
  readonly isClusterWorker: boolean;
}

export interface OutputOptions {
  /** Absolute. */
  readonly path: string;
  readonly format: ProfileFormat;
  /** What the profile is of. */
  readonly kind: 'cpu' | 'allocs';
}

/** Application to collector. Those with an id are answered. */
export type Request =
  | { readonly id: number; readonly type: 'collect'; readonly seconds: number; readonly kind: ProfileKind | 'allocs' }
  /** From now on, what is sampled is kept for `take` and `release`. */
  | { readonly id: number; readonly type: 'keep' }
  | { readonly id: number; readonly type: 'take'; readonly kind: 'cpu' | 'allocs' }
  /** Opens a server of the application's own, or closes it. */
  | { readonly id: number; readonly type: 'listen'; readonly http?: HttpOptions }
  /** Pushes profiles besides, or no more. */
  | { readonly id: number; readonly type: 'push'; readonly push?: PushOptions }
  /** Has V8's heap sampler serve this profile only, and keeps `allocs` for `take`; or no more. */
  | { readonly id: number; readonly type: 'heap'; readonly name?: HeapProfileName }
  /** Reports stalls of the event loop, or no more. */
  | { readonly id: number; readonly type: 'stalls'; readonly thresholdMs?: number }
  | { readonly id: number; readonly type: 'serve'; readonly request: ServiceRequest }
  /** The last `take` of a collector that goes on. Nothing is kept from now on. */
  | { readonly id: number; readonly type: 'release' }
  /** Ends sampling, with the last `take`. The collector's thread lives on until it hears `leave`. */
  | { readonly id: number; readonly type: 'finish' }
  /** The answer to `collect` or `serve` is not wanted any more; it does not come then. */
  | { readonly type: 'cancel'; readonly request: number }
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
  /** The inspector reaches the main thread no more: what runs there for the profiler is to be ended. */
  | { readonly type: 'unreachable' }
  /** The event loop turns again. */
  | { readonly type: 'stall'; readonly report: StallReport }
  | {
      readonly type: 'answer';
      readonly id: number;
      readonly profile?: Uint8Array;
      readonly served?: ServiceAnswer;
      /** Where the server is, if it could be opened. */
      readonly url?: string;
    }
  | { readonly type: 'failure'; readonly id: number; readonly message: string };
