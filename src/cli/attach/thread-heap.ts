import { ProfileBuilder } from '../../profile/builder.js';
import { allocationsOf, type HeapTree } from '../../profile/heap/heap-tree.js';
import { Places } from '../../profile/heap/places.js';
import { heapIntervalBytes } from '../../profile/heap/sampling.js';
import { stackComments } from '../../profile/heap/stack-comments.js';
import { tableLimits } from '../../profile/heap/table-limits.js';
import type { Profile } from '../../profile/profile.js';
import { type HeapProfileName, heapSettings } from '../../protocol/heap-settings.js';
import { within } from '../../protocol/within.js';
import { SessionEnded, type Target } from './inspector-session.js';
import { noAnswer, type ThreadCollector } from './thread-collector.js';

/** To read, V8 collects all garbage first: seconds, where the heap has gigabytes. */
const readingMs = 30_000;

/**
 * What one thread allocates in some seconds: `heap` what of it is in use at the end, `allocs` all, dead or alive. V8 keeps it in
 * the thread until it is read at the end.
 */
export class ThreadHeap implements ThreadCollector {
  readonly #name: HeapProfileName;
  readonly #target: Target;
  startMs = 0;
  missingMs = 0;
  problem: string | undefined;
  /** How long reading held up the thread at most, the way of the answer included. */
  readMs = 0;
  #started: Promise<void> = Promise.resolve();
  #isRunning = false;
  #startedAt = 0;
  #tree: HeapTree | undefined;

  constructor(
    name: HeapProfileName,
    readonly threadName: string,
    target: Target,
  ) {
    this.#name = name;
    this.#target = target;
  }

  start(): Promise<void> {
    this.#started = this.#start();
    return this.#started;
  }

  async #start(): Promise<void> {
    this.#startedAt = performance.now();
    try {
      // V8 has one sampler of a thread's heap. To start it once more would change nothing, and end another one's with our session.
      const isTaken = await this.#target.post('HeapProfiler.getSamplingProfile').then(
        () => true,
        (error) => {
          if (error instanceof SessionEnded || !/was not started/.test(error.message)) throw error;
          return false;
        },
      );
      if (isTaken) {
        this.problem =
          "V8 has one sampler of a thread's heap, and something else in this program uses it: a profiler, or --heap-prof";
        return;
      }
      const { sampleInterval, ...settings } = heapSettings(this.#name);
      await this.#target.post('HeapProfiler.startSampling', { samplingInterval: sampleInterval, ...settings });
      this.#isRunning = true;
    } catch (error) {
      if (!(error instanceof SessionEnded)) this.problem = String(error instanceof Error ? error.message : error);
    }
    this.startMs = performance.now() - this.#startedAt;
  }

  tick(): void {}

  take(): void {}

  async finish(): Promise<void> {
    const begun = performance.now();
    await within(readingMs, this.#started);
    if (this.#isRunning) {
      await within(
        readingMs,
        this.#target.post('HeapProfiler.stopSampling').then(
          ({ profile }) => {
            this.#tree = profile as HeapTree;
          },
          () => {},
        ),
      );
      this.readMs = performance.now() - begun;
    }
    if (this.#tree !== undefined) return;
    this.problem ??= noAnswer;
    this.missingMs = begun - this.#startedAt;
  }

  profile(): Profile | undefined {
    if (this.#tree === undefined) return undefined;
    const isInUse = this.#name === 'heap';
    const builder = new ProfileBuilder(
      {
        sampleTypes: ['alloc', ...(isInUse ? ['inuse'] : [])].flatMap((prefix) => [
          { type: `${prefix}_objects`, unit: 'count' },
          { type: `${prefix}_space`, unit: 'bytes' },
        ]),
        periodType: { type: 'space', unit: 'bytes' },
        period: heapIntervalBytes,
        timeNanos: 0n,
        durationNanos: BigInt(Math.round((performance.now() - this.#startedAt) * 1e6)),
        defaultSampleType: isInUse ? 'inuse_space' : 'alloc_space',
      },
      tableLimits,
    );
    let cut = 0;
    for (const { stack, size } of allocationsOf(this.#tree, builder, new Places())) {
      builder.add(stack.locations, isInUse ? [1, size, 1, size] : [1, size]);
      if (stack.isCut) cut++;
    }
    return builder.build({ comments: stackComments(cut, builder.otherCount) });
  }
}
