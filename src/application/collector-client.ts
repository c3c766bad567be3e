import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { ProfbufError } from '../errors.js';
import { releaseReader } from '../labels/release-reader.js';
import type { CollectorStats } from '../protocol/collector-stats.js';
import { controlBytes, farewell, farewellWord, statsOffset, wordsOf } from '../protocol/control-words.js';
import type { CollectorData, CollectorOptions, Request, Response } from '../protocol/messages.js';
import { nowMicros } from '../protocol/monotonic-clock.js';
import { SharedStats } from '../protocol/shared-stats.js';
import type { StallReport } from '../protocol/stall-report.js';
import type { InheritedSettings } from '../protocol/thread-channel.js';
import type { Control } from '../protocol/thread-control.js';
import { caughtByNode } from '../protocol/watched-signals.js';
import { addressSpaceProblem } from './address-space.js';
import { source } from './collector-bundle.js';
import { coverageKeeper } from './coverage.js';
import { onExecve } from './execve.js';
import { beginMainThread, endInheritance, waitForMainThread } from './first-line.js';
import { answerBeats } from './heartbeat.js';
import { runsFromSnapshot, runsTestFiles } from './node-flags.js';
import { onOwnSignal } from './own-signals.js';
import { onProgramEnd } from './program-end.js';
import { pushSource } from './push-bundle.js';
import { trackSignalListeners } from './signal-listeners.js';
import { closeDoorsAtTermination } from './terminations.js';
import { threadControl } from './thread-control.js';
import { threadLimitProblem } from './thread-limits.js';
import { unannounced } from './unannounced.js';

/** The longest that the program's end waits for the collector, in milliseconds. */
const farewellMs = 3000;

type Answer = Extract<Response, { type: 'answer' }>;
/** A request that is answered, without the number that {@link CollectorClient.ask} gives it. */
type Question = DistributiveOmit<Extract<Request, { id: number }>, 'id'>;
type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

export interface CollectorEvents {
  /** Sampling is not possible, or the collector's thread failed; the program goes on without. Called once at most. */
  onUnavailable(error: ProfbufError): void;
  /** The program ended before the collector had answered: the profile may lack its last seconds. */
  onFarewellTimeout(): void;
}

interface Waiting {
  resolve(answer: Answer): void;
  reject(error: ProfbufError): void;
}

/**
 * The application's end of the collector. It keeps the program alive only while an answer is waited for, and takes
 * everything that the program may delete or replace later when it is made.
 */
export class CollectorClient {
  readonly sampleRate: number;
  /** Called when the event loop turns again after a stall, if stalls are reported. */
  onStall: ((report: StallReport) => void) | undefined;
  readonly #events: CollectorEvents;
  readonly #words: Int32Array;
  readonly #stats: SharedStats;
  readonly #worker: RunningWorker;
  readonly #port: MessagePort;
  readonly #post: (request: Request) => void;
  readonly #waiting = new Map<number, Waiting>();
  readonly #startWaiting: { resolve(): void; reject(error: ProfbufError): void }[] = [];
  readonly #release: () => void;
  readonly #control: Control;
  #state: 'starting' | 'running' | 'over' = 'starting';
  #failure: ProfbufError | undefined;
  #lastId = 0;

