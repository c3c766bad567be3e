import { setMaxListeners } from 'node:events';
import { join } from 'node:path';
import { replaceFile } from '../profile/output-file.js';
import type { Profile } from '../profile/profile.js';
import { farewell, farewellWord, statsOffset, wordsOf } from '../protocol/control-words.js';
import type { CollectorData, CollectorOptions, ProfileKind, Request, Response } from '../protocol/messages.js';
import { nowMicros } from '../protocol/monotonic-clock.js';
import { type ProcessStatus, processStatusFileName } from '../protocol/process-status.js';
import { say } from '../protocol/say.js';
import { SharedStats } from '../protocol/shared-stats.js';
import type { StallReport } from '../protocol/stall-report.js';
import type { Service } from './http/service.js';
import { Hottest } from './output/hottest.js';
import { Recording } from './output/recording.js';
import { within } from './patience.js';
import { Accumulator } from './profiles/accumulator.js';
import { commentsOf } from './profiles/comments.js';
import type { ProfileSource, SnapshotName, SnapshotOptions } from './profiles/profile-source.js';
import { rateComments } from './profiles/rate-comments.js';
import { Snapshots } from './profiles/snapshots.js';
import { Sampler } from './sampling/sampler.js';
import { SignalWatch } from './signals/signal-watch.js';
import { stallText } from './stalls/stall-text.js';
import { StallWatch } from './stalls/stall-watch.js';

/** With a window's longest age added, the profile on disk is never more than 5 s behind. */
const checkpointMs = 2500;
/** The first ones come sooner: of a program that is killed before them, or ends where nobody is asked, nothing would be left. */
const firstCheckpointsMs = [250, 1000];
const statusMs = 250;

/** How long a thread that does not answer is waited for, in milliseconds. */
const patience = {
  /** The main thread waits for us, so it answers; a worker thread may be blocked. */
  exit: 1000,
  /** The program is to die of a signal, and a thread blocked in a system call does not answer. */
  signal: 300,
  /** The window that a collection ends with, or all of sampling. Without it the profile lacks what the blocked thread did. */
  window: 5000,
} as const;

/** How long the main thread has for destroying its end of a session, in milliseconds; see {@link Collector.run}. */
const leaveMs = 50;

/** The collector's thread: takes the windows of the sampler, serves who asks for profiles, and writes the run's file. */
export class Collector implements ProfileSource {
  readonly #port: CollectorData['port'];
  readonly #words: Int32Array;
  readonly #sharedStats: SharedStats;
  readonly #options: CollectorOptions;
  readonly #sampler: Sampler;
  readonly #signals: SignalWatch;
  /** Everyone who adds up windows now. */
  readonly #accumulators = new Set<Accumulator>();
  /** What the application asked for, by number. */
  readonly #questions = new Map<number, { readonly cancel: AbortController; readonly answered: Promise<void> }>();
  /** Collections under way. */
  readonly #collections = new Set<Promise<Profile>>();
  readonly #stallWatch: StallWatch;
  readonly #snapshots: Snapshots;
  readonly #service: Service;
  /** Aborted when sampling is about to end. */
  readonly #ending = new AbortController();
  readonly #hottest = new Hottest();
  readonly #notices: string[] = [];
  readonly #timers: NodeJS.Timeout[] = [];
  #sinceTake: Accumulator | undefined;
  #recording: Recording | undefined;
  #startMicros = 0;
  #startedAfterMs = 0;
  #started: Promise<void> = Promise.resolve();
  #finishing: Promise<void> | undefined;
  /** The last windows. */
  #sampled: Promise<void> | undefined;
  #reportsStalls = false;
  #state: ProcessStatus['state'] = 'running';
  #reason = '';

