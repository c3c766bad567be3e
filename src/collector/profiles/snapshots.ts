import { ProfileBuilder } from '../../profile/builder.js';
import type { Frame } from '../../profile/frame.js';
import type { ValueType } from '../../profile/model.js';
import type { Profile } from '../../profile/profile.js';
import { type OriginalsOf, withOriginals } from '../../profile/source-maps/with-originals.js';
import { nowMicros } from '../../protocol/monotonic-clock.js';
import { within } from '../../protocol/within.js';
import { HeapProfiles } from '../heap/heap-profiles.js';
import { ThreadControl } from '../inspector/thread-control.js';
import { answered } from '../patience.js';
import type { Sampler } from '../sampling/sampler.js';
import type { ThreadWindow } from '../sampling/thread-window.js';
import type { StallWatch } from '../stalls/stall-watch.js';
import { difference } from './difference.js';
import type { SnapshotName, SnapshotOptions } from './profile-source.js';

/** How long a count may take: the index is to be there while the thread is blocked. Milliseconds. */
const countPatienceMs = 250;
/** How long the last window is waited for when there is something to tell without it. Milliseconds. */
const windowPatienceMs = 1000;

/** A thread whose last sample is older may do something else by now: idle ones are sampled too, if the machine has time. */
const runningMicros = 1_000_000;

/** The profiles that show how things stand now. */
export class Snapshots {
  readonly heap: HeapProfiles;
  readonly #sampler: Sampler;
  readonly #stallWatch: StallWatch;
  readonly #originalsOf: OriginalsOf;
  /** What was busy in the last {@link runningMicros}, by the name of the thread. */
  readonly #running = new Map<string, { readonly timeMicros: number; readonly frames: readonly Frame[] }>();
  readonly #taking = new Set<Promise<Profile>>();

  constructor(sampler: Sampler, stallWatch: StallWatch, originalsOf: OriginalsOf) {
    this.#sampler = sampler;
    this.#stallWatch = stallWatch;
    this.#originalsOf = originalsOf;
    this.heap = new HeapProfiles(sampler.mainThread, originalsOf);
  }

  /** Remembers what each thread ran last. */
  add({ threadName, samples, stacks }: ThreadWindow): void {
    const last = samples.at(-1);
    if (last === undefined) return;
    const { timeMicros, isIdle } = last;
    const frames = isIdle ? [] : (stacks[last.stack] ?? []);
    if (frames.length === 0) this.#running.delete(threadName);
    else this.#running.set(threadName, { timeMicros, frames });
    this.#forgetBefore(timeMicros - runningMicros);
  }

