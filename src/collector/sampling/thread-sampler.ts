import { setTimeout } from 'node:timers/promises';
import { nowMicros } from '../../protocol/monotonic-clock.js';
import type { Target } from '../inspector/target.js';
import { LostContextError, RefusedCommandError, ThreadControl } from '../inspector/thread-control.js';
import type { LabelChannel } from '../labels/label-channel.js';
import { ThreadLabels } from '../labels/thread-labels.js';
import { within } from '../patience.js';
import { CpuClock } from './cpu-clock.js';
import { OverlappedRotation } from './overlapped-rotation.js';
import { RestartedRotation } from './restarted-rotation.js';
import type { FinishedWindow, Rotation } from './rotation.js';
import { SampleRate } from './sample-rate.js';
import { SamplingTotals } from './sampling-totals.js';
import { ThreadWindow } from './thread-window.js';
import { readWindow } from './window.js';
import { WindowLength } from './window-length.js';

export interface ThreadSamplerOptions {
  /** Empty for the main thread. */
  readonly threadName: string;
  readonly sampleRate: number;
  readonly targetPauseMs: number;
  /** Whether Node itself uses V8's profiler in this process. */
  readonly isBesideNodesProfiler: boolean;
  /** Capacity of the thread's ring of label switches, in words of 8 bytes. */
  readonly labelBufferWords: number;
  readonly labelChannel: LabelChannel;
  readonly onWindow: (window: ThreadWindow) => void;
}

/** The longest that one window may last at all. Ending one wakes the thread's event loop, so an idle one is left alone. */
const longestIdleMs = 2000;
/** A window this busy, in periods, without a single stack is a sampler that stands still. */
const stuckPeriods = 10;
/** How many such windows in a row it takes. */
const stuckWindows = 2;
/** Until a command that failed is tried again, in milliseconds. */
const retryMs = 10;

/** A command fails when its thread ends meanwhile; the end of its session says so too, and counts what was lost. */
export function ignoreEndedThread(): void {}

/** Samples one thread: begins and ends its windows, and knows what they cost. */
export class ThreadSampler {
  readonly totals = new SamplingTotals();
  readonly #target: Target;
  readonly #options: ThreadSamplerOptions;
  readonly #rate: SampleRate;
  /** In samples a second. */
  #rotationRate = 0;
  #control: ThreadControl | undefined;
  /** What the thread's label switches say about its samples. */
  readonly labels: ThreadLabels;
  #rotation: Rotation | undefined;
  #clock: CpuClock | undefined;
  #windowLength: WindowLength | undefined;
  /** 0: there is none. */
  #windowStartMicros = 0;
  #lastSampleMicros = 0;
  #lastEndMicros = 0;
  /** CPU time of windows that had no sample to carry it, for the next sample that comes. */
  #owedNanos = 0;
  #emptyWindows = 0;
  /** The program has ended a window of ours. */
  #isInterrupted = false;
  /** The thread is about to end, and has ended its last window. */
  #isLeaving = false;
  /** Node takes the inspector's context away when a program sends itself a signal that it has no listener for. */
  #hasContext = true;
  #wasIdle = false;
  /** When the next command may be sent. */
  #notBeforeMicros = 0;
  #starting: Promise<void> | undefined;
  #ending: Promise<void> | undefined;
  #delivery: Promise<void> | undefined;
  #isOver = false;

  constructor(target: Target, options: ThreadSamplerOptions) {
    this.#target = target;
    this.#options = options;
    this.labels = new ThreadLabels(options, this.totals);
    this.#rate = new SampleRate(options.sampleRate, options.targetPauseMs);
  }

  /** Empty for the main thread. */
  get threadName(): string {
    return this.#options.threadName;
  }

  /** Whether the operating system tells the CPU time of this thread. */
  get hasClock(): boolean {
    return this.#clock !== undefined;
  }

  start(): Promise<void> {
    this.#starting = this.#start();
    return this.#starting;
  }

