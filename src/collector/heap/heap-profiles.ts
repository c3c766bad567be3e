import { setTimeout as delay } from 'node:timers/promises';
import type { Frame } from '../../profile/frame.js';
import type { CallFrame } from '../../profile/frame-name.js';
import { Places } from '../../profile/heap/places.js';
import type { Profile } from '../../profile/profile.js';
import type { OriginalsOf } from '../../profile/source-maps/with-originals.js';
import { type HeapProfileName, heapSettings } from '../../protocol/heap-settings.js';
import type { Target } from '../inspector/target.js';
import { answered } from '../patience.js';
import type { AllocationSum } from './allocation-sum.js';
import { Allocations } from './allocations.js';
import { readingComments, useComment } from './heap-comments.js';
import { HeapSampler } from './heap-sampler.js';
import { InUse } from './in-use.js';
import { processMemory } from './process-memory.js';
import { SamplerUse } from './sampler-use.js';

/**
 * A reading of what is in use that collects garbage does for so many times as long as it took: the program then spends no
 * more than 1 % of its time on being read.
 */
const inUseRestFactor = 100;
/** The same of allocations, which whoever asks is to have up to now. */
const allocsRestFactor = 10;
/** The longest that one is kept waiting for that. Where more is due, he gets what was read last. */
const longestRestMs = 2000;

type Serving =
  | { readonly name: 'nothing' }
  | { readonly name: 'heap'; readonly sinceMs: number; readonly inUse: InUse }
  | { readonly name: 'allocs'; readonly sinceMs: number };

const nothing: Serving = { name: 'nothing' };

/** What V8's heap sampler of the main thread has to give: `heap` or `allocs`, one at a time; see ./sampler-use.ts. */
export class HeapProfiles {
  readonly #target: Target;
  readonly #originalsOf: OriginalsOf;
  readonly #sampler: HeapSampler;
  readonly #places = new Places();
  readonly #allocations: Allocations;
  readonly #use = new SamplerUse();
  #serving: Serving = nothing;
  /** The same, or what was served last. */
  #served: Serving = nothing;
  /** All that was allocated since `allocs` was first asked for. */
  #all: AllocationSum | undefined;
  /** Of those who want to know what was allocated since they took it last. */
  readonly #sinceTake = new Map<unknown, AllocationSum>();
  /** Of those readers who want to know all from the first allocation that is sampled. */
  readonly #fromStart = new Set<unknown>();
  #turn: Promise<unknown> = Promise.resolve();
  #memory: readonly string[] = [];
  #isOver = false;

  constructor(target: Target, originalsOf: OriginalsOf) {
    this.#target = target;
    this.#originalsOf = originalsOf;
    this.#sampler = new HeapSampler(target);
    this.#allocations = new Allocations(this.#sampler, this.#places, originalsOf, () => this.#drainWhenDue());
  }

