import { ProfileBuilder } from '../../profile/builder.js';
import type { Frame } from '../../profile/frame.js';
import { allocationsOf, type HeapTree } from '../../profile/heap/heap-tree.js';
import type { Places } from '../../profile/heap/places.js';
import { heapIntervalBytes } from '../../profile/heap/sampling.js';
import { stackComments } from '../../profile/heap/stack-comments.js';
import { tableLimits } from '../../profile/heap/table-limits.js';
import type { Profile } from '../../profile/profile.js';
import { type OriginalsOf, withOriginals } from '../../profile/source-maps/with-originals.js';

/** Of which time is what was allocated known? */
export interface Coverage {
  /** For how long it was counted, in milliseconds. */
  readonly countedMs: number;
  /** Times that someone in the program ended the sampler: what had been allocated since the last reading is lost. */
  readonly interruptions: number;
}

/** A difference below is that of clocks, and of the commands' way to the thread. */
const leastGapMs = 1000;

/** Adds up allocations for one reader: the run's file, a collection of some seconds, all since the last take. */
export class AllocationSum {
  readonly #builder = new ProfileBuilder(
    {
      sampleTypes: [
        { type: 'alloc_objects', unit: 'count' },
        { type: 'alloc_space', unit: 'bytes' },
      ],
      periodType: { type: 'space', unit: 'bytes' },
      period: heapIntervalBytes,
      timeNanos: 0n,
      durationNanos: 0n,
      defaultSampleType: 'alloc_space',
    },
    tableLimits,
  );
  readonly #before: Coverage;
  readonly #sinceMs: number;
  #knownUntilMs: number;
  #samples = 0;
  #bytes = 0;
  #cutSamples = 0;

  /**
   * @param sinceMs Milliseconds since 1970.
   * @param before What was covered before, for other readers.
   */
  constructor(sinceMs: number, before: Coverage) {
    this.#sinceMs = sinceMs;
    this.#knownUntilMs = sinceMs;
    this.#before = before;
  }

  /** Objects that were sampled. */
  get samples(): number {
    return this.#samples;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Different stacks that have allocated. */
  get stackCount(): number {
    return this.#builder.sampleCount;
  }

  frames(): Iterable<Frame> {
    return this.#builder.frames();
  }

  /** @param untilMs When it was read, in milliseconds since 1970. */
  add(tree: HeapTree, untilMs: number, places: Places): void {
    for (const { stack, size } of allocationsOf(tree, this.#builder, places)) {
      this.#builder.add(stack.locations, [1, size]);
      this.#samples++;
      this.#bytes += size;
      if (stack.isCut) this.#cutSamples++;
    }
    this.#knownUntilMs = untilMs;
  }

  async build(originalsOf: OriginalsOf, coverage: Coverage, comments: readonly string[]): Promise<Profile> {
    const originals = await withOriginals(this.#builder, originalsOf);
    const durationMs = this.#knownUntilMs - this.#sinceMs;
    return originals.builder.build({
      timeNanos: BigInt(this.#knownUntilMs) * 1_000_000n,
      durationNanos: BigInt(durationMs) * 1_000_000n,
      comments: [...this.#comments(coverage, durationMs), ...comments, ...originals.comments],
    });
  }

  #comments(coverage: Coverage, durationMs: number): string[] {
    const comments = [
      `allocs: what the main thread allocated, dead or alive, since ${new Date(this.#sinceMs).toISOString()}`,
      `one object in ${heapIntervalBytes / 1024} KiB is looked at: a figure of n samples is right to 1/√n (standard deviation); objects are the sampled ones, space is scaled; what V8 has inlined is its caller's`,
    ];
    const gapMs = durationMs - (coverage.countedMs - this.#before.countedMs);
    const interruptions = coverage.interruptions - this.#before.interruptions;
    if (interruptions > 0) {
      comments.push(
        `lost: something in the program ended V8's heap sampler ${interruptions} times, and what was allocated since the reading before`,
      );
    }
    if (gapMs >= leastGapMs) {
      comments.push(
        `of ${seconds(durationMs)} s, ${seconds(gapMs)} are not counted: the sampler served heap then, or nobody`,
      );
    }
    return [...comments, ...stackComments(this.#cutSamples, this.#builder.otherCount)];
  }
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(1);
}
