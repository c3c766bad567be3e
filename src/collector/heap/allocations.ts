import type { HeapTree } from '../../profile/heap/heap-tree.js';
import type { Places } from '../../profile/heap/places.js';
import type { Profile } from '../../profile/profile.js';
import type { OriginalsOf } from '../../profile/source-maps/with-originals.js';
import { heapSettings } from '../../protocol/heap-settings.js';
import { AllocationSum, type Coverage } from './allocation-sum.js';
import type { HeapSampler } from './heap-sampler.js';
import { firstReadingMs, nextReadingMs } from './reading-pace.js';

const settings = heapSettings('allocs');

/**
 * What was allocated, dead or alive, out of a sampler that forgets nothing. Its list would grow for ever, so it is emptied at
 * a pace of its own, into the sums of everyone who wants to know; see ./reading-pace.ts.
 *
 * One of its asynchronous methods runs at a time.
 */
export class Allocations {
  readonly #sampler: HeapSampler;
  readonly #places: Places;
  readonly #originalsOf: OriginalsOf;
  /** To see to it that {@link drain} is called, in its turn. */
  readonly #onDue: () => void;
  readonly #sums = new Set<AllocationSum>();
  #timer: NodeJS.Timeout | undefined;
  /** Until when the sums have everything, by `performance.now()`; only while it is counted. */
  #completeUntil: number | undefined;
  /** When the sampler was last empty, in milliseconds since 1970. */
  #emptySinceMs = Date.now();
  #coverage: Coverage = { countedMs: 0, interruptions: 0 };

  constructor(sampler: HeapSampler, places: Places, originalsOf: OriginalsOf, onDue: () => void) {
    this.#sampler = sampler;
    this.#places = places;
    this.#originalsOf = originalsOf;
    this.#onDue = onDue;
  }

  /**
   * Until when the sums have all that was allocated since they were opened, by `performance.now()`; -Infinity while nothing
   * is counted.
   */
  get completeUntil(): number {
    return this.#completeUntil ?? Number.NEGATIVE_INFINITY;
  }

  /** @returns when that began, in milliseconds since 1970. */
  async start(): Promise<number> {
    this.#emptySinceMs = await this.#sampler.start(settings);
    this.#completeUntil = performance.now();
    this.#plan(firstReadingMs);
    return this.#emptySinceMs;
  }

  /** Adds up what is allocated since the last {@link drain} or {@link start}. */
  open(): AllocationSum {
    const sum = new AllocationSum(this.#emptySinceMs, this.#coverage);
    this.#sums.add(sum);
    return sum;
  }

  close(sum: AllocationSum): void {
    this.#sums.delete(sum);
  }

  build(sum: AllocationSum, comments: readonly string[], originalsOf = this.#originalsOf): Promise<Profile> {
    return sum.build(originalsOf, this.#coverage, comments);
  }

  /** Brings what was allocated until now into the sums. */
  async drain(): Promise<void> {
    clearTimeout(this.#timer);
    const askedAt = performance.now();
    const sinceMs = this.#emptySinceMs;
    let afterMs = firstReadingMs;
    try {
      const tree = await this.#sampler.readAndRestart(settings);
      this.#take(tree, askedAt);
      afterMs = nextReadingMs({
        tookMs: this.#sampler.readings.lastMs,
        samples: tree?.samples.length ?? 0,
        spanMs: this.#emptySinceMs - sinceMs,
      });
    } finally {
      this.#plan(afterMs);
    }
  }

  /** The same, and nothing is counted from then on. */
  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    if (this.#completeUntil === undefined) return;
    const askedAt = performance.now();
    try {
      if (this.#sums.size > 0) this.#take(await this.#sampler.readAndStop(), askedAt);
      else await this.#sampler.stop();
    } finally {
      this.#completeUntil = undefined;
    }
  }

  #plan(afterMs: number): void {
    this.#timer = setTimeout(this.#onDue, afterMs).unref();
  }

  /** @param askedAt When it was asked for, by `performance.now()`: it has all until then, and may have more. */
  #take(tree: HeapTree | undefined, askedAt: number): void {
    const nowMs = Date.now();
    const { countedMs, interruptions } = this.#coverage;
    if (tree === undefined) {
      this.#coverage = { countedMs, interruptions: interruptions + 1 };
    } else {
      this.#coverage = { countedMs: countedMs + nowMs - this.#emptySinceMs, interruptions };
      for (const sum of this.#sums) sum.add(tree, nowMs, this.#places);
    }
    this.#completeUntil = askedAt;
    this.#emptySinceMs = nowMs;
  }
}