  /** @param serve Makes what passes the profiles on to the outside. */
  constructor({ port, control, options }: CollectorData, serve: (source: ProfileSource) => Service) {
    this.#port = port;
    this.#words = wordsOf(control);
    this.#sharedStats = new SharedStats(control, statsOffset);
    this.#options = options;
    this.#sampler = new Sampler({
      sampleRate: options.sampleRate,
      targetPauseMs: options.targetPauseMs,
      isBesideNodesProfiler: options.isBesideNodesProfiler,
      labelBufferWords: options.labelBufferWords,
      onWindow: (window) => {
        if (window.threadName === '') this.#stallWatch.add(window);
        for (const accumulator of this.#accumulators) accumulator.add(window);
        this.#snapshots.add(window);
        if (options.sessionFolder !== undefined) this.#hottest.add(window);
        this.#shareStats();
      },
    });
    // One for every collection under way.
    setMaxListeners(0, this.#ending.signal);
    this.#stallWatch = new StallWatch({
      words: this.#words,
      rotate: () => this.#sampler.rotate(),
      onStall: (report) => this.#onStall(report),
    });
    this.#snapshots = new Snapshots(this.#sampler, this.#stallWatch);
    this.#service = serve(this);
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

  get argv(): readonly string[] {
    return this.#options.argv;
  }

  collect(kind: ProfileKind, seconds: number, signal: AbortSignal): Promise<Profile> {
    const collection = this.#collect(kind, seconds, signal);
    this.#collections.add(collection);
    const forget = () => this.#collections.delete(collection);
    collection.then(forget, forget);
    return collection;
  }

  snapshot(name: SnapshotName, options: SnapshotOptions): Promise<Profile> {
    return this.#snapshots.take(name, options);
  }

  count(name: SnapshotName): Promise<number | undefined> {
    return this.#snapshots.count(name);
  }

  pause(seconds: number, signal: AbortSignal): Promise<void> {
    const ending = this.#ending.signal;
    return new Promise((resolve, reject) => {
      const settle = (action: () => void) => () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', abort);
        ending.removeEventListener('abort', end);
        action();
      };
      const end = settle(resolve);
      const abort = settle(() => reject(signal.reason));
      const timer = setTimeout(end, seconds * 1000);
      signal.addEventListener('abort', abort);
      ending.addEventListener('abort', end);
      if (signal.aborted) abort();
      else if (ending.aborted) end();
    });
  }

  /** Something went wrong that must not: sampling ends, the program goes on, and what is on disk stays. */
  fail(error: Error): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.#sampler.disconnect();
    this.#signals.stop();
    this.#giveUp(`the collector failed: ${error.stack ?? error.message}`);
    this.#sayFarewell();
  }

  async #start(): Promise<void> {
    const { output, keepsFromStart, durationMs, sessionFolder, timeOriginMs, isBesideNodesProfiler } = this.#options;
    this.#startMicros = nowMicros();
    if (output !== undefined) this.#startRecording(output);
    if (keepsFromStart) this.#sinceTake = this.#newAccumulator('cpu', this.#startMicros);
    if (isBesideNodesProfiler) {
      this.#notices.push(
        "beside Node's own profiler (--cpu-prof or coverage) there are short gaps every 2 s, and longer pauses",
      );
    }
    // It answers also while the program's thread is blocked from the beginning.
    const service = this.#service.start();
    // A program that ended before this thread was up has nothing to sample.
    if (Atomics.load(this.#words, farewellWord) === farewell.none) {
      const sampling = this.#sampler.start();
      // While the program's thread answers, which one that is blocked does not.
      if (!this.#signals.start()) {
        this.#notices.push(
          'this Node lets no other thread see signals: one that ends the program costs the last seconds',
        );
      }
      await sampling;
    }
    if (this.#ending.signal.aborted) return;
    this.#startMicros = nowMicros();
    this.#startedAfterMs = Math.max(0, Date.now() - timeOriginMs);
    this.#shareStats();
    if (this.#options.samplesHeap) this.#startHeap();
    this.#watchStalls(this.#options.stallThresholdMs);
    await service;
    this.#send({ type: 'started' });
    if (this.#recording !== undefined) {
      for (const ms of firstCheckpointsMs) this.#timers.push(setTimeout(() => this.#checkpoint(), ms));
      this.#every(checkpointMs, () => this.#checkpoint());
    }
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
        this.#question(request.id, (signal) =>
          this.#answer(request.id, this.collect(request.kind, request.seconds, signal)),
        );
        break;
      case 'listen':
        this.#question(request.id, async () => {
          const url = await this.#service.listen(request.http);
          this.#send({ type: 'answer', id: request.id, ...(url === undefined ? {} : { url }) });
        });
        break;
      case 'heap':
        this.#startHeap();
        this.#send({ type: 'answer', id: request.id });
        break;
      case 'stalls':
        this.#watchStalls(request.thresholdMs ?? this.#options.stallThresholdMs);
        this.#send({ type: 'answer', id: request.id });
        break;
      case 'serve':
        this.#question(request.id, async (signal) =>
          this.#send({ type: 'answer', id: request.id, served: await this.#service.answer(request.request, signal) }),
        );
        break;
      case 'cancel':
        this.#questions.get(request.request)?.cancel.abort();
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
        this.#finishWhileRunning(() => this.#answer(request.id, this.#takeLast()));
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

  async #finishWhileRunning(answer: () => Promise<void> = async () => {}): Promise<void> {
    await this.#finish(patience.window);
    await Promise.all([...this.#questions.values()].map(({ answered }) => answered));
    await answer();
    this.#send({ type: 'finished' });
  }

  /** Ends sampling and writes the run's profile, once: the exit, a signal and a request may come together. */
  #finish(patienceMs: number): Promise<void> {
    this.#finishing ??= this.#finishOnce(patienceMs);
    return this.#finishing;
  }

  async #finishOnce(patienceMs: number): Promise<void> {
    const hasStarted = await within(
      patienceMs,
      this.#started.then(() => true),
    );
    if (!hasStarted)
      this.#notices.push('sampling had not begun: the program was blocked, and lets nobody in meanwhile');
    for (const timer of this.#timers) clearInterval(timer);
    if (this.#state === 'unavailable') return;
    await this.#endCollections(patienceMs);
    this.#signals.stop();
    await this.#recording?.write().then(
      () => this.#sayWhatWasWritten(),
      (error: Error) => this.#complain(error),
    );
    this.#state = 'finished';
    if (this.#options.sessionFolder !== undefined) this.#writeStatus();
  }

  /** Collections that were to last longer get what there is, and whoever waits for one of them gets it whole. */
  async #endCollections(patienceMs: number): Promise<void> {
    this.#ending.abort();
    this.#stallWatch.stop();
    // What is looked at before and after some time needs the session once more.
    await within(patienceMs, this.#snapshots.settled());
    this.#snapshots.heap.stop();
    this.#sampled = this.#sampler.finish(patienceMs);
    await Promise.allSettled([this.#sampled, ...this.#collections]);
    this.#stallWatch.finish();
    await this.#service.close();
  }

  #startHeap(): void {
    this.#snapshots.heap.start().catch(({ message }: Error) => this.#notices.push(message));
  }

  #watchStalls(thresholdMs: number | undefined): void {
    this.#reportsStalls = thresholdMs !== undefined;
    if (thresholdMs === undefined) return;
    this.#stallWatch.setThreshold(thresholdMs);
    this.#stallWatch.start();
  }

  #onStall(report: StallReport): void {
    if (!this.#reportsStalls) return;
    say(stallText(report));
    if (report.isOver) this.#send({ type: 'stall', report });
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
    this.#service.close();
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

  /** After the end of sampling: all that came since the last take, up to the last sample. */
  async #takeLast(): Promise<Profile> {
    if (this.#sinceTake === undefined) throw new Error('nothing is kept');
    return this.#build(this.#sinceTake);
  }

  #question(id: number, answer: (signal: AbortSignal) => Promise<void>): void {
    const cancel = new AbortController();
    const answered = answer(cancel.signal).finally(() => this.#questions.delete(id));
    this.#questions.set(id, { cancel, answered });
  }

  async #collect(kind: ProfileKind, seconds: number, signal: AbortSignal): Promise<Profile> {
    const accumulator = this.#newAccumulator(kind, nowMicros());
    try {
      await this.pause(seconds, signal);
    } catch (error) {
      this.#accumulators.delete(accumulator);
      throw error;
    }
    accumulator.endAt(nowMicros());
    return this.#complete(accumulator);
  }

  /** Waits until every sample before the accumulator's end is in it. */
  async #complete(accumulator: Accumulator): Promise<Profile> {
    await (this.#sampled ?? within(patience.window, this.#sampler.rotate()));
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
      startPauseMs: totals.startPauseMs,
      startedAfterMs: this.#startedAfterMs,
      longestPauseMs: totals.longestPauseMs,
      endPauseMs: totals.endPauseMs,
      notices: [...rateComments(totals, this.#options.sampleRate), ...this.#notices],
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
    const { samples, cpuNanos, lostWindows, startPauseMs, longestPauseMs, endPauseMs } = this.#sampler.totals();
    const lost = lostWindows === 0 ? '' : `, ${lostWindows} windows lost`;
    const seconds = (cpuNanos / 1e9).toFixed(2);
    const ends = `at the start ${startPauseMs.toFixed(1)} ms, at the end ${endPauseMs.toFixed(1)} ms`;
    const pauses = `longest pause ${longestPauseMs.toFixed(1)} ms, ${ends}`;
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
