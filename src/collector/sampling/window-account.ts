import type { Frame } from '../../profile/frame.js';
import type { CallFrame } from '../../profile/frame-name.js';
import type { Labels } from '../../protocol/label-records.js';
import { nowMicros } from '../../protocol/monotonic-clock.js';
import type { FirstWindow } from '../../protocol/thread-control.js';
import type { ThreadLabels } from '../labels/thread-labels.js';
import type { CpuClock } from './cpu-clock.js';
import { CpuDensities } from './cpu-densities.js';
import { CpuTimeline } from './cpu-timeline.js';
import { CutStacks } from './cut-stacks.js';
import type { TickOwners } from './inlining/tick-owners.js';
import type { FinishedWindow } from './rotation.js';
import { weigh } from './sample-weights.js';
import type { SamplingTotals } from './sampling-totals.js';
import { ThreadWindow } from './thread-window.js';
import { readWindow, type WindowSample } from './window.js';

/** A window this busy, in periods, without a single stack is a sampler that stands still. */
const stuckPeriods = 10;

/**
 * What a thread that waits spends on being sampled, in nanoseconds a sample at most: V8's signals wake it, for 7 µs each (Node
 * 26.10, an idle program at 100 samples a second).
 */
const signalNanos = 30_000;

/** How long after a thread's last sample its time still is that sample's, in periods. */
const tailPeriods = 2;
/** The same if its last window is lost: there may have been another sample in it. */
const lostTailPeriods = 1;

/** A sample that found the thread at work. */
interface BusySample {
  readonly sample: WindowSample;
  readonly frames: readonly Frame[];
  readonly labels: Labels | undefined;
}

export interface WindowAccountOptions {
  /** Empty for the main thread. */
  readonly threadName: string;
  readonly totals: SamplingTotals;
  readonly labels: ThreadLabels;
  /** Where V8 does not know itself what is inlined. */
  readonly tickOwners: TickOwners | undefined;
  /** See {@link WeighedTime.frozenMicros}. */
  readonly frozenMicros: (fromMicros: number, toMicros: number) => number;
  readonly onWindow: (window: ThreadWindow) => void;
  /** Those that V8's sampler has met in a window. */
  readonly onFunctions: (functions: Iterable<CallFrame>) => void;
}

/** Where the time of one thread went: every nanosecond of its clock is in the samples of a window, or in a figure. */
export class WindowAccount {
  readonly #options: WindowAccountOptions;
  #clock: CpuClock | undefined;
  #timeline: CpuTimeline | undefined;
  readonly #densities = new CpuDensities();
  readonly #cutStacks = new CutStacks();
  #lastBusy: BusySample | undefined;
  /** CPU time of a thread that has ended its last window itself. */
  #lastNanos: number | undefined;
  #waitNanos = 0;
  #readMicros = 0;
  /** The thread's CPU time up to which windows have come, or were given up. */
  #settledNanos = 0;
  /** CPU time that had no sample to carry it, for the next one that comes. */
  #owedNanos = 0;
  #lastSampleMicros = 0;
  #windowNanos = 0;
  #windowMicros = 0;
  #emptyWindows = 0;
  #wasIdle = false;

  constructor(options: WindowAccountOptions) {
    this.#options = options;
  }

  /** Whether the operating system tells the CPU time of this thread. */
  get hasClock(): boolean {
    return this.#clock !== undefined;
  }

  /** How many windows in a row, up to the last one, had CPU time and no stack. */
  get emptyWindows(): number {
    return this.#emptyWindows;
  }

