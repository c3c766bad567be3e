import { SessionEnded, type Target } from './inspector-session.js';
import { JoinedWindows, ownUrl, type V8Profile } from './joined-windows.js';

export interface SamplingOptions {
  /** Samples a second. */
  readonly rate: number;
  /** Whether V8 compiles again what it optimised before. */
  readonly recompiles: boolean;
}

/**
 * Samples one thread from outside, in windows of a second or so: what the process leaves behind when it is killed is all but the
 * last. While one window runs, the next begins at next to no cost; to begin one alone V8 walks all code.
 */
export class ThreadSampling {
  readonly windows = new JoinedWindows();
  readonly #target: Target;
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
    /** Empty for the main thread. */
    readonly threadName: string,
    target: Target,
  ) {
    this.#target = target;
  }

  /** Whether a window is out that has not come in. */
  get isMissingAWindow(): boolean {
    return this.#finished < this.#window;
  }

  start(options: SamplingOptions): Promise<void> {
    this.#started = this.#start(options);
    return this.#started;
  }

  async #start({ rate, recompiles }: SamplingOptions): Promise<void> {
    const begin = performance.now();
    try {
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

  /** Begins a window and ends the one before. A thread that has not answered the last time is left alone. */
  async rotate(): Promise<void> {
    if (this.#isRotating || this.#window === 0) return;
    this.#isRotating = true;
    this.#begins.set(this.#window + 1, performance.now());
    try {
      await this.#evaluate(`profile(${title(this.#window + 1)});profileEnd(${title(this.#window)})`);
      this.#window++;
    } catch {
      // It has ended, or is about to.
    }
    this.#isRotating = false;
  }

  /** Ends the last window, and waits for it, and for those before it, as long as the thread is given. */
  async finish(patienceMs: number): Promise<void> {
    const endMs = performance.now();
    await this.#finish(endMs + patienceMs);
    if (this.isMissingAWindow) this.missingMs = endMs - (this.#begins.get(this.#finished + 1) ?? endMs);
  }

  async #finish(deadlineMs: number): Promise<void> {
    const left = () => Math.max(0, deadlineMs - performance.now());
    // One that has just come may not have answered yet.
    await within(left(), this.#started);
    if (this.#window === 0) {
      this.problem ??= 'it ended, or did not answer';
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

  /** `Profiler.consoleProfileFinished`: one of ours, or the program's own. */
  addWindow(name: unknown, profile: unknown): void {
    if (typeof name !== 'string' || !name.startsWith(titles)) return;
    this.#finished++;
    this.windows.add(profile as V8Profile);
    if (!this.isMissingAWindow) this.#onFinished();
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

/**
 * Waits for it, but not longer.
 * @returns whether it came.
 */
export async function within(ms: number, work: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const isDone = await Promise.race([
    work.then(() => true),
    new Promise<boolean>((resolve) => {
      timer = setTimeout(resolve, ms, false);
    }),
  ]);
  clearTimeout(timer);
  return isDone;
}
