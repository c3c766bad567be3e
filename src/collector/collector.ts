import { setMaxListeners } from 'node:events';
import type { Frame } from '../profile/frame.js';
import type { Profile } from '../profile/profile.js';
import { diskFiles } from '../profile/source-maps/source-files.js';
import { type OriginalFrames, SourceMaps } from '../profile/source-maps/source-maps.js';
import { noOriginals } from '../profile/source-maps/with-originals.js';
import { farewell, farewellWord, sampled, sampledWord, statsOffset, wordsOf } from '../protocol/control-words.js';
import type { HeapProfileName } from '../protocol/heap-settings.js';
import type { CollectorData, CollectorOptions, ProfileKind } from '../protocol/messages.js';
import { nowMicros } from '../protocol/monotonic-clock.js';
import { say } from '../protocol/say.js';
import { SharedStats } from '../protocol/shared-stats.js';
import type { StallReport } from '../protocol/stall-report.js';
import { ThreadDoors } from '../protocol/thread-doors.js';
import { caughtByNode } from '../protocol/watched-signals.js';
import { within } from '../protocol/within.js';
import type { Service } from './http/service.js';
import { ThreadControl } from './inspector/thread-control.js';
import { LifeCycle } from './life-cycle.js';
import { RunFile, type RunProfile } from './output/run-file.js';
import { allocationSummary, cpuSummary } from './output/run-summary.js';
import { StatusFile } from './output/status-file.js';
import { Collections } from './profiles/collections.js';
import { ProfileSeriesSource } from './profiles/profile-series.js';
import type { ProfileSource, SnapshotName, SnapshotOptions } from './profiles/profile-source.js';
import { Snapshots } from './profiles/snapshots.js';
import type { PushService } from './push/push-service.js';
import { type Answers, Requests, type Word } from './requests.js';
import { Sampler } from './sampling/sampler.js';
import type { ThreadWindow } from './sampling/thread-window.js';
import { SignalWatch } from './signals/signal-watch.js';
import { EarlyTexts } from './source-maps/early-texts.js';
import { RunningTexts } from './source-maps/running-texts.js';
import { stallText } from './stalls/stall-text.js';
import { StallWatch } from './stalls/stall-watch.js';

/** How long a thread that does not answer is waited for, in milliseconds. */
const patience = {
  /** The main thread waits for us, so it answers; a worker thread may be blocked. */
  exit: 1000,
  /** The program is to die of a signal, and a thread blocked in a system call does not answer. */
  signal: 300,
  /** The same for the terminal and pipes that it would leave as nobody else can use them. */
  streams: 100,
  /** The window that a collection ends with, or all of sampling. Without it the profile lacks what the blocked thread did. */
  window: 5000,
  /** Source maps, while the program runs: nobody waits but who has asked for the profile. */
  maps: 10_000,
  /** Those that have not been read before its end, which waits for us. */
  lastMaps: 1000,
} as const;

/** Of Node 24.12 and later; then no window is a console profile. */
const hasProfileHandles = 'startCpuProfile' in process.getBuiltinModule('node:v8');

/** How long the main thread has for destroying its end of a session, in milliseconds; see {@link Collector.run}. */
const leaveMs = 50;

/** What passes profiles on. */
export interface Outside {
  readonly newService: (source: ProfileSource) => Service;
  /** Parsed and run only for those who push. */
  readonly loadPushService: () => typeof PushService;
}

const nothingPushed = { pushedProfiles: 0, queuedProfiles: 0, droppedProfiles: 0 };

/** The collector's thread: begins and ends sampling, and puts together who takes its windows. */
export class Collector implements ProfileSource {
  readonly #words: Int32Array;
  readonly #sharedStats: SharedStats;
  readonly #options: CollectorOptions;
  readonly #outside: Outside;
  readonly #life = new LifeCycle();
  readonly #requests: Requests;
  readonly #sampler: Sampler;
  readonly #signals: SignalWatch;
  readonly #collections: Collections;
  readonly #stallWatch: StallWatch;
  readonly #snapshots: Snapshots;
  readonly #service: Service;
  /** Once something is pushed. */
  #pushes: PushService | undefined;
  readonly #runFile: RunFile | undefined;
  readonly #statusFile: StatusFile | undefined;
  readonly #notices: string[];
  readonly #sources: SourceMaps | undefined;
  readonly #earlyTexts: EarlyTexts | undefined;
  readonly #runningTexts = new RunningTexts(() => this.#sampler.targets);
  #startMicros = 0;
  #startedAfterMs = 0;
  #started: Promise<void> = Promise.resolve();
  #finishing: Promise<void> | undefined;
  /** The last windows. */
  #sampled: Promise<void> | undefined;
  #durationTimer: NodeJS.Timeout | undefined;
  #reportsStalls = false;
  /** The program is to die of a signal of which Node, were it not for us, would have died in its own way. */
  #restoresStreams = false;
  /** Of a file that is written from time to time: what has to be asked of V8 comes with its last one. */
  readonly #knownOriginalsOf = (frames: Iterable<Frame>) => this.#originalsOf(frames, false);
  #stallsSaid: Promise<void> = Promise.resolve();
  #reason = '';

