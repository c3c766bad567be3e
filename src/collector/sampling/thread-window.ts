import type { Frame } from '../../profile/frame.js';
import type { Labels } from '../../protocol/label-records.js';
import type { WindowSample, WindowSamples } from './window.js';

/** The samples of one thread over one window, with the time that each stands for. */
export class ThreadWindow {
  /** Empty for the main thread. */
  readonly threadName: string;
  readonly stacks: readonly (readonly Frame[])[];
  readonly samples: readonly WindowSample[];
  /** What each sample counts for. */
  readonly count: 0 | 1;
  readonly #labels: readonly (Labels | undefined)[];
  readonly #cpuNanos: ArrayLike<number>;
  readonly #wallNanos: ArrayLike<number>;

  /**
   * @param labels Of each sample that has any.
   * @param cpuNanos What each sample stands for, whole numbers; 0 for an idle one.
   * @param wallNanos Likewise, of all time.
   * @param counts Whether the samples have been counted already, and only their time has not.
   */
  constructor(
    threadName: string,
    { stacks, samples }: Pick<WindowSamples, 'stacks' | 'samples'>,
    labels: readonly (Labels | undefined)[],
    cpuNanos: ArrayLike<number>,
    wallNanos: ArrayLike<number>,
    counts: 'samples' | 'no sample' = 'samples',
  ) {
    this.threadName = threadName;
    this.stacks = stacks;
    this.samples = samples;
    this.#labels = labels;
    this.#cpuNanos = cpuNanos;
    this.#wallNanos = wallNanos;
    this.count = counts === 'samples' ? 1 : 0;
  }

  labelsOf(i: number): Labels | undefined {
    return this.#labels[i];
  }

  cpuNanosOf(i: number): number {
    return this.#cpuNanos[i] ?? 0;
  }

  wallNanosOf(i: number): number {
    return this.#wallNanos[i] ?? 0;
  }
}
