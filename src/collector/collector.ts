import { writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Profile } from '../profile/profile.js';
import { Accumulator, type ProfileKind } from './accumulator.js';
import { commentsOf } from './comments.js';
import { farewell, farewellWord, statsOffset, wordsOf } from './control.js';
import { Hottest } from './hottest.js';
import type { CollectorData, CollectorOptions, Request, Response } from './messages.js';
import { nowMicros } from './monotonic-clock.js';
import { replaceFile } from './output-file.js';
import { type ProcessStatus, processStatusFileName } from './process-status.js';
import { Recording } from './recording.js';
import { Sampler } from './sampler.js';
import { SharedStats } from './shared-stats.js';
import { SignalWatch } from './signal-watch.js';

/** With a window's longest age added, the profile on disk is never more than 5 s behind. */
const checkpointMs = 2500;
const statusMs = 250;

/** How long a thread that does not answer is waited for, in milliseconds. */
const patience = {
  /** The main thread waits for us, so it answers; a worker thread may be blocked. */
  exit: 1000,
  /** The program is to die of a signal, and a thread blocked in a system call does not answer. */
  signal: 300,
  finish: 2000,
} as const;

/** How long the main thread has for destroying its end of a session, in milliseconds; see {@link Collector.run}. */
const leaveMs = 50;

interface Collection {
  readonly accumulator: Accumulator;
  readonly timer: NodeJS.Timeout;
}

/** The collector's thread: takes the windows of the sampler, serves who asks for profiles, and writes the run's file. */
export class Collector {
  readonly #port: CollectorData['port'];
  readonly #words: Int32Array;
  readonly #sharedStats: SharedStats;
  readonly #options: CollectorOptions;
  readonly #sampler: Sampler;
  readonly #signals: SignalWatch;
  /** Everyone who adds up windows now. */
  readonly #accumulators = new Set<Accumulator>();
  readonly #collections = new Map<number, Collection>();
  readonly #hottest = new Hottest();
  readonly #notices: string[] = [];
  readonly #timers: NodeJS.Timeout[] = [];
  #sinceTake: Accumulator | undefined;
  #recording: Recording | undefined;
  #startMicros = 0;
  #startedAfterMs = 0;
  #started: Promise<void> = Promise.resolve();
  #finishing: Promise<void> | undefined;
  #state: ProcessStatus['state'] = 'running';
  #reason = '';

