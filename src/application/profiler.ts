import { basename } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { ProfbufError } from '../errors.js';
import { Profile } from '../profile/profile.js';
import type { CollectorStats } from '../protocol/collector-stats.js';
import { processStartMicros } from '../protocol/monotonic-clock.js';
import {
  defaultLabelBufferWords,
  type HttpSetting,
  heapProblem,
  httpOptions,
  labelBufferProblem,
  sampleRateProblem,
  stallProblem,
} from '../protocol/option-values.js';
import { type PushOptions, type PushSetting, pushOptions } from '../protocol/push-settings.js';
import { defaultThresholdMs, type StallReport } from '../protocol/stall-report.js';
import { versionProblem } from '../protocol/supported-node.js';
import { CollectorClient } from './collector-client.js';
import { isBesideNodesProfiler } from './node-flags.js';
import { runningCollector, setRunningCollector } from './running-collector.js';

export interface ProfilerOptions {
  /** Samples a second of each thread, 1 to 10,000. Default: 100. */
  readonly sampleRate?: number;
  /**
   * What one command of the profiler may hold up a thread of the application, in milliseconds, 0.1 to 1000. Default: 2.
   * It is a target: the profiler sees what the last windows cost and sizes the next ones by it.
   */
  readonly targetPauseMs?: number;
  /**
   * Serves `/debug/pprof/` from the collector's thread, which answers while the application's is stuck: a port, a string
   * of the form `[HOST:]PORT`, or an object. Loopback unless a host is named; port 0 takes a free one. `token` is what
   * requests must have, as `Authorization: Bearer …` or as the password of HTTP Basic; an empty one, or one that is
   * undefined, is an error. Where it listens, or why it cannot, is said on stderr.
   */
  readonly http?: HttpSetting;
  /**
   * Pushes profiles to Pyroscope, or to whatever takes OpenTelemetry's profiles, from the collector's thread: a URL, or that and
   * more. See docs/push.md.
   */
  readonly push?: PushSetting;
  /** Watches whether the event loop turns, and reports on stderr what holds it when it does not. */
  readonly stall?: StallOptions;
  /**
   * Samples what is in use of the main thread's heap from the start, rather than from the first time that somebody asks for
   * it over HTTP, and refuses `allocs` there.
   */
  readonly heap?: boolean;
  /**
   * Samples what the main thread allocates from the start, dead or alive, for `take({ kind: 'allocs' })` and
   * `/debug/pprof/allocs`, and refuses `heap` there: V8 has one sampler for both. Its list is emptied every 10 s, or as often
   * as the program fills it, which collects all garbage before Node 26 and takes no more than 1 % of the time.
   */
  readonly allocs?: boolean;
  /**
   * Capacity of the buffer that carries label switches to the profiler, for each thread that uses labels, in words of 8
   * bytes: a power of two from 64 to 2^24. A switch takes 2, and the buffer is emptied every 50 ms. Default: 2^17.
   */
  readonly labelBufferWords?: number;
  /**
   * Whether V8 is made to compile again what it had optimised before the profiler started, whose time would be its callers'
   * otherwise. It holds up the program once, for 5 to 15 ms in a small one and up to 62 in a large one, which then spends
   * some 0.3 s on compiling; the profile says what it took. Not done where Node measures coverage. Default: true.
   */
  readonly recompile?: boolean;
  /**
   * Whether profiles show functions where the sources have them that people wrote, by the source maps of the files that ran.
   * They are read on the profiler's thread, when a profile is given out. In a process that is profiled already, what was
   * asked for there counts. Default: true.
   */
  readonly sourceMaps?: boolean;
}

export interface StallOptions {
  /** How long the event loop does not turn in a stall at least, in milliseconds, 50 to 60,000. Default: 250. */
  readonly thresholdMs?: number;
  /** Called in the application when the loop turns again. */
  readonly onStall?: (stall: StallReport) => void;
}

export type ProfilerStats = CollectorStats;

export interface CollectOptions {
  /**
   * `cpu` (the default): time on a processor, of all threads; `wall`: all time that passes; `allocs`: what the main thread
   * allocates, dead or alive, as {@link ProfilerOptions.allocs} has it. That is refused in a program that was started with
   * `heap`, and takes the sampler away from a `heap` that is served without.
   */
  readonly kind?: 'cpu' | 'wall' | 'allocs';
  /** How long to collect, above 0. Default: 30. */
  readonly seconds?: number;
  /** Gives the collection up: the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

export interface TakeOptions {
  /** `cpu` (the default), or `allocs` in a profiler that was started with `allocs`. */
  readonly kind?: 'cpu' | 'allocs';
}

