import { ProfileBuilder } from '../../profile/builder.js';
import { type Allocation, allocationsOf, type HeapTree } from '../../profile/heap/heap-tree.js';
import type { Places } from '../../profile/heap/places.js';
import { heapIntervalBytes } from '../../profile/heap/sampling.js';
import { stackComments } from '../../profile/heap/stack-comments.js';
import { tableLimits } from '../../profile/heap/table-limits.js';
import type { Profile } from '../../profile/profile.js';
import { type OriginalsOf, withOriginals } from '../../profile/source-maps/with-originals.js';

/** What is in use, by who allocated it, out of readings of a sampler that forgets what dies. */
export class InUse {
  readonly #builder = new ProfileBuilder(
    {
      sampleTypes: [
        { type: 'alloc_objects', unit: 'count' },
        { type: 'alloc_space', unit: 'bytes' },
        { type: 'inuse_objects', unit: 'count' },
        { type: 'inuse_space', unit: 'bytes' },
      ],
      periodType: { type: 'space', unit: 'bytes' },
      period: heapIntervalBytes,
      timeNanos: 0n,
      durationNanos: 0n,
      defaultSampleType: 'inuse_space',
    },
    tableLimits,
  );
  /** As of the last reading, by ordinal. */
  #living = new Map<number, Allocation>();
  readonly #sinceMs: number;
  /** 0 as long as nothing has been read. */
  #readAtMs = 0;

  /** @param sinceMs When sampling began, in milliseconds since 1970. */
  constructor(sinceMs: number) {
    this.#sinceMs = sinceMs;
  }

  get readAtMs(): number {
    return this.#readAtMs;
  }

  /** Different stacks that have allocated, as far as was seen. */
  get stackCount(): number {
    return this.#builder.sampleCount;
  }

  take(tree: HeapTree, places: Places): void {
    this.#readAtMs = Date.now();
    const living = new Map<number, Allocation>();
    for (const object of allocationsOf(tree, this.#builder, places)) {
      const known = this.#living.get(object.ordinal);
      this.#living.delete(object.ordinal);
      const { stack } = known ?? object;
      // What it stands for is known the better the more of them are there.
      if (known === undefined) this.#builder.add(stack.locations, [1, object.size, 1, object.size]);
      else if (known.size !== object.size) this.#builder.add(stack.locations, [0, 0, 0, object.size - known.size]);
      living.set(object.ordinal, { ...object, stack });
    }
    for (const { stack, size } of this.#living.values()) this.#builder.add(stack.locations, [0, 0, -1, -size]);
    this.#living = living;
  }

  async build(originalsOf: OriginalsOf, comments: readonly string[]): Promise<Profile> {
    const originals = await withOriginals(this.#builder, originalsOf);
    const cutSamples = [...this.#living.values()].filter(({ stack }) => stack.isCut).length;
    return originals.builder.build({
      timeNanos: BigInt(this.#readAtMs) * 1_000_000n,
      durationNanos: BigInt(this.#readAtMs - this.#sinceMs) * 1_000_000n,
      comments: [
        `heap: what is in use of the main thread's heap, sampled since ${new Date(this.#sinceMs).toISOString()}: what was allocated before is not in it`,
        "alloc_ counts what was alive at some reading: ask for allocs to have all, dead or alive; objects are the sampled ones, space is scaled; what V8 has inlined is its caller's",
        ...stackComments(cutSamples, this.#builder.otherCount),
        ...comments,
        ...originals.comments,
      ],
    });
  }
}