  /** How old the running window is, in milliseconds. */
  get ageMs(): number {
    return (nowMicros() - this.#windowMicros) / 1000;
  }

  /** How long the thread has worked in the running window, as of the last look at its clock. */
  get busyMs(): number {
    // A thread that sleeps in a system call has samples without CPU time; they do not grow the tree of stacks.
    if (this.#timeline !== undefined) return (this.#timeline.lastNanos - this.#windowNanos) / 1e6;
    return this.#wasIdle ? 0 : this.ageMs;
  }

  /** How long the thread has worked since it began, likewise; `undefined` where nobody knows. */
  get lifeMs(): number | undefined {
    return this.#timeline && this.#timeline.lastNanos / 1e6;
  }

  /** Looks at the thread's clock from now on. @param clock Which this account closes. */
  watch(clock: CpuClock): void {
    this.#clock = clock;
    const reading = clock.read();
    if (reading === undefined) return;
    this.#timeline = new CpuTimeline(nowMicros(), reading.cpuNanos);
    this.#waitNanos = reading.runQueueWaitNanos;
  }

  /** The first window has begun, which may have been before the account was. */
  begin({ startMicros, spent }: FirstWindow): void {
    this.#lastSampleMicros = startMicros;
    this.#windowMicros = startMicros;
    const begun = spent.cpuNanos >= 0 ? spent : this.#clock?.read();
    if (begun === undefined) return;
    this.#options.totals.outsideNanos = begun.cpuNanos;
    this.#timeline = this.#timeline?.from(startMicros, begun.cpuNanos) ?? new CpuTimeline(startMicros, begun.cpuNanos);
    this.#settledNanos = begun.cpuNanos;
    this.#windowNanos = begun.cpuNanos;
  }

  /**
   * Reads the thread's clock. @returns whether the thread has worked since it was read last, by more than being sampled takes.
   * @param periodNanos Between two samples.
   */
  look(periodNanos: number): boolean {
    const sinceMicros = nowMicros() - this.#readMicros;
    const samples = 1 + (sinceMicros * 1000) / periodNanos;
    return this.read() > samples * signalNanos;
  }

  /** Reads the thread's clock. @returns what the thread has spent since it was read last, in nanoseconds. */
  read(): number {
    const reading = this.#clock?.read();
    if (reading === undefined || this.#timeline === undefined) return 0;
    if (this.#lastNanos !== undefined) {
      // Node takes the thread down by now, which nothing is there to sample.
      this.#options.totals.outsideNanos += Math.max(0, reading.cpuNanos - this.#lastNanos);
      this.#lastNanos = Math.max(reading.cpuNanos, this.#lastNanos);
      return 0;
    }
    const before = this.#timeline.lastNanos;
    this.#readMicros = nowMicros();
    this.#timeline.add(this.#readMicros, reading.cpuNanos);
    this.#options.totals.runQueueWaitNanos += reading.runQueueWaitNanos - this.#waitNanos;
    this.#waitNanos = reading.runQueueWaitNanos;
    return reading.cpuNanos - before;
  }

  /** A window that never came. What was spent in it is in no stack. */
  lose(): void {
    const { totals } = this.#options;
    this.read();
    totals.lostWindows++;
    this.#settleLost();
    this.#startNext();
  }

  /** @param periodNanos Between two samples. */
  async take({ profile, first, lastNanos, isAwaited = false }: FinishedWindow, periodNanos: number): Promise<void> {
    const { threadName, totals, labels, tickOwners, frozenMicros, onWindow, onFunctions } = this.#options;
    if (first !== undefined && this.#windowMicros === 0) this.begin(first);
    if (lastNanos === undefined || lastNanos < 0) this.read();
    else {
      this.#timeline?.add(nowMicros(), lastNanos);
      this.#lastNanos = lastNanos;
    }
    const busyNanos = (this.#timeline?.lastNanos ?? 0) - this.#windowNanos;
    this.#startNext();
    onFunctions(profile.nodes.map(({ callFrame }) => callFrame));
    const ownerOf = await tickOwners?.of(profile, isAwaited);
    const read = readWindow(profile, this.#lastSampleMicros, this.#cutStacks, ownerOf);
    const { cpuNanos, wallNanos, owedNanos } = weigh(read.samples, {
      fromMicros: this.#lastSampleMicros,
      periodMicros: periodNanos / 1000,
      cpu: this.#timeline,
      densities: this.#densities,
      functionOf: ({ stack }) => functionOf(read.stacks[stack]?.[0]),
      owedNanos: this.#owedNanos,
      frozenMicros,
    });
    const carried = cpuNanos.reduce((sum, nanos) => sum + nanos, 0);
    this.#owedNanos = owedNanos;
    this.#settledNanos += carried;
    this.#lastSampleMicros = read.lastMicros;
    const busy = read.samples.reduce((sum, { isIdle }) => sum + (isIdle ? 0 : 1), 0);
    this.#wasIdle = busy === 0;
    const isEmpty = read.samples.length === 0 && busyNanos >= stuckPeriods * periodNanos;
    this.#emptyWindows = isEmpty ? this.#emptyWindows + 1 : 0;
    totals.windows++;
    totals.samples += busy;
    totals.unknownSamples += read.unknownSamples;
    totals.truncatedSamples += read.truncatedSamples;
    totals.idleSamples += read.samples.length - busy;
    totals.cpuNanos += carried;
    const labelled = await labels.of(read.samples);
    const last = read.samples.findLastIndex(({ isIdle }) => !isIdle);
    const sample = read.samples[last];
    if (sample !== undefined)
      this.#lastBusy = { sample, frames: read.stacks[sample.stack] ?? [], labels: labelled[last] };
    onWindow(new ThreadWindow(threadName, read, labelled, cpuNanos, wallNanos));
  }

  /** V8's sampler was started anew. */
  restart(): void {
    this.#emptyWindows = 0;
    this.read();
    this.#startNext();
  }

  /**
   * Nothing comes any more.
   * @param isWhole Whether the last window has come.
   */
  end(periodNanos: number, isWhole: boolean): void {
    const { totals } = this.#options;
    this.read();
    this.#addTail((isWhole ? tailPeriods : lostTailPeriods) * periodNanos);
    if (!isWhole) totals.lostWindows++;
    if (isWhole) totals.unattributedNanos += this.#unsettledNanos();
    else totals.lostNanos += this.#unsettledNanos();
    this.#clock?.close();
    this.#clock = undefined;
    this.#timeline = undefined;
  }

  /** What the thread did after its last sample, before there could be another. */
  #addTail(longestNanos: number): void {
    const nanos = this.#unsettledNanos();
    if (this.#lastBusy === undefined || nanos === 0) return;
    const { sample, frames, labels } = this.#lastBusy;
    const tail = Math.min(nanos, longestNanos);
    const window = { stacks: [frames], samples: [{ ...sample, stack: 0 }] };
    this.#settledNanos += tail;
    this.#options.totals.cpuNanos += tail;
    this.#options.onWindow(new ThreadWindow(this.#options.threadName, window, [labels], [tail], [0], 'no sample'));
  }

  #settleLost(): void {
    const nanos = this.#unsettledNanos();
    this.#options.totals.lostNanos += nanos;
    this.#settledNanos += nanos;
    this.#owedNanos = 0;
    if (this.#timeline !== undefined) this.#timeline = new CpuTimeline(nowMicros(), this.#timeline.lastNanos);
    this.#lastSampleMicros = nowMicros();
  }

  #unsettledNanos(): number {
    return Math.max(0, Math.round((this.#timeline?.lastNanos ?? this.#settledNanos) - this.#settledNanos));
  }

  #startNext(): void {
    this.#windowMicros = nowMicros();
    this.#windowNanos = this.#timeline?.lastNanos ?? 0;
  }
}

function functionOf(leaf: Frame | undefined): string {
  return leaf === undefined ? '(program)' : `${leaf.functionName}\0${leaf.file}\0${leaf.startLine}`;
}