  /**
   * @param begins `before the first line`: in a preload, where this may take until the main thread is sampled. `late`: in a
   *   program that runs.
   * @throws ProfbufError when the collector's thread cannot be started.
   */
  constructor(
    options: Omit<CollectorOptions, 'channelName' | 'beginning'>,
    events: CollectorEvents,
    begins: 'before the first line' | 'late',
  ) {
    this.sampleRate = options.sampleRate;
    this.#events = events;
    mustBeAllowed();
    this.#control = threadControl();
    const control = new SharedArrayBuffer(controlBytes);
    this.#words = wordsOf(control);
    this.#stats = new SharedStats(control, statsOffset);
    answerBeats(this.#words);
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    this.#post = port1.postMessage.bind(port1);
    const channelName = `profbuf ${process.hrtime.bigint()}`;
    const isFirst = begins === 'before the first line';
    const { hasHandles, hasHeapHandles } = this.#control.thread;
    const beginning = isFirst ? (hasHandles ? 'by itself' : 'waited for') : 'late';
    const { heapProfile } = options;
    const isWaitedFor = isFirst && (!hasHandles || (heapProfile !== undefined && !hasHeapHandles));
    // The collector must not take a signal that somebody listens to, not for a moment: letting go of it again leaves it without
    // the handler that it had.
    const releaseSignals = trackSignalListeners(this.#words, () => this.#post({ type: 'signals' }));
    try {
      this.#worker = startWorker({ port: port2, control, pushSource, options: { ...options, channelName, beginning } });
    } catch (error) {
      releaseSignals();
      throw error;
    }
    const settings: InheritedSettings = {
      channel: channelName,
      intervalMicros: Math.round(1e6 / options.sampleRate),
      labelBufferWords: options.labelBufferWords,
      control,
    };
    if (isFirst) beginMainThread(this.#control, settings, heapProfile);
    this.#worker.ended.then((error) => this.#onWorkerEnd(error));
    this.#port.on('message', (response: Response) => this.#onResponse(response));
    this.#port.unref();
    const releaseExit = this.#sayFarewellAtEnd();
    const releaseTerminations = closeDoorsAtTermination(settings);
    this.#release = () => {
      releaseExit();
      releaseTerminations();
      releaseSignals();
      if (isFirst) endInheritance();
    };
    if (isWaitedFor) waitForMainThread(this.#control, settings);
  }

  /** Sampling has ended, or never began. */
  get isOver(): boolean {
    return this.#state === 'over';
  }

  /** Resolves when sampling has begun. */
  started(): Promise<void> {
    if (this.#state === 'running') return Promise.resolve();
    if (this.#state === 'over') return Promise.reject(this.#failure ?? stopped());
    return new Promise((resolve, reject) => {
      this.#startWaiting.push({ resolve, reject });
      this.#keepAlive();
    });
  }

  /** @param signal Gives the question up; the promise then rejects with its reason. */
  ask(question: Question, signal?: AbortSignal): Promise<Answer> {
    if (this.#state === 'over') return Promise.reject(this.#failure ?? stopped());
    const id = ++this.#lastId;
    return new Promise<Answer>((resolve, reject) => {
      const abort = () => {
        this.#post({ type: 'cancel', request: id });
        this.#waiting.delete(id);
        this.#keepAlive();
        reject(signal?.reason);
      };
      const settle = () => signal?.removeEventListener('abort', abort);
      this.#waiting.set(id, {
        resolve: (answer) => {
          settle();
          resolve(answer);
        },
        reject: (error) => {
          settle();
          reject(error);
        },
      });
      signal?.addEventListener('abort', abort, { once: true });
      this.#keepAlive();
      this.#post({ ...question, id } as Request);
    });
  }

  /** What was sampled, lost and paused until the last window. */
  stats(): CollectorStats {
    const { startMicros, hasClock, ...figures } = this.#stats.read();
    return {
      ...figures,
      sampleRate: this.sampleRate,
      elapsedMs: startMicros === 0 ? 0 : Math.round((nowMicros() - startMicros) / 1000),
      cpuSource: hasClock === 1 ? 'schedstat' : 'samples',
    };
  }

  /** Ends sampling, and then the collector's thread. The answer has what was kept since the last take. */
  async finish(): Promise<Answer> {
    this.#worker.ref();
    try {
      return await this.ask({ type: 'finish' });
    } finally {
      this.#onFinished();
      await this.#worker.ended;
    }
  }

  #onResponse(response: Response): void {
    switch (response.type) {
      case 'started':
        this.#state = 'running';
        for (const { resolve } of this.#startWaiting.splice(0)) resolve();
        break;
      case 'unavailable':
        this.#post({ type: 'leave' });
        this.#fail(new ProfbufError('ERR_PROFBUF_UNAVAILABLE', response.reason));
        break;
      case 'finished':
        this.#onFinished();
        break;
      case 'unreachable':
        this.#endOwnWindow();
        break;
      case 'stall':
        this.onStall?.(response.report);
        break;
      case 'answer':
        this.#take(response.id)?.resolve(response);
        break;
      case 'failure':
        this.#take(response.id)?.reject(new ProfbufError('ERR_PROFBUF_FAILED', response.message));
        break;
    }
    this.#keepAlive();
  }

  #onFinished(): void {
    if (this.#state === 'over') return;
    // By now this thread has run JavaScript after the session's end, and so has destroyed its part of it.
    this.#post({ type: 'leave' });
    this.#end(stopped());
  }

  #endOwnWindow(): void {
    try {
      this.#control.end(0);
    } catch {
      // No room on the stack: the window runs on, and takes memory.
    }
  }

  #restoreStreams(): void {
    try {
      this.#control.restoreStreams();
    } catch {
      // The program has something else where Node has its streams.
    }
  }

  #endOwnHeap(): void {
    try {
      this.#control.endEarlyHeap();
    } catch {
      // The same of V8's heap sampler.
    }
  }

  #take(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }

  #onWorkerEnd(error: Error | undefined): void {
    if (this.#state === 'over') return;
    if (error === undefined) this.#end(stopped());
    else this.#fail(new ProfbufError('ERR_PROFBUF_FAILED', `the collector's thread failed: ${error.message}`));
  }

  #fail(error: ProfbufError): void {
    this.#failure = error;
    this.#endOwnHeap();
    this.#end(error);
    this.#events.onUnavailable(error);
  }

