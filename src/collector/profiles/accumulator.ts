import { ProfileBuilder } from '../../profile/builder.js';
import type { Frame } from '../../profile/frame.js';
import type { Profile } from '../../profile/profile.js';
import { type OriginalsOf, withOriginals } from '../../profile/source-maps/with-originals.js';
import type { ProfileKind } from '../../protocol/messages.js';
import { nowMicros } from '../../protocol/monotonic-clock.js';
import { LabelLimits } from '../labels/label-limits.js';
import type { SamplingTotals } from '../sampling/sampling-totals.js';
import type { ThreadWindow } from '../sampling/thread-window.js';

export interface AccumulatorOptions {
  readonly kind: ProfileKind;
  readonly sampleRate: number;
  /** On the clock of `process.hrtime`: only samples after it count. */
  readonly fromMicros: number;
  /** What was sampled, and lost, before. */
  readonly before: SamplingTotals;
}

/**
 * The most pairs of stack and labels, and the most frames, that one accumulator tells apart. What comes later is counted
 * under `(other)`, so that a program that makes up new code for ever does not fill the memory.
 */
const limits = { samples: 65_536, locations: 65_536 };

/** Adds up the windows of all threads for one reader: a whole run, a collection of some seconds, all since the last take. */
export class Accumulator {
  readonly before: SamplingTotals;
  readonly kind: ProfileKind;
  readonly #fromMicros: number;
  readonly #builder: ProfileBuilder;
  readonly #labelLimits = new LabelLimits();
  #toMicros = Number.POSITIVE_INFINITY;
  #takesLateTime = false;

  constructor({ kind, sampleRate, fromMicros, before }: AccumulatorOptions) {
    this.kind = kind;
    this.before = before;
    this.#fromMicros = fromMicros;
    const ageNanos = process.hrtime.bigint() - BigInt(Math.round(fromMicros)) * 1000n;
    const valueType = { type: kind, unit: 'nanoseconds' };
    this.#builder = new ProfileBuilder(
      {
        sampleTypes: [{ type: 'samples', unit: 'count' }, valueType],
        periodType: valueType,
        period: Math.round(1e9 / sampleRate),
        timeNanos: BigInt(Date.now()) * 1_000_000n - ageNanos,
        durationNanos: 0n,
      },
      limits,
    );
  }

  /** Samples that went to `(other)`. */
  get otherSamples(): number {
    return this.#builder.otherCount;
  }

  /** Frames of windows that became `(other)`. */
  get otherFrames(): number {
    return this.#builder.otherLocationCount;
  }

  /** Labels that were put under `(other)`. */
  get otherLabels(): number {
    return this.#labelLimits.exceeded;
  }

  frames(): Iterable<Frame> {
    return this.#builder.frames();
  }

  /** Samples after this time do not count. */
  endAt(toMicros: number): void {
    this.#toMicros = toMicros;
  }

  /**
   * From now on, time that comes late, for samples that have been counted before the accumulator's own time, is its: whoever had
   * those samples has given them out.
   */
  takeLateTime(): void {
    this.#takesLateTime = true;
  }

  add(window: ThreadWindow): void {
    const stacks: (number[] | undefined)[] = [];
    // Stacks of one window have most of their frames in common.
    const locations = new Map<Frame, number>();
    // The main thread's samples carry no such label: most programs have no other thread.
    const threadLabels = window.threadName === '' ? undefined : { thread: window.threadName };
    window.samples.forEach(({ timeMicros, stack, isIdle }, i) => {
      const isLate = window.count === 0 && this.#takesLateTime;
      if ((timeMicros <= this.#fromMicros && !isLate) || timeMicros > this.#toMicros) return;
      if (isIdle && this.kind === 'cpu') return;
      const nanos = this.kind === 'cpu' ? window.cpuNanosOf(i) : window.wallNanosOf(i);
      stacks[stack] ??= this.#builder.locations(window.stacks[stack] ?? [], locations);
      const labels = window.labelsOf(i);
      const bounded = labels && this.#labelLimits.apply(labels);
      this.#builder.add(
        stacks[stack],
        [window.count, nanos],
        bounded && threadLabels ? { ...threadLabels, ...bounded } : (bounded ?? threadLabels),
      );
    });
  }

  /**
   * @param originalsOf Who knows what people wrote.
   * @param commentsNow Sentences about how the samples came about until the call.
   */
  async build(originalsOf: OriginalsOf, commentsNow: () => readonly string[]): Promise<Profile> {
    const { builder, comments } = await withOriginals(this.#builder, originalsOf);
    const lengthMicros = Math.min(this.#toMicros, nowMicros()) - this.#fromMicros;
    return builder.build({
      durationNanos: BigInt(Math.max(0, Math.round(lengthMicros))) * 1000n,
      comments: [...commentsNow(), ...comments],
    });
  }
}
