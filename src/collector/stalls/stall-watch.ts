import { readlinkSync } from 'node:fs';
import { answerWord, beatWord } from '../../protocol/control-words.js';
import { nowMicros } from '../../protocol/monotonic-clock.js';
import { defaultThresholdMs, type StallReport } from '../../protocol/stall-report.js';
import { within } from '../../protocol/within.js';
import { CpuClock } from '../sampling/cpu-clock.js';
import type { ThreadWindow } from '../sampling/thread-window.js';
import { BlockProfile } from './block-profile.js';
import { Stall } from './stall.js';

/** How often the watch looks, in milliseconds: at whether a beat is due, and at whether one was answered. */
const idleTickMs = 20;
const pendingTickMs = 10;
/** The time between two beats while the thread works. A stall is noticed so much late at most, and a tick. */
const beatMicros = 25_000;
/** The time between two beats at most, if the thread does not work. */
const restMicros = 1_000_000;
/** A thread that has spent so little since a beat has done no more than answer it, and waits for events. */
const answerNanos = 300_000;
/** A tick that comes so late, though nothing kept this thread from it, shows that the process was stopped, or the machine. */
const asleepMicros = 100_000;
/** How long a message about a stall may wait for the thread's stacks, in milliseconds. */
const stackPatienceMs = 100;
/** The first report comes when a stall is noticed, and the next one when it has lasted so long, or twice as long. */
const secondReportMicros = 1_000_000;

export interface StallWatchOptions {
  readonly words: Int32Array;
  /** Brings the windows up to date. */
  readonly rotate: () => Promise<void>;
  /** Called when a stall is noticed, while it goes on each time that it has lasted twice as long, and when it is over. */
  readonly onStall: (report: StallReport) => void;
}

/**
 * Sees from outside whether the event loop of the main thread turns, and whose stacks hold it when it does not.
 *
 * A beat is a word in shared memory on which the main thread waits asynchronously: the engine runs the continuation, which
 * answers with another word, when the loop turns. An unanswered beat is a loop that has not turned since. The thread is
 * left alone while it waits for events: one that has spent no CPU time since it answered cannot have gone elsewhere.
 * Where the system does not tell a thread's CPU time, beats are regular and wake an idle loop 40 times a second.
 */
export class StallWatch {
  readonly block = new BlockProfile();
  readonly #options: StallWatchOptions;
  #thresholdMicros = 0;
  #clock: CpuClock | undefined;
  /** Of this thread. */
  #ownClock: CpuClock | undefined;
  #timer: NodeJS.Timeout | undefined;
  #beat = 0;
  #isPending = false;
  #sentMicros = 0;
  #tickMicros = 0;
  /** Windows that may hold the beginning of a stall which is not noticed yet. */
  #recent: ThreadWindow[] = [];
  #stall: Stall | undefined;
  /** Those that are over, but whose last window is on its way. */
  readonly #ending = new Set<Stall>();
  #nextReportMicros = 0;
  #stalls = 0;

  constructor(options: StallWatchOptions) {
    this.#options = options;
  }

  get isRunning(): boolean {
    return this.#timer !== undefined;
  }

  /** Stalls so far. */
  get stalls(): number {
    return this.#stalls;
  }