  /** Takes functions of the thread that others have seen: V8 may forget where they are before it tells what they allocated. */
  meet(functions: Iterable<CallFrame>): void {
    if (this.#serving.name === 'nothing') return;
    for (const callFrame of functions) this.#places.learn(callFrame);
  }

  /** Different stacks that the profile has now. */
  stackCount(name: HeapProfileName): number {
    if (name === 'allocs') return this.#all?.stackCount ?? 0;
    return this.#serving.name === 'heap' ? this.#serving.inUse.stackCount : 0;
  }

  /** Whether V8's heap sampler runs for us. */
  get isServing(): boolean {
    return this.#serving.name !== 'nothing';
  }

  /** Of what allocated. */
  frames(): Iterable<Frame> {
    return this.#all?.frames() ?? [];
  }

  /** Objects that were sampled, and bytes that they stand for, as of the last reading. */
  get allocated(): { readonly samples: number; readonly bytes: number } {
    return this.#all ?? { samples: 0, bytes: 0 };
  }

  /** The longest that a reading held up the thread, at most, in milliseconds. */
  get longestReadMs(): number {
    return this.#sampler.readings.longestMs;
  }

  /**
   * Serves this profile from now on, and never the other; without a name, whatever is asked for, and nothing until then.
   * @throws {HeapSamplerTakenError}
   */
  pin(name?: HeapProfileName): Promise<void> {
    return this.#inTurn(async () => {
      if (name !== undefined) {
        await this.#stand(name);
        this.#use.pin(name);
      } else if (this.#use.pinned !== undefined) {
        this.#use.unpin();
        await this.#goBack();
      }
    });
  }

  /**
   * What is in use. Before Node 26 all garbage is collected at each reading. Readings come seldom enough then that this takes
   * 1 % of the time at most, and in between the last one is what there is.
   *
   * @param gc Whether to collect garbage first, at any cost.
   * @throws {HeapSamplerTakenError}
   */
  heap(gc: boolean): Promise<Profile> {
    return this.#inTurn(async () => {
      await this.#stand('heap');
      return this.#inUse(gc);
    });
  }

  /** What is in use at the beginning and at the end of some time. */
  heapOver(pause: () => Promise<void>, gc: boolean): Promise<{ readonly before: Profile; readonly after: Profile }> {
    return this.#collect('heap', async () => {
      const before = await this.#inTurn(() => this.#inUse(gc));
      await pause();
      return { before, after: await this.#inTurn(() => this.#inUse(gc)) };
    });
  }

  /**
   * All that was allocated since the first time that this was asked for, or since the start, until now.
   * @throws {HeapSamplerTakenError}
   */
  allocs(): Promise<Profile> {
    const askedAt = performance.now();
    return this.#inTurn(async () => {
      await this.#stand('allocs');
      const restMs =
        this.#sampler.readings.lastMs * allocsRestFactor - (performance.now() - this.#allocations.completeUntil);
      if (this.#allocations.completeUntil < askedAt && restMs <= longestRestMs) {
        if (restMs > 0) await delay(restMs);
        await this.#drain();
      }
      return this.allAllocated();
    });
  }

  /** The same as of the last reading. */
  allAllocated(notices: readonly string[] = [], originalsOf = this.#originalsOf): Promise<Profile> {
    this.#all ??= this.#allocations.open();
    return this.#allocations.build(this.#all, [...this.#comments(), ...notices], originalsOf);
  }

  /**
   * What was allocated in some time.
   * @throws {HeapSamplerTakenError}
   */
  allocsOver(pause: () => Promise<void>): Promise<Profile> {
    return this.#collect('allocs', async () => {
      const askedAt = performance.now();
      const sum = await this.#inTurn(() => this.#openAt(askedAt));
      try {
        await pause();
        return await this.#inTurn(() => this.#complete(sum));
      } finally {
        this.#allocations.close(sum);
      }
    });
  }

  /**
   * From now on, what is allocated is kept for the reader's {@link take}; or no more.
   * @throws {HeapSamplerTakenError}
   */
  async keep(isKept: boolean, reader: unknown): Promise<void> {
    const askedAt = performance.now();
    await this.#inTurn(async () => {
      const before = this.#sinceTake.get(reader);
      if (before !== undefined) this.#allocations.close(before);
      this.#sinceTake.delete(reader);
      if (!isKept) return;
      await this.#stand('allocs');
      this.#sinceTake.set(reader, await this.#openAt(askedAt));
    });
  }

  isKept(reader: unknown): boolean {
    return this.#sinceTake.has(reader);
  }

  /** The same, before anything is sampled, and from the first allocation that will be, once somebody has them sampled. */
  keepFromStart(reader: unknown): void {
    this.#fromStart.add(reader);
  }

  /** What was allocated since the reader's last take. */
  take(reader: unknown): Promise<Profile> {
    return this.#inTurn(async () => {
      const profile = await this.#complete(this.#kept(reader));
      this.#sinceTake.set(reader, this.#allocations.open());
      return profile;
    });
  }

  /** After {@link finish}: the same, up to the last reading. */
  takeLast(reader: unknown): Promise<Profile> {
    return this.#allocations.build(this.#kept(reader), this.#comments());
  }

  #kept(reader: unknown): AllocationSum {
    const sum = this.#sinceTake.get(reader);
    if (sum !== undefined) return sum;
    throw new Error("allocations are not kept: V8's heap sampler was not to be had, which profiles say why");
  }

  /** Ends sampling, with a last reading of what was allocated. */
  async finish(): Promise<void> {
    this.#isOver = true;
    await this.#inTurn(async () => {
      const { name } = this.#serving;
      await this.#serve(undefined);
      if (name === 'allocs') await this.#readMemory();
    });
  }

  /** One thing at a time is done with the sampler. Rejects when the thread does not answer. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => {});
    return answered(done);
  }

  /** Serves it from now on. To be called in turn, as all that follow. */
  async #stand(name: HeapProfileName): Promise<void> {
    this.#use.stand(name);
    const askedAt = performance.now();
    await this.#serve(name);
    if (name !== 'allocs') return;
    this.#all ??= await this.#openAt(askedAt);
    for (const reader of this.#fromStart) this.#sinceTake.set(reader, this.#allocations.open());
    this.#fromStart.clear();
  }

  async #collect<T>(name: HeapProfileName, work: () => Promise<T>): Promise<T> {
    await this.#inTurn(async () => this.#use.beginCollection(name));
    try {
      await this.#inTurn(() => this.#serve(name));
      return await work();
    } finally {
      this.#use.endCollection(name);
      // Nobody waits for it, and whoever asks next hears why it cannot be.
      this.#inTurn(() => this.#goBack()).catch(() => {});
    }
  }

  async #goBack(): Promise<void> {
    if (!this.#use.isCollecting && !this.#isOver) await this.#serve(this.#use.standing);
  }

  async #serve(name: HeapProfileName | undefined): Promise<void> {
    const before = this.#serving.name;
    if (before === (name ?? 'nothing')) return;
    this.#serving = nothing;
    if (before === 'allocs') await this.#allocations.stop();
    if (before === 'heap') await this.#sampler.stop();
    if (name === 'allocs') this.#serving = { name, sinceMs: await this.#allocations.start() };
    if (name === 'heap') {
      const sinceMs = await this.#sampler.start(heapSettings(name));
      this.#serving = { name, sinceMs, inUse: new InUse(sinceMs) };
    }
    if (name !== undefined) this.#served = this.#serving;
  }

  async #inUse(gc: boolean): Promise<Profile> {
    if (this.#serving.name !== 'heap') throw new Error('the heap is not sampled: ask again');
    const { inUse } = this.#serving;
    const restMs = this.#sampler.collectsAtRead ? this.#sampler.readings.lastMs * inUseRestFactor : 0;
    if (inUse.readAtMs === 0 || gc || Date.now() - inUse.readAtMs >= restMs) {
      if (gc && !this.#sampler.collectsAtRead) await this.#sampler.collectGarbage();
      const tree = await this.#sampler.read().catch((error: Error) => this.#onFailure(error));
      inUse.take(tree, this.#places);
      await this.#readMemory();
    }
    return inUse.build(this.#originalsOf, this.#comments());
  }

  /** The program has ended the sampler, or the session is over. */
  #onFailure(error: Error): never {
    this.#serving = nothing;
    throw error;
  }

  async #openAt(askedAt: number): Promise<AllocationSum> {
    if (this.#allocations.completeUntil < askedAt) await this.#allocations.drain();
    return this.#allocations.open();
  }

  /** Closes the sum with all that was allocated until now. */
  async #complete(sum: AllocationSum): Promise<Profile> {
    await this.#drain();
    this.#allocations.close(sum);
    return this.#allocations.build(sum, this.#comments());
  }

  async #drain(): Promise<void> {
    if (this.#serving.name === 'allocs') await this.#allocations.drain();
    await this.#readMemory();
  }

  #drainWhenDue(): void {
    this.#inTurn(async () => {
      if (this.#serving.name === 'allocs') await this.#allocations.drain();
    }).catch(() => {});
  }

  async #readMemory(): Promise<void> {
    this.#memory = [await processMemory(this.#target)];
  }

  #comments(): string[] {
    const comments = [...this.#memory, 'worker threads have heaps of their own, which are not in it'];
    if (this.#served.name !== 'nothing') {
      const { name, sinceMs } = this.#served;
      comments.push(useComment(name, sinceMs, this.#use.pinned === name));
    }
    return [...comments, ...readingComments(this.#sampler)];
  }
}