  constructor({ port, control, options }: CollectorData) {
    this.#port = port;
    this.#words = wordsOf(control);
    this.#sharedStats = new SharedStats(control, statsOffset);
    this.#options = options;
    this.#sampler = new Sampler({
      sampleRate: options.sampleRate,
      targetPauseMs: options.targetPauseMs,
      isBesideNodesProfiler: options.isBesideNodesProfiler,
      onWindow: (window) => {
        for (const accumulator of this.#accumulators) accumulator.add(window);
        if (options.sessionFolder !== undefined) this.#hottest.add(window);
        this.#shareStats();
      },
    });
    this.#signals = new SignalWatch(this.#words, () => this.#finish(patience.signal));
  }

  /**
   * The thread lives on after sampling, until it hears `leave`: Node's main thread destroys its end of an inspector session
   * some time after it was closed, and aborts the process if the thread of the other end is ending just then.
   */
  run(): void {
    this.#port.on('message', (request: Request) => this.#onRequest(request));
    this.#started = this.#start().catch((error: Error) => this.#giveUp(error.message));
  }

  async #start(): Promise<void> {
    const { output, durationMs, sessionFolder, timeOriginMs, isBesideNodesProfiler } = this.#options;
    this.#startMicros = nowMicros();
    if (output !== undefined) this.#startRecording(output);
    if (isBesideNodesProfiler) {
      this.#notices.push(
        "beside Node's own profiler (--cpu-prof or coverage) there are short gaps every 2 s, and longer pauses",
      );
    }
    // A program that ended before this thread was up has nothing to sample.
    if (Atomics.load(this.#words, farewellWord) === farewell.none) {
      await this.#sampler.start();
      if (!this.#signals.start()) {
        this.#notices.push(
          'this Node lets no other thread see signals: one that ends the program costs the last seconds',
        );
      }
    }
    this.#startMicros = nowMicros();
    this.#startedAfterMs = Date.now() - timeOriginMs;
    this.#shareStats();
    this.#send({ type: 'started' });
    if (this.#recording !== undefined) this.#every(checkpointMs, () => this.#checkpoint());
    if (sessionFolder !== undefined) {
      this.#writeStatus();
      this.#every(statusMs, () => this.#writeStatus());
    }
    if (durationMs !== undefined) {
      this.#timers.push(setTimeout(() => this.#finishWhileRunning(), durationMs));
    }
  }

  #startRecording(output: NonNullable<CollectorOptions['output']>): void {
    const accumulator = this.#newAccumulator('cpu', nowMicros());
    this.#recording = new Recording(
      output,
      () => this.#sampler.totals().samples,
      () => this.#build(accumulator),
    );
  }

  #onRequest(request: Request): void {
    switch (request.type) {
      case 'collect':
        this.#collect(request.id, request.kind, request.seconds);
        break;
      case 'cancel':
        this.#cancel(request.collect);
        break;
      case 'keep':
        this.#sinceTake ??= this.#newAccumulator('cpu', nowMicros());
        this.#send({ type: 'answer', id: request.id });
        break;
      case 'take':
        this.#answer(request.id, this.#take(true));
        break;
      case 'release':
        this.#answer(request.id, this.#take(false));
        break;
      case 'finish':
        this.#finishWhileRunning(() => this.#send({ type: 'answer', id: request.id }));
        break;
      case 'signals':
        this.#signals.update();
        break;
      case 'exit':
        this.#finish(patience.exit).finally(() => this.#sayFarewell());
        break;
      case 'leave':
        setTimeout(() => this.#port.close(), leaveMs);
        break;
    }
  }

  async #finishWhileRunning(answer: () => void = () => {}): Promise<void> {
    await this.#finish(patience.finish);
    // Collections that were to last longer get what there is.
    await Promise.all([...this.#collections.keys()].map((id) => this.#endCollection(id)));
    answer();
    this.#send({ type: 'finished' });
  }

  /** Ends sampling and writes the run's profile, once: the exit, a signal and a request may come together. */
  #finish(patienceMs: number): Promise<void> {
    this.#finishing ??= this.#finishOnce(patienceMs);
    return this.#finishing;
  }

  async #finishOnce(patienceMs: number): Promise<void> {
    await this.#started;
    for (const timer of this.#timers) clearInterval(timer);
    if (this.#state === 'unavailable') return;
    await this.#sampler.finish(patienceMs);
    this.#signals.stop();
    await this.#recording?.write().then(
      () => this.#sayWhatWasWritten(),
      (error: Error) => this.#complain(error),
    );
    this.#state = 'finished';
    if (this.#options.sessionFolder !== undefined) this.#writeStatus();
  }

  #sayFarewell(): void {
    Atomics.store(this.#words, farewellWord, farewell.done);
    Atomics.notify(this.#words, farewellWord);
  }

  /** Sampling is not possible: the program goes on without. */
  #giveUp(reason: string): void {
    this.#state = 'unavailable';
    this.#reason = reason;
    if (this.#options.sessionFolder !== undefined) this.#writeStatus();
    this.#send({ type: 'unavailable', reason });
  }

  async #take(keepsOn: boolean): Promise<Profile> {
    const accumulator = this.#sinceTake;
    if (accumulator === undefined) throw new Error('nothing is kept');
    const now = nowMicros();
    accumulator.endAt(now);
    this.#sinceTake = keepsOn ? this.#newAccumulator('cpu', now) : undefined;
    return this.#complete(accumulator);
  }

  #collect(id: number, kind: ProfileKind, seconds: number): void {
    const accumulator = this.#newAccumulator(kind, nowMicros());
    const timer = setTimeout(() => this.#endCollection(id), seconds * 1000);
    this.#collections.set(id, { accumulator, timer });
  }

  async #endCollection(id: number): Promise<void> {
    const collection = this.#collections.get(id);
    if (collection === undefined) return;
    clearTimeout(collection.timer);
    this.#collections.delete(id);
    collection.accumulator.endAt(nowMicros());
    await this.#answer(id, this.#complete(collection.accumulator));
  }

  #cancel(id: number): void {
    const collection = this.#collections.get(id);
    if (collection === undefined) return;
    clearTimeout(collection.timer);
    this.#collections.delete(id);
    this.#accumulators.delete(collection.accumulator);
  }

  /** Waits until every sample before the accumulator's end is in it. */
  async #complete(accumulator: Accumulator): Promise<Profile> {
    await (this.#finishing ?? this.#sampler.rotate());
    this.#accumulators.delete(accumulator);
    return this.#build(accumulator);
  }

  #newAccumulator(kind: ProfileKind, fromMicros: number): Accumulator {
    const { sampleRate } = this.#options;
    const accumulator = new Accumulator({ kind, sampleRate, fromMicros, before: this.#sampler.totals() });
    this.#accumulators.add(accumulator);
    return accumulator;
  }

  #build(accumulator: Accumulator): Profile {
    const facts = {
      sampleRate: this.#options.sampleRate,
      hasClock: this.#sampler.hasClock,
      totals: this.#sampler.totals(),
      startedAfterMs: this.#startedAfterMs,
      notices: this.#notices,
    };
    return accumulator.build(nowMicros(), commentsOf(accumulator, facts));
  }

  #shareStats(): void {
    this.#sharedStats.write({
      ...this.#sampler.totals(),
      startMicros: this.#startMicros,
      otherSamples: this.#otherSamples(),
      threads: this.#sampler.threads,
      hasClock: this.#sampler.hasClock ? 1 : 0,
    });
  }

  #otherSamples(): number {
    return Math.max(0, ...[...this.#accumulators].map(({ otherSamples }) => otherSamples));
  }

  #checkpoint(): void {
    this.#recording?.checkpoint().catch((error: Error) => this.#complain(error));
  }

  #writeStatus(): void {
    const { processName, argv, output, sessionFolder = '' } = this.#options;
    const totals = this.#sampler.totals();
    const hottest = this.#hottest.read();
    const status: ProcessStatus = {
      version: 1,
      pid: process.pid,
      ppid: process.ppid,
      name: processName,
      argv,
      output: output?.path ?? '',
      state: this.#state,
      ...(this.#state === 'unavailable' ? { reason: this.#reason } : {}),
      elapsedMs: Math.round((nowMicros() - this.#startMicros) / 1000),
      samples: totals.samples,
      cpuNanos: totals.cpuNanos,
      windows: totals.windows,
      lost: { windows: totals.lostWindows, otherSamples: this.#otherSamples(), restarts: totals.restarts },
      longestPauseMs: totals.longestPauseMs,
      notices: this.#notices,
      ...(hottest === undefined ? {} : { hottest }),
    };
    try {
      replaceFile(join(sessionFolder, processStatusFileName(process.pid)), JSON.stringify(status));
    } catch {
      // The command that watched is gone, and its folder with it. The profile does not depend on it.
    }
  }

  #sayWhatWasWritten(): void {
    const { isQuiet, sessionFolder, output } = this.#options;
    if (isQuiet || sessionFolder !== undefined || output === undefined) return;
    const { samples, cpuNanos, lostWindows, longestPauseMs, startPauseMs } = this.#sampler.totals();
    const lost = lostWindows === 0 ? '' : `, ${lostWindows} windows lost`;
    const seconds = (cpuNanos / 1e9).toFixed(2);
    const pauses = `longest pause ${longestPauseMs.toFixed(1)} ms, at the start ${startPauseMs.toFixed(1)} ms`;
    say(`wrote ${output.path}: ${samples} samples, ${seconds} s of CPU time, ${pauses}${lost}`);
  }

  /** The profile cannot be written. Said once: a full disk would fail every checkpoint. */
  #complain({ message }: Error): void {
    const notice = `cannot write the profile: ${message}`;
    if (this.#notices.includes(notice)) return;
    this.#notices.push(notice);
    say(notice);
  }

  #every(milliseconds: number, action: () => void): void {
    this.#timers.push(setInterval(action, milliseconds));
  }

  async #answer(id: number, profile: Promise<Profile>): Promise<void> {
    try {
      const encoded = await (await profile).encode();
      this.#port.postMessage({ type: 'answer', id, profile: encoded } satisfies Response, [encoded.buffer]);
    } catch (error) {
      this.#send({ type: 'failure', id, message: error instanceof Error ? error.message : String(error) });
    }
  }

  #send(response: Response): void {
    this.#port.postMessage(response);
  }
}

/** Straight to the file: this thread's console would go through the application's event loop. */
function say(text: string): void {
  try {
    writeSync(2, `profbuf: ${text}\n`);
  } catch {
    // stderr is closed, or a full pipe that does not block.
  }
}