/** A profiler that runs. Its methods may be used at the same time; none disturbs what another collects. */
export interface Profiler {
  /** A profile of the seconds that begin now. */
  collect(options?: CollectOptions): Promise<Profile>;
  /** A profile of the time since the start, or since the last take of that kind. */
  take(options?: TakeOptions): Promise<Profile>;
  /** Where `/debug/pprof/` is served, such as `http://127.0.0.1:6060`; `undefined` without `http`, or if it could not be. */
  readonly httpUrl: string | undefined;
  /** What was sampled and lost since the start, and what it cost. */
  stats(): ProfilerStats;
  /** Ends profiling. The profile is that of the CPU time since the start, or since the last take of it. */
  stop(): Promise<Profile>;
}

/** Node's timers end here. */
const longestSeconds = 2_147_483;

/**
 * Begins to profile this process, all of its threads. The profiler does not keep the process alive.
 *
 * In a process that `profbuf record` or the preload profiles already, this is another reader of the same samples, at
 * the rate that was asked for there.
 *
 * @throws ProfbufError `ERR_PROFBUF_OPTION`, `ERR_PROFBUF_ALREADY_STARTED` when a profiler was started and not stopped,
 *   `ERR_PROFBUF_UNAVAILABLE` when this process cannot be profiled.
 */
export async function startProfiler(options: ProfilerOptions = {}): Promise<Profiler> {
  const {
    sampleRate = 100,
    targetPauseMs = 2,
    http: httpSetting,
    push: pushSetting,
    stall,
    heap = false,
    allocs = false,
    labelBufferWords = defaultLabelBufferWords,
    recompile = true,
    sourceMaps = true,
  } = options;
  const problem = sampleRateProblem(sampleRate);
  if (problem !== undefined) throw new ProfbufError('ERR_PROFBUF_OPTION', `sampleRate: ${problem}`);
  const bufferProblem = labelBufferProblem(labelBufferWords);
  if (bufferProblem !== undefined) throw new ProfbufError('ERR_PROFBUF_OPTION', `labelBufferWords: ${bufferProblem}`);
  if (!(typeof targetPauseMs === 'number' && targetPauseMs >= 0.1 && targetPauseMs <= 1000)) {
    const message = `targetPauseMs: ${String(targetPauseMs)} is no number of milliseconds from 0.1 to 1000`;
    throw new ProfbufError('ERR_PROFBUF_OPTION', message);
  }
  const http = httpSetting === undefined ? undefined : httpOptions(httpSetting);
  if (http !== undefined && 'problem' in http) throw new ProfbufError('ERR_PROFBUF_OPTION', `http: ${http.problem}`);
  const { thresholdMs = defaultThresholdMs, onStall } = stall ?? {};
  const badThreshold = stallProblem(thresholdMs);
  if (badThreshold !== undefined) throw new ProfbufError('ERR_PROFBUF_OPTION', `stall.thresholdMs: ${badThreshold}`);
  if (heap && allocs) throw new ProfbufError('ERR_PROFBUF_OPTION', `heap and allocs: ${heapProblem}`);
  const push =
    pushSetting === undefined ? undefined : pushOf(pushSetting, { heap, allocs, block: stall !== undefined });
  const unsupported = versionProblem();
  if (unsupported !== undefined) throw new ProfbufError('ERR_PROFBUF_UNAVAILABLE', unsupported);
  if (!isMainThread) {
    const message = "startProfiler belongs into the main thread: it samples the process's worker threads too";
    throw new ProfbufError('ERR_PROFBUF_UNAVAILABLE', message);
  }
  const preloaded = runningCollector();
  if (preloaded?.isTaken) {
    const message = 'a profiler runs in this process already: stop() it before starting another';
    throw new ProfbufError('ERR_PROFBUF_ALREADY_STARTED', message);
  }
  const running =
    preloaded ?? setRunningCollector(launch(sampleRate, targetPauseMs, labelBufferWords, recompile, sourceMaps), true);
  running.isTaken = true;
  try {
    await running.client.started();
    await running.client.ask({ type: 'keep' });
    const httpUrl = http && (await running.client.ask({ type: 'listen', http })).url;
    if (stall !== undefined) {
      running.client.onStall = onStall;
      await running.client.ask({ type: 'stalls', thresholdMs });
    }
    if (heap || allocs) await running.client.ask({ type: 'heap', name: heap ? 'heap' : 'allocs' });
    if (push !== undefined) await running.client.ask({ type: 'push', push });
    return new RunningProfiler(running.client, httpUrl, preloaded === undefined, allocs, () => {
      running.isTaken = false;
    });
  } catch (error) {
    running.isTaken = false;
    throw error;
  }
}