  constructor({ port, control, options }: CollectorData, outside: Outside) {
    const { output, statusPath, isQuiet } = options;
    this.#words = wordsOf(control);
    this.#sharedStats = new SharedStats(control, statsOffset);
    this.#options = options;
    this.#notices = [...options.notices];
    this.#sources = options.sourceMaps
      ? new SourceMaps({ files: diskFiles, runningTexts: (files) => this.#runningTexts.of(files) })
      : undefined;
    this.#earlyTexts = this.#sources && new EarlyTexts(this.#sources);
    const originalsOf = (frames: Iterable<Frame>) => this.#originalsOf(frames);
    this.#requests = new Requests(port, this.#answers(), (word) => this.#onWord(word));
    this.#sampler = new Sampler({
      ...options,
      doors: new ThreadDoors(control),
      // It would switch off what Node measures.
      recompiles: options.recompiles && !options.isBesideNodesProfiler,
      onWindow: (window) => this.#onWindow(window),
      onMainFunctions: (functions) => this.#snapshots.heap.meet(functions),
      onMainUnreachable: () => this.#requests.send({ type: 'unreachable' }),
    });
    // One for every collection under way.
    setMaxListeners(0, this.#life.ending);
    this.#collections = new Collections({
      sampler: this.#sampler,
      sampleRate: options.sampleRate,
      originalsOf,
      pause: (seconds, signal) => this.#life.pause(seconds, signal),
      delivered: async () => {
        await (this.#sampled ?? within(patience.window, this.#sampler.rotate()));
      },
      facts: () => ({
        startedAfterMs: this.#startedAfterMs,
        notices: [...this.#notices, ...(this.#pushes?.comments() ?? [])],
      }),
    });
    this.#stallWatch = new StallWatch({
      words: this.#words,
      rotate: () => this.#sampler.rotate(),
      onStall: (report) => this.#onStall(report),
    });
    this.#snapshots = new Snapshots(this.#sampler, this.#stallWatch, originalsOf);
    this.#outside = outside;
    this.#service = outside.newService(this);
    this.#signals = new SignalWatch(this.#words, (signal) => {
      this.#restoresStreams = caughtByNode.has(signal);
      return this.#finish(patience.signal);
    });
    this.#runFile = output && this.#newRunFile(output, isQuiet, statusPath !== undefined);
    this.#statusFile = statusPath === undefined ? undefined : this.#newStatusFile(statusPath);
  }

  /**
   * The thread lives on after sampling, until it hears `leave`: Node's main thread destroys its end of an inspector session
   * some time after it was closed, and aborts the process if the thread of the other end is ending just then.
   */
  run(): void {
    this.#requests.listen();
    this.#started = this.#start().catch((error: Error) => this.#giveUp(error.message));
    if (this.#options.push !== undefined) this.#pushService().begin(this.#options.push);
  }

  get argv(): readonly string[] {
    return this.#options.argv;
  }

  collect(kind: ProfileKind, seconds: number, signal: AbortSignal): Promise<Profile> {
    return this.#collections.collect(kind, seconds, signal);
  }

  snapshot(name: SnapshotName, options: SnapshotOptions): Promise<Profile> {
    return this.#snapshots.take(name, options);
  }

  count(name: SnapshotName): Promise<number | undefined> {
    return this.#snapshots.count(name);
  }

  hasServer(): Promise<boolean> {
    return this.#snapshots.hasServer();
  }

  change(name: SnapshotName, seconds: number, options: SnapshotOptions, signal: AbortSignal): Promise<Profile> {
    return this.#snapshots.change(name, options, () => this.#life.pause(seconds, signal));
  }

  /** Something went wrong that must not: sampling ends, the program goes on, and what is on disk stays. */
  fail(error: Error): void {
    this.#stopTimers();
    this.#sampler.disconnect();
    this.#signals.stop();
    this.#giveUp(`the collector failed: ${error.stack ?? error.message}`);
    this.#sayFarewell();
  }

  async #start(): Promise<void> {
    const { keepsFromStart, durationMs, isBesideNodesProfiler, beginning } = this.#options;
    this.#startMicros = nowMicros();
    if (keepsFromStart) this.#collections.keep();
    if (isBesideNodesProfiler && !hasProfileHandles) {
      this.#notices.push(
        "beside Node's own profiler (--cpu-prof or coverage) there are short gaps every 2 s, and longer pauses",
      );
    }
    // It answers also while the program's thread is blocked from the beginning.
    const service = this.#service.start();
    // A program that ended before this thread was up has something to fetch only if it has begun by itself.
    if (beginning === 'by itself' || Atomics.load(this.#words, farewellWord) === farewell.none) {
      const sampling = this.#sampler.start();
      // While the program's thread answers, which one that is blocked does not.
      if (!this.#signals.start()) {
        this.#notices.push(
          'this Node lets no other thread see signals: one that ends the program costs the last seconds',
        );
      }
      await sampling;
      await this.#serveHeap(this.#options.heapProfile);
    }
    this.#openMainGate();
    if (this.#life.phase !== 'starting') return;
    const { startedMicros } = this.#sampler.totals();
    this.#startMicros = Number.isFinite(startedMicros) ? startedMicros : nowMicros();
    this.#startedAfterMs = Math.max(0, (this.#startMicros - this.#options.processStartMicros) / 1000);
    this.#shareStats();
    this.#watchStalls(this.#options.stallThresholdMs);
    await service;
    if (!this.#life.enter('running')) return;
    this.#requests.send({ type: 'started' });
    this.#runFile?.startCheckpoints();
    this.#statusFile?.start();
    if (durationMs !== undefined) this.#durationTimer = setTimeout(() => this.#finishWhileRunning(), durationMs);
  }

  #pushService(): PushService {
    this.#pushes ??= this.#newPushService();
    return this.#pushes;
  }

  #newPushService(): PushService {
    const { push: atStart, sampleRate } = this.#options;
    const series = new ProfileSeriesSource(this.#collections, this.#snapshots, () => this.#started);
    const Service = this.#outside.loadPushService();
    return new Service((push) => ({
      push,
      sampleRate,
      series: push.kinds.map((kind) =>
        series.open(kind, push === atStart ? this.#options.processStartMicros : undefined),
      ),
      ending: this.#life.ending,
      onChange: () => this.#shareStats(),
    }));
  }

  /** Lets a main thread that waits until it is sampled go on. */
  #openMainGate(): void {
    const before = Atomics.compareExchange(this.#words, sampledWord, sampled.no, sampled.yes);
    Atomics.notify(this.#words, sampledWord);
    if (before !== sampled.notWaitedFor) return;
    const { beginning, heapProfile } = this.#options;
    const effects = [
      ...(beginning === 'waited for' ? ['code that it had entered before may be under the names of its callers'] : []),
      ...(heapProfile === undefined ? [] : [`what it had allocated before is not in ${heapProfile}`]),
    ];
    this.#notices.push(`the program did not wait any longer for sampling to begin: ${effects.join('; ')}`);
  }

  #newRunFile(output: NonNullable<CollectorOptions['output']>, isQuiet: boolean, isWatched: boolean): RunFile {
    return new RunFile({
      output,
      isQuiet: isQuiet || isWatched,
      isWatched,
      onPlace: () => this.#statusFile?.write(),
      profile: output.kind === 'allocs' ? this.#allocations() : this.#cpuTime(),
      onNotice: (notice) => this.#notices.push(notice),
    });
  }

  #allocations(): RunProfile {
    const { heap } = this.#snapshots;
    return {
      samples: () => heap.allocated.samples,
      build: () => heap.allAllocated(this.#notices, this.#knownOriginalsOf),
      summary: () => allocationSummary(heap.allocated, heap.longestReadMs),
    };
  }

  #cpuTime(): RunProfile {
    // The main thread may have begun before this thread was up.
    const accumulator = this.#collections.open('cpu', this.#options.processStartMicros);
    return {
      samples: () => this.#sampler.totals().samples,
      build: () => this.#collections.build(accumulator, this.#knownOriginalsOf),
      summary: () => cpuSummary(this.#sampler.totals()),
    };
  }

  #newStatusFile(path: string): StatusFile {
    return new StatusFile(path, this.#options, () => ({
      phase: this.#life.phase,
      output: this.#runFile?.path ?? '',
      isWritten: this.#runFile?.isWritten ?? false,
      reason: this.#reason,
      totals: this.#sampler.totals(),
      longestHeapReadMs: this.#snapshots.heap.longestReadMs,
      otherSamples: this.#collections.otherSamples,
      startMicros: this.#startMicros,
      startedAfterMs: this.#startedAfterMs,
      notices: this.#notices,
      shown: (frame) => this.#sources?.knownOriginal(frame) ?? frame,
    }));
  }

  #onWindow(window: ThreadWindow): void {
    if (window.threadName === '') this.#stallWatch.add(window);
    this.#collections.add(window);
    this.#snapshots.add(window);
    if (this.#life.phase === 'running') this.#earlyTexts?.add(window);
    this.#statusFile?.add(window);
    this.#shareStats();
  }

  #answers(): Answers {
    return {
      collect: ({ kind, seconds }, signal) =>
        kind === 'allocs' ? this.change(kind, seconds, { gc: false }, signal) : this.collect(kind, seconds, signal),
      keep: () => {
        this.#collections.keep();
        return undefined;
      },
      take: ({ kind }) => (kind === 'allocs' ? this.#snapshots.heap.take('program') : this.#collections.take(true)),
      release: () => this.#collections.take(false),
      listen: async ({ http }) => {
        const url = await this.#service.listen(http);
        return url === undefined ? undefined : { url };
      },
      push: async ({ push }) => {
        if (push !== undefined || this.#pushes !== undefined) await this.#pushService().ask(push);
        return undefined;
      },
      heap: async ({ name }) => {
        const isServed = await this.#serveHeap(name ?? this.#options.heapProfile);
        await this.#snapshots.heap.keep(isServed && name === 'allocs', 'program');
        return undefined;
      },
      stalls: ({ thresholdMs }) => this.#watchStalls(thresholdMs ?? this.#options.stallThresholdMs),
      serve: async ({ request }, signal) => ({ served: await this.#service.answer(request, signal) }),
      finish: async ({ id }) => {
        await this.#finish(patience.window);
        await this.#requests.answeredBefore(id);
        return this.#collections.takeLast();
      },
    };
  }

  #onWord({ type }: Word): void {
    switch (type) {
      case 'signals':
        this.#signals.update();
        break;
      case 'exit':
        this.#finish(patience.exit).finally(() => this.#sayFarewell());
        break;
      case 'leave':
        setTimeout(() => this.#requests.close(), leaveMs);
        break;
    }
  }

  async #finishWhileRunning(): Promise<void> {
    await this.#finish(patience.window);
    this.#requests.send({ type: 'finished' });
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
    this.#stopTimers();
    if (!this.#life.enter('ending')) return;
    await this.#endCollections(patienceMs);
    this.#signals.stop();
    await Promise.all([this.#runFile?.finish(), this.#pushes?.finish()]);
    this.#life.enter('over');
    this.#statusFile?.write();
  }

  /** Collections that were to last longer get what there is, and whoever waits for one of them gets it whole. */
  async #endCollections(patienceMs: number): Promise<void> {
    this.#stallWatch.stop();
    // What is looked at before and after some time needs the session once more.
    await within(patienceMs, this.#snapshots.settled());
    await this.#endHeap(patienceMs);
    this.#sampled = this.#sampler.finish(patienceMs, async () => {
      await this.#readLastMaps();
      if (this.#restoresStreams) await within(patience.streams, this.#restoreStreams());
    });
    await Promise.allSettled([this.#sampled, this.#collections.settled()]);
    this.#stallWatch.finish();
    await this.#stallsSaid;
    await this.#service.close();
  }

  /** A thread that does not answer, or a stream that is none, is no reason not to end. */
  async #restoreStreams(): Promise<void> {
    try {
      const control = await ThreadControl.attach(this.#sampler.mainThread);
      await control.restoreStreams();
    } catch {
      // They stay as they are.
    }
  }

  /** As long as threads can be asked for texts: profiles that are made later find what they need. */
  async #readLastMaps(): Promise<void> {
    const frames = [...this.#collections.frames(), ...this.#snapshots.heap.frames()];
    await within(patience.lastMaps, this.#originalsOf(frames));
  }

  async #endHeap(patienceMs: number): Promise<void> {
    const { heap } = this.#snapshots;
    if (!heap.isServing) return;
    // V8 may have lost the places of functions that it has met in the last window.
    await within(patienceMs, this.#sampler.rotate());
    const hasEnded = heap.finish().then(
      () => true,
      () => false,
    );
    if (!(await within(patienceMs, hasEnded)))
      this.#notices.push(
        "V8's heap sampler was not read a last time: what was allocated since the time before is not in it",
      );
  }

  #stopTimers(): void {
    clearTimeout(this.#durationTimer);
    this.#runFile?.stopCheckpoints();
    this.#statusFile?.stop();
  }

  /** What a program was started with. That it is not to be had is said, and no reason for the program to fail. */
  async #serveHeap(name: HeapProfileName | undefined): Promise<boolean> {
    try {
      await this.#snapshots.heap.pin(name);
      return true;
    } catch (error) {
      this.#notices.push(error instanceof Error ? error.message : String(error));
      return false;
    }
  }

  #watchStalls(thresholdMs: number | undefined): undefined {
    this.#reportsStalls = thresholdMs !== undefined;
    if (thresholdMs === undefined) return;
    this.#stallWatch.setThreshold(thresholdMs);
    this.#stallWatch.start();
  }

  /** One after the other: maps may have to be read for the first, and not for the second. */
  #onStall(report: StallReport): void {
    this.#stallsSaid = this.#stallsSaid.then(() => this.#sayStall(report));
  }

  async #sayStall(report: StallReport): Promise<void> {
    if (!this.#reportsStalls) return;
    const { frameOf } = await this.#originalsOf(report.stacks.flatMap(({ frames }) => frames));
    const shown = {
      ...report,
      stacks: report.stacks.map((stack) => ({ ...stack, frames: stack.frames.map(frameOf) })),
    };
    say(stallText(shown));
    if (report.isOver) this.#requests.send({ type: 'stall', report: shown });
  }

  /** @param asksForTexts Whether somebody waits for the profile, so that the program may feel that it is made. */
  async #originalsOf(frames: Iterable<Frame>, asksForTexts = true): Promise<OriginalFrames> {
    if (this.#sources === undefined) return noOriginals(frames);
    const patienceMs = this.#life.phase === 'running' ? patience.maps : patience.lastMaps;
    let originals: OriginalFrames;
    try {
      originals = await this.#sources.originalsOf(frames, { patienceMs, asksForTexts });
    } catch (error) {
      // Files are what they are: a profile by the lines that ran is better than none.
      const reason = error instanceof Error ? error.message : String(error);
      return { ...(await noOriginals([])), comments: [`source maps: not used, for reading them failed: ${reason}`] };
    }
    const { longestPauseMs } = this.#runningTexts;
    if (longestPauseMs === 0) return originals;
    const comment = `source maps: V8 was asked for texts that are in no file, which held up a thread for ${longestPauseMs.toFixed(1)} ms at most`;
    return { ...originals, comments: [...originals.comments, comment] };
  }

  #sayFarewell(): void {
    Atomics.store(this.#words, farewellWord, farewell.done);
    Atomics.notify(this.#words, farewellWord);
  }

  /** Sampling is not possible: the program goes on without. */
  #giveUp(reason: string): void {
    this.#openMainGate();
    this.#life.enter('unavailable');
    this.#reason = reason;
    this.#statusFile?.write();
    this.#service.close();
    this.#pushes?.finish();
    this.#requests.send({ type: 'unavailable', reason });
  }

  #shareStats(): void {
    const totals = this.#sampler.totals();
    this.#sharedStats.write({
      ...totals,
      longestPauseMs: Math.max(totals.longestPauseMs, this.#snapshots.heap.longestReadMs),
      startMicros: this.#startMicros,
      otherSamples: this.#collections.otherSamples,
      threads: this.#sampler.threads,
      ...(this.#pushes?.figures ?? nothingPushed),
      hasClock: this.#sampler.hasClock ? 1 : 0,
    });
  }
}