  async #start(): Promise<void> {
    const control = await this.#insist(() => ThreadControl.attach(this.#target));
    const threadId = await this.#insist(() => control.threadId());
    // Before the first sample, so that none is without its labels.
    await this.#insist(() => this.labels.start(control));
    const clock = CpuClock.open(threadId);
    const rotation = await this.#insist(() => this.#startRotation(control, clock)).catch((error: Error) => {
      clock?.close();
      throw error;
    });
    if (this.#isOver) {
      clock?.close();
      return;
    }
    this.totals.startPauseMs = rotation.startPauseMs;
    // What the start has cost is no CPU time of the program's.
    clock?.advance();
    this.#clock = clock;
    this.#control = control;
    this.#rotation = rotation;
    this.#windowStartMicros = nowMicros();
    this.#lastEndMicros = this.#windowStartMicros;
  }

  async #startRotation(control: ThreadControl, clock: CpuClock | undefined): Promise<Rotation> {
    await this.#target.post('Profiler.enable');
    await this.#target.post('Profiler.setSamplingInterval', { interval: this.#rate.intervalMicros });
    this.#rotationRate = this.#rate.perSecond;
    const rotation =
      this.#options.isBesideNodesProfiler || this.#isInterrupted || !this.#hasContext
        ? await RestartedRotation.start(this.#target, clock)
        : await OverlappedRotation.start(this.#target, control, clock, {
            onInterrupted: () => this.#onInterrupted(),
            onLeaving: () => this.#onLeaving(),
          });
    this.#windowLength = new WindowLength(rotation, this.#rate.intervalMicros, this.#options.targetPauseMs);
    return rotation;
  }

  /**
   * Milliseconds until the window can have become long enough, or expensive enough, to end: 0 or less when it has. No
   * thread spends CPU time faster than time passes, so nobody needs to look earlier.
   */
  untilDueMs(): number {
    if (this.#control === undefined || this.#isOver || this.#isLeaving || this.#ending !== undefined)
      return longestIdleMs;
    const untilRetryMs = (this.#notBeforeMicros - nowMicros()) / 1000;
    // A restart has failed.
    if (this.#rotation === undefined || this.#windowLength === undefined) return untilRetryMs;
    const untilLongMs = Math.min(this.#windowLength.ms - this.#busyMs(), longestIdleMs - this.#ageMs());
    return Math.max(untilRetryMs, untilLongMs);
  }

  #ageMs(): number {
    return (nowMicros() - this.#windowStartMicros) / 1000;
  }

  /** How long the thread has worked in this window. */
  #busyMs(): number {
    // A thread that sleeps in a system call has samples without CPU time; they do not grow the tree of stacks.
    const clockNanos = this.#clock?.peek()?.cpuNanos;
    if (clockNanos !== undefined) return clockNanos / 1e6;
    return this.#wasIdle ? 0 : this.#ageMs();
  }

  /** Ends the window and begins the next. While the thread is blocked in native code the answer is late, not lost. */
  async rotate(): Promise<void> {
    // A window that is being ended already may lack what was sampled since.
    await this.#ending?.catch(ignoreEndedThread);
    await this.#endBy(() => this.#rotate());
  }

  #endBy(work: () => Promise<void>): Promise<void> {
    this.#ending ??= work()
      .catch((error: Error) => {
        this.#notBeforeMicros = nowMicros() + retryMs * 1000;
        throw error;
      })
      .finally(() => {
        this.#ending = undefined;
      });
    return this.#ending;
  }

  #onInterrupted(): void {
    if (this.#isInterrupted) return;
    this.#isInterrupted = true;
    // Otherwise whoever ends a window just now sees to it.
    if (this.#ending === undefined) this.#endBy(() => this.#recover()).catch(ignoreEndedThread);
  }

  #onLeaving(): void {
    this.#isLeaving = true;
    // Otherwise what is there is taken when the thread has ended.
    if (this.#ending === undefined) this.#endBy(() => this.#deliverLeftovers()).catch(ignoreEndedThread);
  }

  /** What was sampled until the program ended the window is there; it only has to be fetched. */
  async #recover(): Promise<void> {
    await this.#deliverLeftovers();
    if (!this.#isOver) await this.#restart();
  }

  /** Ends the last window. It counts as lost when the thread does not answer for `patienceMs`. */
  async finish(patienceMs: number): Promise<void> {
    const isWhole = await within(
      patienceMs,
      this.#finish().then(
        () => true,
        () => false,
      ),
    );
    if (isWhole) return;
    this.abandon();
    // A window that was fetched, and waits for the thread to say what its labels are, goes without.
    await this.delivered();
  }

  /** Resolves when a window that is being delivered now has been. */
  async delivered(): Promise<void> {
    await this.#delivery?.catch(() => {});
  }

  /** The thread has ended, or does not answer. Its last window is lost, unless it was on its way already. */
  abandon(): void {
    if (this.#isOver) return;
    this.labels.abandon();
    const leftover = this.#rotation?.leftover();
    if (leftover !== undefined) this.#delivery = this.#deliverAll(leftover);
    else if (this.#windowStartMicros > 0 && !this.#isLeaving) this.totals.lostWindows++;
    this.totals.unattributedNanos += this.#clock?.advance()?.cpuNanos ?? 0;
    this.#close();
  }

  async #finish(): Promise<void> {
    // A profile that begins after we have gone would run for ever.
    await this.#starting?.catch(ignoreEndedThread);
    await this.#ending?.catch(ignoreEndedThread);
    const rotation = this.#rotation;
    const finished = rotation && !this.#isLeaving ? await this.#insist(() => rotation.finish()) : undefined;
    if (this.#isOver) return;
    this.totals.endPauseMs = finished?.pauseMs ?? 0;
    if (rotation === undefined || this.#isLeaving)
      this.totals.unattributedNanos += this.#clock?.advance()?.cpuNanos ?? 0;
    else await this.#deliver(finished);
    await this.#deliverLeftovers();
    if (this.#isOver) return;
    this.#close();
    await this.labels.stop();
  }

  /** Sends a command again and again while the thread is too deep in its stack for it. */
  async #insist<Result>(command: () => Promise<Result>): Promise<Result> {
    for (;;) {
      try {
        return await command();
      } catch (error) {
        if (this.#isOver || !(error instanceof RefusedCommandError)) throw error;
        await setTimeout(retryMs);
      }
    }
  }

  async #rotate(): Promise<void> {
    if (this.#isLeaving) return;
    if (this.#rotation === undefined) {
      if (this.#control !== undefined && !this.#isOver) await this.#restart();
      return;
    }
    const busyMs = this.#busyMs();
    const finished = await this.#rotation.rotate().catch((error: Error) => {
      if (!(error instanceof LostContextError)) throw error;
      this.#hasContext = false;
      this.totals.lostContexts++;
      return undefined;
    });
    if (this.#isOver) return;
    const pauseMs = finished?.pauseMs ?? 0;
    const shortestMs = this.#windowLength?.isShortest ? this.#windowLength.ms : undefined;
    if (finished !== undefined) {
      this.totals.addPause(pauseMs);
      this.#windowLength?.learn(pauseMs, busyMs);
    }
    await this.#deliver(finished);
    await this.#deliverLeftovers();
    if (this.#isOver) return;
    if (this.#isNewlyInterrupted()) await this.#recover();
    else if (shortestMs !== undefined && this.#isTooDear(pauseMs, busyMs, shortestMs)) await this.#restart();
    else if (this.#emptyWindows >= stuckWindows || finished === undefined) await this.#restart();
  }

  #close(): void {
    this.#isOver = true;
    this.totals.unattributedNanos += this.#owedNanos;
    this.#rotation = undefined;
    this.#clock?.close();
    this.#clock = undefined;
  }

  async #deliverLeftovers(): Promise<void> {
    const leftover = this.#rotation?.leftover();
    if (leftover !== undefined) await this.#deliverAll(leftover);
  }

  /** Delivers what the rotation has finished, one after the other. */
  async #deliverAll(first: FinishedWindow): Promise<void> {
    const rotation = this.#rotation;
    for (let next: FinishedWindow | undefined = first; next !== undefined; next = rotation?.leftover())
      await this.#deliver(next);
  }

  #deliver(finished: FinishedWindow | undefined): Promise<void> {
    this.#delivery = this.#deliverOne(finished);
    return this.#delivery;
  }

  async #deliverOne(finished: FinishedWindow | undefined): Promise<void> {
    const { totals } = this;
    this.#windowStartMicros = nowMicros();
    const spent = this.#clock?.advance();
    totals.runQueueWaitNanos += spent?.runQueueWaitNanos ?? 0;
    if (finished === undefined) {
      totals.lostWindows++;
      this.#owedNanos += spent?.cpuNanos ?? 0;
      return;
    }
    const { profile } = finished;
    const read = readWindow(profile, this.#lastSampleMicros);
    const busy = read.samples.reduce((sum, { isIdle }) => sum + (isIdle ? 0 : 1), 0);
    const periodNanos = this.#rate.intervalMicros * 1000;
    const cpuNanos = spent === undefined ? busy * periodNanos : spent.cpuNanos + this.#owedNanos;
    const wallNanos = Math.max(0, Math.round(profile.endTime - this.#lastEndMicros)) * 1000;
    this.#owedNanos = busy === 0 ? cpuNanos : 0;
    const isEmpty = read.samples.length === 0 && (spent?.cpuNanos ?? 0) >= stuckPeriods * periodNanos;
    this.#emptyWindows = isEmpty ? this.#emptyWindows + 1 : 0;
    this.#wasIdle = busy === 0;
    this.#lastSampleMicros = read.lastMicros;
    this.#lastEndMicros = profile.endTime;
    totals.windows++;
    totals.samples += busy;
    totals.idleSamples += read.samples.length - busy;
    if (busy > 0) totals.cpuNanos += cpuNanos;
    const labels = await this.labels.of(read.samples);
    this.#options.onWindow(new ThreadWindow(this.#options.threadName, read, labels, cpuNanos, wallNanos));
  }

  #isTooDear(pauseMs: number, busyMs: number, plannedMs: number): boolean {
    // What a restarted rotation holds up the thread does not depend on the rate.
    return this.#rotation instanceof OverlappedRotation && this.#rate.learn(pauseMs, busyMs, plannedMs);
  }

  #isNewlyInterrupted(): boolean {
    return this.#isInterrupted && this.#rotation instanceof OverlappedRotation;
  }

  async #restart(): Promise<void> {
    const isInterrupted = this.#isNewlyInterrupted();
    const isLowered = this.#rate.perSecond < this.#rotationRate;
    this.#emptyWindows = 0;
    // Nothing can be lost until the new one has begun.
    this.#rotation = undefined;
    this.#windowStartMicros = 0;
    await this.#target.post('Profiler.disable');
    if (this.#control === undefined) return;
    const rotation = await this.#startRotation(this.#control, this.#clock);
    if (this.#isOver) return;
    this.totals.addPause(rotation.startPauseMs);
    this.#rotation = rotation;
    this.#windowStartMicros = nowMicros();
    this.totals.restarts++;
    if (isInterrupted) this.totals.interruptions++;
    else if (isLowered) this.totals.rateReductions++;
    if (isLowered) this.totals.lowestRate = this.#rate.perSecond;
  }
}
