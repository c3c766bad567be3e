import { ProfileBuilder } from '../../profile/builder.js';
import { type CallFrame, frameOf } from '../../profile/frame-name.js';
import type { Profile } from '../../profile/profile.js';
import type { Target } from '../inspector/target.js';
import { ThreadControl } from '../inspector/thread-control.js';

/** On average one object in so many bytes is looked at; Go's and V8's own choice. */
const intervalBytes = 512 * 1024;
const stackDepth = 64;
const limits = { samples: 65_536, locations: 65_536 };

/**
 * Where a read collects garbage, what it took is worth so many times as long without another: a program then spends no
 * more than 1 % of its time on being read.
 */
const restFactor = 100;

interface V8HeapProfile {
  readonly head: V8HeapNode;
  readonly samples: readonly V8HeapSample[];
}

interface V8HeapNode {
  readonly id: number;
  readonly callFrame: CallFrame;
  readonly children: readonly V8HeapNode[];
}

interface V8HeapSample {
  /** Bytes that the sample stands for. */
  readonly size: number;
  readonly nodeId: number;
  /** Of this object only. */
  readonly ordinal: number;
}

/** V8's sampling heap profiler on one thread. Nothing runs before the first {@link read}, or {@link start}. */
export class HeapSampler {
  readonly #target: Target;
  readonly #builder: ProfileBuilder;
  /** What is alive, as of the last reading, by ordinal. */
  #alive = new Map<number, { readonly stack: readonly number[]; readonly size: number }>();
  #starting: Promise<void> | undefined;
  #reading: Promise<void> | undefined;
  #collectsAtRead = false;
  #startedAtMs = 0;
  #readAtMs = 0;
  #tookMs = 0;

  constructor(target: Target) {
    this.#target = target;
    this.#builder = new ProfileBuilder(
      {
        sampleTypes: [
          { type: 'alloc_objects', unit: 'count' },
          { type: 'alloc_space', unit: 'bytes' },
          { type: 'inuse_objects', unit: 'count' },
          { type: 'inuse_space', unit: 'bytes' },
        ],
        periodType: { type: 'space', unit: 'bytes' },
        period: intervalBytes,
        timeNanos: 0n,
        durationNanos: 0n,
      },
      limits,
    );
  }

  /** Different stacks that have allocated, as far as was seen. */
  get stackCount(): number {
    return this.#builder.sampleCount;
  }

  start(): Promise<void> {
    this.#starting ??= this.#start().catch((error) => {
      this.#starting = undefined;
      throw error;
    });
    return this.#starting;
  }

  /**
   * What was allocated since the start and is in use now.
   *
   * Before Node 26 the inspector collects all garbage at each read. Reads come seldom enough then, and in between the last
   * one is what there is, that it takes 1 % of the time at most.
   *
   * @param gc Whether to collect garbage first, at any cost.
   */
  async read(defaultType: 'inuse_space' | 'alloc_space', gc: boolean): Promise<Profile> {
    await this.start();
    const restMs = this.#collectsAtRead ? this.#tookMs * restFactor : 0;
    if (this.#readAtMs === 0 || gc || Date.now() - this.#readAtMs >= restMs) {
      this.#reading ??= this.#read(gc).finally(() => {
        this.#reading = undefined;
      });
      await this.#reading;
    }
    return this.#builder.build({
      timeNanos: BigInt(this.#readAtMs) * 1_000_000n,
      durationNanos: BigInt(this.#readAtMs - this.#startedAtMs) * 1_000_000n,
      comments: this.#comments(),
      defaultSampleType: defaultType,
    });
  }

  /** Asks for the end of sampling, and does not wait for it. Before Node 26 it ends with the inspector's session. */
  stop(): void {
    if (this.#startedAtMs > 0 && !this.#collectsAtRead) this.#target.post('HeapProfiler.stopSampling').catch(() => {});
  }

  async #start(): Promise<void> {
    // Node's own function, since 26, starts the sampler that the inspector reads, but without its order to collect all
    // garbage at each read. The handle's own `stop` would be the only other way to read it.
    const control = await ThreadControl.attach(this.#target);
    this.#collectsAtRead = !(await control.startHeap(intervalBytes, stackDepth));
    if (this.#collectsAtRead) {
      await this.#target.post('HeapProfiler.startSampling', { samplingInterval: intervalBytes, stackDepth });
    }
    this.#startedAtMs = Date.now();
  }

  async #read(gc: boolean): Promise<void> {
    if (gc && !this.#collectsAtRead) await this.#target.post('HeapProfiler.collectGarbage');
    const start = performance.now();
    const { profile } = (await this.#target.post('HeapProfiler.getSamplingProfile')) as { profile: V8HeapProfile };
    this.#tookMs = performance.now() - start;
    this.#readAtMs = Date.now();
    this.#take(profile);
  }

  #take({ head, samples }: V8HeapProfile): void {
    const stacks = new Map<number, number[]>();
    this.#walk(head, [], stacks);
    const alive = new Map<number, { readonly stack: readonly number[]; readonly size: number }>();
    for (const { ordinal, nodeId, size } of samples) {
      const known = this.#alive.get(ordinal);
      this.#alive.delete(ordinal);
      const entry = known ?? { stack: stacks.get(nodeId) ?? [], size };
      if (known === undefined) this.#builder.add(entry.stack, [1, size, 1, size]);
      alive.set(ordinal, entry);
    }
    for (const { stack, size } of this.#alive.values()) this.#builder.add(stack, [0, 0, -1, -size]);
    this.#alive = alive;
  }

  /** Deep trees are rare, but they are the program's to make: no recursion. */
  #walk(head: V8HeapNode, callers: readonly number[], stacks: Map<number, number[]>): void {
    const open: { node: V8HeapNode; callers: readonly number[] }[] = [{ node: head, callers }];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const { node, callers } = next;
      const stack = node === head ? [] : [this.#builder.location(frameOf(node.callFrame)), ...callers];
      stacks.set(node.id, stack);
      for (const child of node.children) open.push({ node: child, callers: stack });
    }
  }

  #comments(): string[] {
    const ageSeconds = Math.round((Date.now() - this.#readAtMs) / 1000);
    const comments = [
      `heap of the main thread, sampled since ${new Date(this.#startedAtMs).toISOString()}: what was allocated before is not in it`,
      'alloc_ counts objects that were alive at some reading: V8 forgets those that die before; objects are the sampled ones, space is scaled',
    ];
    const why = this.#collectsAtRead ? ', with the collection of all garbage that Node needs for it before 26' : '';
    comments.push(`read ${ageSeconds} s ago, which held up the thread for ${this.#tookMs.toFixed(1)} ms${why}`);
    return comments;
  }
}