function pushOf(setting: PushSetting, isOn: Readonly<Record<'heap' | 'allocs' | 'block', boolean>>): PushOptions {
  const kinds = (['heap', 'allocs', 'block'] as const).filter((kind) => isOn[kind]);
  const push = pushOptions(setting, { environment: process.env, processName: processName(), kinds });
  if ('problem' in push) throw new ProfbufError('ERR_PROFBUF_OPTION', `push: ${push.problem}`);
  return push;
}

function processName(): string {
  return basename(process.argv[1] ?? process.title);
}

function launch(
  sampleRate: number,
  targetPauseMs: number,
  labelBufferWords: number,
  recompiles: boolean,
  sourceMaps: boolean,
): CollectorClient {
  return new CollectorClient(
    {
      sampleRate,
      targetPauseMs,
      keepsFromStart: true,
      recompiles,
      sourceMaps,
      labelBufferWords,
      isQuiet: true,
      processName: processName(),
      argv: process.argv,
      processStartMicros: processStartMicros(),
      isBesideNodesProfiler: isBesideNodesProfiler(),
      notices: [],
    },
    {
      // Whoever waits for an answer gets the error.
      onUnavailable: () => {},
      // Nothing is to be written, so nothing is lost.
      onFarewellTimeout: () => {},
    },
    'late',
  );
}

class RunningProfiler implements Profiler {
  readonly httpUrl: string | undefined;
  readonly #client: CollectorClient;
  readonly #isOwn: boolean;
  readonly #keepsAllocations: boolean;
  readonly #release: () => void;
  #stopped: Promise<Profile> | undefined;

  /** @param isOwn Whether the collector ends with this profiler. */
  constructor(
    client: CollectorClient,
    httpUrl: string | undefined,
    isOwn: boolean,
    keepsAllocations: boolean,
    release: () => void,
  ) {
    this.#client = client;
    this.httpUrl = httpUrl;
    this.#isOwn = isOwn;
    this.#keepsAllocations = keepsAllocations;
    this.#release = release;
  }

  async collect({ kind = 'cpu', seconds = 30, signal }: CollectOptions = {}): Promise<Profile> {
    mustBeKind(kind, ['cpu', 'wall', 'allocs']);
    if (!(typeof seconds === 'number' && seconds > 0 && seconds <= longestSeconds)) {
      const message = `seconds: ${String(seconds)} is no number above 0, up to ${longestSeconds}`;
      throw new ProfbufError('ERR_PROFBUF_OPTION', message);
    }
    signal?.throwIfAborted();
    this.#mustRun();
    return profileOf(await this.#client.ask({ type: 'collect', kind, seconds }, signal));
  }

  async take({ kind = 'cpu' }: TakeOptions = {}): Promise<Profile> {
    mustBeKind(kind, ['cpu', 'allocs']);
    if (kind === 'allocs' && !this.#keepsAllocations) {
      const message = 'kind: allocations are not kept here: startProfiler({ allocs: true }) does that';
      throw new ProfbufError('ERR_PROFBUF_OPTION', message);
    }
    this.#mustRun();
    return profileOf(await this.#client.ask({ type: 'take', kind }));
  }

  stats(): ProfilerStats {
    return this.#client.stats();
  }

  stop(): Promise<Profile> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<Profile> {
    try {
      if (this.#isOwn) return profileOf(await this.#client.finish());
      const profile = profileOf(await this.#client.ask({ type: 'release' }));
      const ends = ['push', 'listen', 'stalls', 'heap'] as const;
      await Promise.all(ends.map((type) => this.#client.ask({ type })));
      return profile;
    } finally {
      this.#client.onStall = undefined;
      this.#release();
    }
  }

  #mustRun(): void {
    if (this.#stopped !== undefined) throw new ProfbufError('ERR_PROFBUF_STOPPED', 'the profiler was stopped');
  }
}

function mustBeKind(kind: string, kinds: readonly string[]): void {
  if (kinds.includes(kind)) return;
  throw new ProfbufError('ERR_PROFBUF_OPTION', `kind: ${String(kind)} is none of ${kinds.join(', ')}`);
}

function profileOf({ profile }: { readonly profile?: Uint8Array }): Profile {
  if (profile === undefined) throw new ProfbufError('ERR_PROFBUF_FAILED', 'the collector gave no profile');
  return Profile.fromFile(profile);
}