  start(): void {
    if (this.isRunning) return;
    if (this.#thresholdMicros === 0) this.setThreshold(defaultThresholdMs);
    // The main thread has the number of the process.
    this.#clock = CpuClock.open(process.pid);
    this.#ownClock = CpuClock.open(ownThreadId());
    this.#tickMicros = nowMicros();
    this.#send(this.#tickMicros);
    this.#tick();
  }

  setThreshold(milliseconds: number): void {
    this.#thresholdMicros = milliseconds * 1000;
  }

  /** Looks no more: the main thread is about to wait for this one. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#clock?.close();
    this.#clock = undefined;
    this.#ownClock?.close();
    this.#ownClock = undefined;
    this.#stall?.end(nowMicros());
  }

  /** After {@link stop} and the last window: a stall that goes on is over as far as can be said. */
  finish(): void {
    const stall = this.#stall;
    this.#stall = undefined;
    if (stall !== undefined) this.#finish(stall);
  }

  /** Takes a window of the main thread. */
  add(window: ThreadWindow): void {
    if (!this.isRunning && this.#stall === undefined) return;
    for (const stall of this.#ending) this.#take(stall, window);
    if (this.#stall !== undefined) {
      this.#take(this.#stall, window);
      return;
    }
    const from = this.#isPending ? this.#sentMicros : nowMicros();
    this.#recent = this.#recent.filter((window) => lastMicros(window) >= from);
    this.#recent.push(window);
  }

  /** What the block profile says about itself. */
  comments(): string[] {
    const thresholdMs = this.#thresholdMicros / 1000;
    return [
      `event loop of the main thread: ${this.#stalls} stalls of ${thresholdMs} ms and more since it is watched`,
      ...(this.#clock === undefined && this.isRunning
        ? ['this system tells no CPU time: an idle loop is woken, too']
        : []),
    ];
  }

  #tick(): void {
    const now = nowMicros();
    const sinceTick = now - this.#tickMicros;
    this.#tickMicros = now;
    // What kept this thread busy, or from a processor, kept the time running for the other one.
    const { cpuNanos = 0, runQueueWaitNanos = 0 } = this.#ownClock?.advance() ?? {};
    const missingMicros = sinceTick - (cpuNanos + runQueueWaitNanos) / 1000;
    if (missingMicros > asleepMicros) this.#sleptFor(missingMicros);
    if (this.#isPending) this.#look(now);
    else if (this.#isDue(now)) this.#send(now);
    this.#timer = setTimeout(() => this.#tick(), this.#isPending ? pendingTickMs : idleTickMs);
  }

  #isDue(now: number): boolean {
    const age = now - this.#sentMicros;
    if (age < beatMicros - 1000) return false;
    const spentNanos = this.#clock?.peek()?.cpuNanos ?? Number.POSITIVE_INFINITY;
    return age >= restMicros || spentNanos > answerNanos;
  }

  #send(now: number): void {
    const { words } = this.#options;
    this.#clock?.advance();
    this.#beat = (this.#beat + 1) & 0x3fffffff;
    this.#sentMicros = now;
    this.#isPending = true;
    Atomics.store(words, beatWord, this.#beat);
    Atomics.notify(words, beatWord);
  }

  #look(now: number): void {
    if (this.#isAnswered()) {
      this.#isPending = false;
      if (this.#stall !== undefined) this.#end(this.#stall, now);
    } else if (this.#stall === undefined) {
      if (now - this.#sentMicros >= this.#thresholdMicros) this.#notice(now);
    } else if (now >= this.#nextReportMicros) {
      this.#reportWhileItLasts(this.#stall, now);
    }
  }

  #isAnswered(): boolean {
    return Atomics.load(this.#options.words, answerWord) === this.#beat;
  }

  #notice(now: number): void {
    this.#stalls++;
    const stall = new Stall(this.#sentMicros, now);
    this.#stall = stall;
    for (const window of this.#recent) this.#take(stall, window);
    this.#recent = [];
    this.#reportWhileItLasts(stall, now);
  }

  #reportWhileItLasts(stall: Stall, now: number): void {
    this.#nextReportMicros = stall.fromMicros + Math.max(secondReportMicros, 2 * (now - stall.fromMicros));
    within(stackPatienceMs, this.#options.rotate()).then(() => {
      if (stall === this.#stall && !this.#isAnswered()) this.#options.onStall(stall.report(nowMicros()));
    });
  }

  #end(stall: Stall, now: number): void {
    stall.end(now);
    this.#stall = undefined;
    this.#ending.add(stall);
    this.#options.rotate().finally(() => {
      this.#ending.delete(stall);
      this.#finish(stall);
    });
  }

  #finish(stall: Stall): void {
    const report = stall.report(nowMicros());
    this.block.addStall(report);
    this.#options.onStall(report);
  }

  #take(stall: Stall, window: ThreadWindow): void {
    this.block.addTime(window, stall.add(window));
  }

  #sleptFor(micros: number): void {
    this.#sentMicros += micros;
    this.#stall?.sleptFor(micros);
  }
}

function lastMicros({ samples }: ThreadWindow): number {
  return samples.at(-1)?.timeMicros ?? 0;
}

/** The operating system's number of this thread; 0 where it cannot be known. */
function ownThreadId(): number {
  try {
    return Number(readlinkSync('/proc/thread-self').split('/').pop());
  } catch {
    return 0;
  }
}
