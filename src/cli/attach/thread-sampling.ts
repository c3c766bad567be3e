import { randomUUID } from 'node:crypto';
import type { Profile } from '../../profile/profile.js';
import { readCpuProfile } from '../../profile/read/cpu-profile.js';
import { visitChannels } from '../../protocol/label-visit.js';
import { within } from '../../protocol/within.js';
import { SessionEnded, type Target } from './inspector-session.js';
import { JoinedWindows, ownUrl, type V8Profile } from './joined-windows.js';
import { noAnswer, type ThreadCollector } from './thread-collector.js';
import { ThreadLabels } from './thread-labels.js';

export interface SamplingOptions {
  /** Samples a second. */
  readonly rate: number;
  /** Whether V8 compiles again what it optimised before. */
  readonly recompiles: boolean;
  /** Whether the program's labels are asked for. */
  readonly isLabelled: boolean;
}

/** Ticks of a collector, a quarter of a second each, that a window lasts: what is lost at most when the process is killed. */
const windowTicks = 4;
/** How long a thread that is blocked in native code is waited for at the end. */
const patienceMs = 3000;

/**
 * Samples one thread from outside, in windows of a second or so: what the process leaves behind when it is killed is all but the
 * last. While one window runs, the next begins at next to no cost; to begin one alone V8 walks all code.
 */
export class ThreadSampling implements ThreadCollector {
  readonly #windows = new JoinedWindows();
  readonly #options: SamplingOptions;
  readonly #target: Target;
  readonly labels: ThreadLabels;
  #ticks = 0;
  #window = 0;
  /** When each that is out began, by its number. */
  readonly #begins = new Map<number, number>();
  /** How much of the end no window has, in milliseconds at most; 0 when all have come in. */
  missingMs = 0;
  #finished = 0;
  #isRotating = false;
  /** How long the start held it up at most, in milliseconds, the way of the answer included. */
  startMs = 0;
  /** Why it could not be sampled, in V8's words. */
  problem: string | undefined;
  #started: Promise<void> = Promise.resolve();
  #onFinished: () => void = () => {};

  constructor(
    options: SamplingOptions,
    readonly threadName: string,
    target: Target,
  ) {
    this.#options = options;
    this.#target = target;
    this.labels = new ThreadLabels(target, `${visitChannels}${randomUUID()}`);
  }

  /** Whether a window is out that has not come in. */
  get isMissingAWindow(): boolean {
    return this.#finished < this.#window;
  }

  start(): Promise<void> {
    this.#started = this.#start(this.#options);
    return this.#started;
  }

  async #start({ rate, recompiles, isLabelled }: SamplingOptions): Promise<void> {
    const begin = performance.now();
    try {
      if (isLabelled) await this.labels.start().catch(() => {});
      await this.#target.post('Profiler.enable');
      await this.#target.post('Profiler.setSamplingInterval', { interval: Math.max(1, Math.round(1e6 / rate)) });
      const answers = [this.#evaluate(`profile(${title(1)})`)];
      // Sent right behind the start: to switch precise coverage on and off throws all optimised code away, which V8's sampler
      // does not know by name when it was entered before.
      if (recompiles) {
        answers.push(
          this.#target.post('Profiler.startPreciseCoverage', { callCount: false, detailed: false }),
          this.#target.post('Profiler.stopPreciseCoverage'),
        );
      }
      this.#begins.set(1, begin);
      await Promise.all(answers);
      this.#window = 1;
    } catch (error) {
      if (!(error instanceof SessionEnded)) this.problem = String(error instanceof Error ? error.message : error);
    }
    this.startMs = performance.now() - begin;
  }

  tick(): void {
    if (++this.#ticks % windowTicks === 0) this.#rotate();
    else this.labels.drain();
  }

  /** Begins a window and ends the one before. A thread that has not answered the last time is left alone. */
  async #rotate(): Promise<void> {
    if (this.#isRotating || this.#window === 0) return;
    this.#isRotating = true;
    this.#begins.set(this.#window + 1, performance.now());
    try {
      await this.#evaluate(`profile(${title(this.#window + 1)});profileEnd(${title(this.#window)})`);
      this.#window++;
      await this.#label();
    } catch {
      // It has ended, or is about to.
    }
    this.#isRotating = false;
  }

  async #label(): Promise<void> {
    if (this.labels.use !== 'written') return;
    // The switches of the time that the windows are of.
    await this.labels.drain();
    await this.#windows.label((samples) => this.labels.of(samples));
  }

  /** Ends the last window, and waits for it, and for those before it, as long as a thread is given. */
  async finish(): Promise<void> {
    const endMs = performance.now();
    await this.#finish(endMs + patienceMs);
    await within(
      patienceMs,
      this.#label().catch(() => {}),
    );
    await within(patienceMs, this.labels.stop());
    if (this.isMissingAWindow) this.missingMs = endMs - (this.#begins.get(this.#finished + 1) ?? endMs);
  }

  async #finish(deadlineMs: number): Promise<void> {
    const left = () => Math.max(0, deadlineMs - performance.now());
    // One that has just come may not have answered yet.
    await within(left(), this.#started);
    if (this.#window === 0) {
      this.problem ??= noAnswer;
      return;
    }
    // All that are out: of one that was begun, the answer may not have come.
    const ends = [this.#window, this.#window + 1].map((number) => `profileEnd(${title(number)})`);
    await within(
      left(),
      this.#evaluate(ends.join(';'))
        .then(() => this.#target.post('Profiler.disable'))
        .catch(() => {}),
    );
    if (this.isMissingAWindow && left() > 0) {
      await within(
        Math.min(left(), lateMs),
        new Promise<void>((resolve) => {
          this.#onFinished = resolve;
        }),
      );
    }
  }

  take(method: string, { title, profile }: Readonly<Record<string, unknown>>): void {
    // One of ours, or the program's own.
    if (method !== 'Profiler.consoleProfileFinished' || typeof title !== 'string' || !title.startsWith(titles)) return;
    this.#finished++;
    this.#windows.add(profile as V8Profile);
    if (!this.isMissingAWindow) this.#onFinished();
  }

  /** Of what has come in since the last time. */
  profile(): Profile | undefined {
    if (this.#windows.isEmpty) return undefined;
    const { file, labels } = this.#windows.takeOut();
    return readCpuProfile(file, labels);
  }

  #evaluate(expression: string): Promise<unknown> {
    return this.#target
      .post('Runtime.evaluate', {
        expression: `${expression}\n//# sourceURL=${ownUrl}`,
        includeCommandLineAPI: true,
        silent: true,
        returnByValue: true,
      })
      .then(({ exceptionDetails }) => {
        if (exceptionDetails !== undefined) throw new Error((exceptionDetails as { readonly text: string }).text);
      });
  }
}

const titles = 'profbuf attach ';
/** A window comes before the answer to its end. */
const lateMs = 200;

function title(number: number): string {
  return JSON.stringify(`${titles}${number}`);
}