  /** Threads that have ended, of which a program may have any number, among them. */
  #forgetBefore(micros: number): void {
    for (const [threadName, { timeMicros }] of this.#running) {
      if (timeMicros <= micros) this.#running.delete(threadName);
    }
  }

  /** Rejects when the main thread does not answer. */
  take(name: SnapshotName, { gc }: SnapshotOptions): Promise<Profile> {
    return this.#untilSettled(answered(this.#take(name, gc)));
  }

  /** What comes to the profile while a pause lasts. */
  change(name: SnapshotName, options: SnapshotOptions, pause: () => Promise<void>): Promise<Profile> {
    return this.#untilSettled(this.#change(name, options, pause));
  }

  /** Resolves when those that are being taken are there. */
  async settled(): Promise<void> {
    // Whoever has just learnt that the end is near asks for one last time.
    await new Promise((resolve) => setImmediate(resolve));
    await Promise.allSettled(this.#taking);
  }

  #untilSettled(taking: Promise<Profile>): Promise<Profile> {
    this.#taking.add(taking);
    return taking.finally(() => this.#taking.delete(taking));
  }

  async #change(name: SnapshotName, options: SnapshotOptions, pause: () => Promise<void>): Promise<Profile> {
    if (name === 'allocs') return this.heap.allocsOver(pause);
    if (name === 'heap') {
      const { before, after } = await this.heap.heapOver(pause, options.gc);
      return difference(before, after);
    }
    const before = await answered(this.#take(name, options.gc));
    await pause();
    return difference(before, await answered(this.#take(name, options.gc)));
  }

  async count(name: SnapshotName): Promise<number | undefined> {
    switch (name) {
      case 'allocs':
      case 'heap':
        return this.heap.stackCount(name);
      case 'block':
        return this.#stallWatch.block.stackCount;
      case 'mutex':
        return 0;
      case 'threadcreate':
        return this.#sampler.threadNames.length;
      case 'goroutine':
        return (await within(countPatienceMs, this.#activeResources()))?.length;
    }
  }

  async hasServer(): Promise<boolean> {
    const resources = await within(
      countPatienceMs,
      this.#activeResources().catch((): string[] => []),
    );
    return resources?.includes('TCPServerWrap') ?? false;
  }

  async #take(name: SnapshotName, gc: boolean): Promise<Profile> {
    switch (name) {
      case 'heap':
        return this.heap.heap(gc);
      case 'allocs':
        return this.heap.allocs();
      case 'block':
        return this.#block();
      case 'mutex':
        return contentionProfile();
      case 'threadcreate':
        return countProfile(
          name,
          named(this.#sampler.threadNames),
          this.#originalsOf,
          'threads of the program that run JavaScript',
        );
      case 'goroutine':
        return this.#goroutine();
    }
  }

  /** What the program waits for, and what it runs, which is no stack of a goroutine, but what one looks for there. */
  async #goroutine(): Promise<Profile> {
    const [resources] = await Promise.all([this.#activeResources(), within(windowPatienceMs, this.#sampler.rotate())]);
    this.#forgetBefore(nowMicros() - runningMicros);
    const stacks = [...[...this.#running.values()].map(({ frames }) => frames), ...named(resources)];
    return countProfile(
      'goroutine',
      stacks,
      this.#originalsOf,
      'what threads run now, by its stack, and what keeps the event loop alive, by its kind',
    );
  }

  /** The first one begins the watch. What a blocked thread does not give away yet comes with the next. */
  async #block(): Promise<Profile> {
    this.#stallWatch.start();
    await within(windowPatienceMs, this.#sampler.rotate());
    return this.lastBlock();
  }

  /** After the end of sampling. */
  lastBlock(): Promise<Profile> {
    return this.#stallWatch.block.build(this.#originalsOf, this.#stallWatch.comments());
  }

  async #activeResources(): Promise<string[]> {
    const control = await ThreadControl.attach(this.#sampler.mainThread);
    return control.activeResources().catch(() => []);
  }
}

/** Counts equal stacks. */
async function countProfile(
  type: SnapshotName,
  stacks: readonly (readonly Frame[])[],
  originalsOf: OriginalsOf,
  comment: string,
): Promise<Profile> {
  const valueType: ValueType = { type, unit: 'count' };
  const builder = newBuilder([valueType], valueType);
  for (const frames of stacks) {
    const stack = builder.locations(frames);
    builder.add(stack, [1]);
  }
  const originals = await withOriginals(builder, originalsOf);
  return originals.builder.build({ comments: [comment, ...originals.comments] });
}

/** Without entries: JavaScript has no locks that V8 could tell about. */
function contentionProfile(): Profile {
  const contentions: ValueType = { type: 'contentions', unit: 'count' };
  return newBuilder([contentions, { type: 'delay', unit: 'nanoseconds' }], contentions).build();
}

function newBuilder(sampleTypes: readonly ValueType[], periodType: ValueType): ProfileBuilder {
  return new ProfileBuilder({
    sampleTypes,
    periodType,
    period: 1,
    timeNanos: BigInt(Date.now()) * 1_000_000n,
    durationNanos: 0n,
  });
}

/** Stacks of one frame each, of what has a name only. */
function named(names: readonly string[]): Frame[][] {
  return names.map((functionName) => [{ functionName, file: '', startLine: 0, line: 0 }]);
}
