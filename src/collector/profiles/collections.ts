import type { Frame } from '../../profile/frame.js';
import type { Profile } from '../../profile/profile.js';
import type { OriginalsOf } from '../../profile/source-maps/with-originals.js';
import type { ProfileKind } from '../../protocol/messages.js';
import { nowMicros } from '../../protocol/monotonic-clock.js';
import type { Sampler } from '../sampling/sampler.js';
import type { ThreadWindow } from '../sampling/thread-window.js';
import { Accumulator } from './accumulator.js';
import { type CommentFacts, commentsOf } from './comments.js';

export interface CollectionsOptions {
  readonly sampler: Sampler;
  /** Samples a second that were asked for. */
  readonly sampleRate: number;
  /** Resolves after the seconds, or when sampling is about to end. Rejects when the signal is aborted. */
  readonly pause: (seconds: number, signal: AbortSignal) => Promise<void>;
  /** Resolves when every sample up to now has been delivered. */
  readonly delivered: () => Promise<void>;
  readonly originalsOf: OriginalsOf;
  /** What a profile says about itself besides what was sampled. */
  readonly facts: () => Pick<CommentFacts, 'startedAfterMs' | 'notices'>;
}

/** Profiles of one kind whose times follow each other, without a gap and without overlapping. */
export interface Succession {
  /** Of the time since the one before, or since the beginning. */
  next(): Promise<Profile>;
  /** The same, and no other one follows. */
  end(): Promise<Profile>;
  /** After the end of sampling: all that came since the one before, up to the last sample. */
  last(): Promise<Profile>;
  /** Nobody wants more. */
  close(): void;
}

/** Everyone who adds up windows now: the whole run, collections of some seconds, all since the last take. */
export class Collections {
  readonly #options: CollectionsOptions;
  readonly #accumulators = new Set<Accumulator>();
  /** Collections under way. */
  readonly #collecting = new Set<Promise<Profile>>();
  #sinceTake: Succession | undefined;

  constructor(options: CollectionsOptions) {
    this.#options = options;
  }

  /** Samples that went to `(other)`, where most did. */
  get otherSamples(): number {
    return Math.max(0, ...[...this.#accumulators].map(({ otherSamples }) => otherSamples));
  }

  /** Of all that is being added up. */
  *frames(): Iterable<Frame> {
    for (const accumulator of this.#accumulators) yield* accumulator.frames();
  }

  add(window: ThreadWindow): void {
    for (const accumulator of this.#accumulators) accumulator.add(window);
  }

  /** Begins to add up, from now on unless another time is named. */
  open(kind: ProfileKind, fromMicros = nowMicros()): Accumulator {
    const { sampler, sampleRate } = this.#options;
    const accumulator = new Accumulator({ kind, sampleRate, fromMicros, before: sampler.totals() });
    this.#accumulators.add(accumulator);
    return accumulator;
  }

  /** What has been added up so far. */
  build(accumulator: Accumulator, originalsOf = this.#options.originalsOf): Promise<Profile> {
    const { sampler, sampleRate, facts } = this.#options;
    return accumulator.build(originalsOf, () => {
      const { hasClock } = sampler;
      return commentsOf(accumulator, { sampleRate, hasClock, totals: sampler.totals(), ...facts() });
    });
  }

  collect(kind: ProfileKind, seconds: number, signal: AbortSignal): Promise<Profile> {
    const collection = this.#collect(kind, seconds, signal);
    this.#collecting.add(collection);
    const forget = () => this.#collecting.delete(collection);
    collection.then(forget, forget);
    return collection;
  }

  /** Resolves when those under way have ended. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#collecting);
  }

  /** From now on, what is sampled is kept for {@link take}. */
  keep(): void {
    this.#sinceTake ??= this.succession('cpu');
  }

  /** @param fromMicros Now, unless another time is named. */
  succession(kind: ProfileKind, fromMicros = nowMicros()): Succession {
    let accumulator = this.open(kind, fromMicros);
    const endNow = () => {
      // One moment for both: a sample between two would be in neither.
      const now = nowMicros();
      accumulator.endAt(now);
      return now;
    };
    return {
      next: () => {
        const ended = accumulator;
        const following = this.open(kind, endNow());
        accumulator = following;
        return this.#complete(ended, following);
      },
      end: () => {
        endNow();
        return this.#complete(accumulator);
      },
      last: () => this.build(accumulator),
      close: () => this.#accumulators.delete(accumulator),
    };
  }

  /**
   * What was kept since the last take.
   * @param keepsOn Whether there is to be another one.
   */
  async take(keepsOn: boolean): Promise<Profile> {
    const kept = this.#kept();
    if (keepsOn) return kept.next();
    this.#sinceTake = undefined;
    return kept.end();
  }

  /** After the end of sampling: all that came since the last take, up to the last sample. */
  takeLast(): Promise<Profile> {
    return this.#kept().last();
  }

  #kept(): Succession {
    if (this.#sinceTake === undefined) throw new Error('nothing is kept');
    return this.#sinceTake;
  }

  async #collect(kind: ProfileKind, seconds: number, signal: AbortSignal): Promise<Profile> {
    const accumulator = this.open(kind);
    try {
      await this.#options.pause(seconds, signal);
    } catch (error) {
      this.#accumulators.delete(accumulator);
      throw error;
    }
    accumulator.endAt(nowMicros());
    return this.#complete(accumulator);
  }

  /** Waits until every sample before the accumulator's end is in it. */
  async #complete(accumulator: Accumulator, following?: Accumulator): Promise<Profile> {
    await this.#options.delivered();
    this.#accumulators.delete(accumulator);
    following?.takeLateTime();
    return this.build(accumulator);
  }
}
