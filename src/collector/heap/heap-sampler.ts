import type { HeapTree } from '../../profile/heap/heap-tree.js';
import type { HeapSettings } from '../../protocol/heap-settings.js';
import type { Target } from '../inspector/target.js';
import { ThreadControl } from '../inspector/thread-control.js';
import { HeapSamplerTakenError } from './taken-error.js';

/** How a sampler was read, and what that held up the thread, in milliseconds. */
export interface Readings {
  readonly count: number;
  /** When it was read last, by `performance.now()`. */
  readonly lastAt: number;
  readonly lastMs: number;
  readonly longestMs: number;
  readonly totalMs: number;
}

/**
 * V8's one heap sampler of a thread.
 *
 * One that the inspector starts collects all garbage whenever it is read, also where it remembers what has died. Node's own
 * function, since 26, starts one that does not; its handle's `stop` would give the text to the program's thread, so it is
 * read by the inspector too, which does not mind who has started it.
 */
export class HeapSampler {
  readonly #target: Target;
  #control: ThreadControl | undefined;
  #collectsAtRead = false;
  #readings: Readings = { count: 0, lastAt: Number.NEGATIVE_INFINITY, lastMs: 0, longestMs: 0, totalMs: 0 };

  constructor(target: Target) {
    this.#target = target;
  }

  /** Whether reading is preceded by a collection of all garbage. */
  get collectsAtRead(): boolean {
    return this.#collectsAtRead;
  }

  get readings(): Readings {
    return this.#readings;
  }

  /**
   * @returns when it began, in milliseconds since 1970.
   * @throws {HeapSamplerTakenError} when someone else has started it.
   */
  async start(settings: HeapSettings): Promise<number> {
    this.#control ??= await ThreadControl.attach(this.#target);
    const startedMs = await this.#control.startHeap(settings).catch((error: Error) => {
      throw /has been started/.test(error.message) ? takenByOthers() : error;
    });
    const isByNode = startedMs > 0;
    // The inspector would say yes, and change nothing; and end the other one's with our session.
    if (!isByNode && (await this.#isRunning())) throw takenByOthers();
    // Where it runs already, this has it end with the session.
    await this.#target.post('HeapProfiler.startSampling', inspectorSettings(settings));
    this.#collectsAtRead = !isByNode;
    return isByNode ? startedMs : Date.now();
  }

  collectGarbage(): Promise<unknown> {
    return this.#target.post('HeapProfiler.collectGarbage');
  }

  /** All that it remembers. Rejects when someone in the program has ended it. */
  async read(): Promise<HeapTree> {
    const tree = await this.#held(() => this.#ask('HeapProfiler.getSamplingProfile'));
    if (tree !== undefined) return tree;
    throw new Error("something in the program has ended V8's heap sampler; ask again, and it begins anew");
  }

  /**
   * The same, and it begins anew with nothing. Nothing is missed: the thread takes these commands one right after the other,
   * and runs nothing of the program in between.
   *
   * @returns `undefined` when someone in the program had ended it; it runs again now.
   */
  async readAndRestart(settings: HeapSettings): Promise<HeapTree | undefined> {
    const [tree, startedMs] = await this.#held(() =>
      Promise.all([
        this.#ask('HeapProfiler.stopSampling'),
        // At the limit of its stack the thread cannot call Node's function: the inspector's starts it then.
        this.#control?.startHeap(settings).catch(() => 0),
        this.#target.post('HeapProfiler.startSampling', inspectorSettings(settings)),
      ]),
    );
    this.#collectsAtRead = startedMs === 0;
    return tree;
  }

  /** @returns `undefined` when someone in the program had ended it. */
  readAndStop(): Promise<HeapTree | undefined> {
    return this.#held(() => this.#ask('HeapProfiler.stopSampling'));
  }

  /** Ends it unread, which takes nothing. */
  async stop(): Promise<void> {
    await this.#target.post('HeapProfiler.disable');
  }

  async #isRunning(): Promise<boolean> {
    return (await this.#ask('HeapProfiler.getSamplingProfile')) !== undefined;
  }

  /** @returns `undefined` when it does not run. */
  async #ask(method: string): Promise<HeapTree | undefined> {
    const answer = await this.#target.post(method).catch((error: Error) => {
      if (error.message.includes('was not started')) return undefined;
      throw error;
    });
    return answer?.profile as HeapTree | undefined;
  }

  /** Sends commands that read, and notes how long they held up the thread. */
  async #held<Answer>(send: () => Promise<Answer>): Promise<Answer> {
    const begun = this.#control?.beginPause().catch(() => {});
    const answered = send();
    // Not known where the thread has no room on its stack to look at the clock.
    const ended = this.#control?.endPause().catch(() => this.#readings.lastMs);
    const [answer, lastMs = 0] = await Promise.all([answered, ended, begun]);
    const { count, longestMs, totalMs } = this.#readings;
    this.#readings = {
      count: count + 1,
      lastAt: performance.now(),
      lastMs,
      longestMs: Math.max(longestMs, lastMs),
      totalMs: totalMs + lastMs,
    };
    return answer;
  }
}

function inspectorSettings(settings: HeapSettings): object {
  const { sampleInterval, ...others } = settings;
  return { samplingInterval: sampleInterval, ...others };
}

function takenByOthers(): HeapSamplerTakenError {
  return new HeapSamplerTakenError(
    "V8 has one sampler of a thread's heap, and something else in this program uses it: another profiler, or --heap-prof",
  );
}