  #end(error: ProfbufError): void {
    this.#state = 'over';
    this.#release();
    releaseReader();
    for (const { reject } of [...this.#startWaiting.splice(0), ...this.#waiting.values()]) reject(error);
    this.#waiting.clear();
  }

  /** A pending answer is worth waiting for; the collector itself is not. */
  #keepAlive(): void {
    if (this.#waiting.size > 0 || this.#startWaiting.length > 0) this.#port.ref();
    else this.#port.unref();
  }

  #sayFarewellAtEnd(): () => void {
    const { compareExchange, wait } = Atomics;
    const keepCoverage = coverageKeeper(!this.#control.thread.hasHandles);
    const sayFarewell = () => {
      if (compareExchange(this.#words, farewellWord, farewell.none, farewell.asked) !== farewell.none) return;
      keepCoverage(() => {
        this.#post({ type: 'exit' });
        // V8 serves the collector's commands while this thread waits.
        if (wait(this.#words, farewellWord, farewell.asked, farewellMs) === 'timed-out')
          this.#events.onFarewellTimeout();
      });
    };
    const releases = [
      onProgramEnd(() => this.#control.own(sayFarewell)),
      onOwnSignal((signal) => {
        this.#control.own(sayFarewell);
        if (caughtByNode.has(signal)) this.#restoreStreams();
      }),
      onExecve(() => this.#control.own(sayFarewell)),
    ];
    return () => {
      compareExchange(this.#words, farewellWord, farewell.none, farewell.done);
      for (const release of releases) release();
    };
  }
}

/**
 * Asked before anything is tried: where the permission model denies the inspector, Node does not refuse a session with the
 * main thread but aborts the process.
 */
function mustBeAllowed(): void {
  if (!process.features.inspector) unavailable('this Node was built without the inspector');
  if (runsTestFiles()) {
    unavailable(
      'node --test runs each test file in a process of its own, which is profiled, and lets nobody look into this one',
    );
  }
  if (runsFromSnapshot()) {
    unavailable(
      'it runs from a snapshot of its own, and Node.js from 22 on aborts such a process when a thread is started',
    );
  }
  const problem = addressSpaceProblem() ?? threadLimitProblem();
  if (problem !== undefined) unavailable(problem);
  const { permission } = process;
  if (permission === undefined) return;
  const denied = ['inspector', 'worker'].filter((scope) => !permission.has(scope));
  if (denied.length > 0) {
    const flags = denied.map((scope) => `--allow-${scope}`).join(' and ');
    unavailable(
      `Node's permission model denies what a profiler needs; ${flags} would grant it, where this Node has that`,
    );
  }
}

function unavailable(reason: string): never {
  throw new ProfbufError('ERR_PROFBUF_UNAVAILABLE', reason);
}

/**
 * All that Node is given to evaluate: it parses what it evaluates once more before, to see what kind of module it is, which
 * of the collector's 270 kB takes 3 to 6 ms of a start (20.20 to 26.10).
 */
const firstScript = `
  const { source } = require('node:worker_threads').workerData;
  new (require('node:vm').Script)(source, { filename: 'profbuf:collector' }).runInThisContext();
`;

interface RunningWorker {
  /** With the error that ended it, if any. Never rejects. */
  readonly ended: Promise<Error | undefined>;
  /** Keeps the program alive until the thread has ended. */
  ref(): void;
}

function startWorker(data: CollectorData): RunningWorker {
  let worker: Worker;
  try {
    worker = unannounced(
      () =>
        new Worker(firstScript, {
          eval: true,
          name: 'profbuf',
          // Of the application's flags and environment nothing is inherited: they could load its code into this thread.
          // What --expose-internals is for is told in signal-watch.ts.
          execArgv: ['--expose-internals', '--no-warnings'],
          env: {},
          argv: [],
          workerData: { ...data, source },
          transferList: [data.port],
          trackUnmanagedFds: false,
          // Else Node pipes the thread's streams into the program's, which opens those and listens to them: a closed pipe, of which
          // the program would never have heard, became an error that ends it. The thread says what it has to say by protocol/say.ts.
          stdout: true,
          stderr: true,
          // What it makes is short-lived or small. V8's own choice, 16 and more, is 20 to 26 MB of the process's peak (a compile on Node
          // 20 and 24), for no less CPU time than the rounds differ by.
          resourceLimits: { maxYoungGenerationSizeMb: 4 },
        }),
    );
  } catch (error) {
    throw new ProfbufError('ERR_PROFBUF_UNAVAILABLE', `no thread could be started: ${String(error)}`, { cause: error });
  }
  worker.unref();
  const ended = new Promise<Error | undefined>((resolve) => {
    // Without a listener the collector's failure would be an uncaught error of the program.
    worker.on('error', resolve);
    worker.on('exit', () => resolve(undefined));
  });
  return { ended, ref: () => worker.ref() };
}

function stopped(): ProfbufError {
  return new ProfbufError('ERR_PROFBUF_STOPPED', 'the profiler was stopped');
}
