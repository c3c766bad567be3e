import type { Frame } from '../../profile/frame.js';
import type { Labels } from '../../protocol/label-records.js';
import type { WindowSample, WindowSamples } from './window.js';

/** The samples of one thread over one window, with the time that each stands for. */
export class ThreadWindow {
  /** Empty for the main thread. */
  readonly threadName: string;
  readonly stacks: readonly (readonly Frame[])[];
  readonly samples: readonly WindowSample[];
  readonly #labels: readonly (Labels | undefined)[];
  readonly #cpuNanos: Share;
  readonly #wallNanos: Share;
  readonly #busyBefore: Int32Array;

  /**
   * @param labels Of each sample that has any.
   * @param cpuNanos Shared over the samples that are not idle, to the last nanosecond.
   * @param wallNanos Shared over all samples.
   */
  constructor(
    threadName: string,
    { stacks, samples }: WindowSamples,
    labels: readonly (Labels | undefined)[],
    cpuNanos: number,
    wallNanos: number,
  ) {
    this.threadName = threadName;
    this.stacks = stacks;
    this.samples = samples;
    this.#labels = labels;
    this.#busyBefore = new Int32Array(samples.length);
    let busy = 0;
    samples.forEach(({ isIdle }, i) => {
      this.#busyBefore[i] = busy;
      if (!isIdle) busy++;
    });
    this.#cpuNanos = new Share(cpuNanos, busy);
    this.#wallNanos = new Share(wallNanos, samples.length);
  }

  labelsOf(i: number): Labels | undefined {
    return this.#labels[i];
  }

  /** CPU time of sample `i`; 0 for an idle one. */
  cpuNanosOf(i: number): number {
    return this.samples[i]?.isIdle ? 0 : this.#cpuNanos.of(this.#busyBefore[i] ?? 0);
  }

  wallNanosOf(i: number): number {
    return this.#wallNanos.of(i);
  }
}

/** A whole number in equal parts that add up to it: the first ones are greater by 1. */
class Share {
  readonly #part: number;
  readonly #rest: number;

  constructor(total: number, parts: number) {
    this.#part = parts === 0 ? 0 : Math.floor(total / parts);
    this.#rest = total - this.#part * parts;
  }

  of(i: number): number {
    return this.#part + (i < this.#rest ? 1 : 0);
  }
}
