import { Profile } from '../../profile/profile.js';
import type { PushKind } from '../../protocol/push-settings.js';
import type { Collections } from './collections.js';
import { difference } from './difference.js';
import type { Snapshots } from './snapshots.js';

/** Profiles of one kind, each of the time since the one before. */
export interface ProfileSeries {
  readonly kind: PushKind;
  next(): Promise<Profile>;
  /** After the end of sampling; none where only a program that runs has one. */
  last(): Promise<Profile | undefined>;
  /** Nobody wants more. */
  close(): void;
}

/** Series for those who pass profiles on at their own pace. */
export class ProfileSeriesSource {
  readonly #collections: Collections;
  readonly #snapshots: Snapshots;
  readonly #started: () => Promise<void>;

  /** @param started Resolves when the program is sampled, and what it was started with is served. */
  constructor(collections: Collections, snapshots: Snapshots, started: () => Promise<void>) {
    this.#collections = collections;
    this.#snapshots = snapshots;
    this.#started = started;
  }

  /** @param fromMicros Where time that is sampled begins to count, for who asks before sampling begins; without it, now. */
  open(kind: PushKind, fromMicros?: number): ProfileSeries {
    switch (kind) {
      case 'cpu':
      case 'wall':
        return { kind, ...this.#collections.succession(kind, fromMicros) };
      case 'heap':
        return this.#heap();
      case 'allocs':
        return this.#allocations(fromMicros !== undefined);
      case 'block':
        return this.#block();
    }
  }

  /** What is in use is what it is at that time; at the program's end it is nothing. */
  #heap(): ProfileSeries {
    const times = new Times();
    return {
      kind: 'heap',
      next: async () => times.untilNow(inUseOnly(await this.#snapshots.take('heap', { gc: false }))),
      last: async () => undefined,
      close: () => {},
    };
  }

  #allocations(isFromStart: boolean): ProfileSeries {
    const { heap } = this.#snapshots;
    const times = new Times();
    const reader = Symbol('pushed allocations');
    if (isFromStart) heap.keepFromStart(reader);
    const kept = this.#started().then(() => (heap.isKept(reader) ? undefined : heap.keep(true, reader)));
    // Whoever takes hears it.
    kept.catch(() => {});
    return {
      kind: 'allocs',
      next: async () => {
        await kept;
        return times.untilNow(await heap.take(reader));
      },
      last: async () => {
        await kept;
        return times.untilNow(await heap.takeLast(reader));
      },
      close: () => {
        heap.keep(false, reader).catch(() => {});
      },
    };
  }

  #block(): ProfileSeries {
    const times = new Times();
    let before: Profile | undefined;
    const since = (after: Profile): Profile => {
      const change = before === undefined ? after : difference(before, after);
      before = after;
      return times.untilNow(change);
    };
    return {
      kind: 'block',
      next: async () => since(await this.#snapshots.take('block', { gc: false })),
      last: async () => since(await this.#snapshots.lastBlock()),
      close: () => {},
    };
  }
}

/** Gives profiles the time since the one before: theirs is that of a reading, of which several may have the same one. */
class Times {
  #sinceNanos = nowNanos();

  untilNow(profile: Profile): Profile {
    const now = nowNanos();
    // The system's clock may be set back; servers refuse what is to come.
    if (now < this.#sinceNanos) this.#sinceNanos = now;
    const timeNanos = this.#sinceNanos;
    this.#sinceNanos = now;
    return profile.ofTime(timeNanos, now - timeNanos);
  }
}

function nowNanos(): bigint {
  return BigInt(Date.now()) * 1_000_000n;
}

/** Without `alloc_…`, which are sums since sampling began: whoever adds profiles up would count them again and again. */
function inUseOnly({ model }: Profile): Profile {
  const columns = model.sampleTypes.flatMap(({ type }, column) => (type.startsWith('inuse_') ? column : []));
  const of = <T>(values: readonly T[]): T[] => columns.flatMap((column) => values[column] ?? []);
  return Profile.fromModel({
    ...model,
    sampleTypes: of(model.sampleTypes),
    samples: model.samples.map((sample) => ({ ...sample, values: of(sample.values) })),
  });
}
