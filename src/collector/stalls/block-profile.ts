import { type Labels, ProfileBuilder } from '../../profile/builder.js';
import type { Frame } from '../../profile/frame.js';
import type { Profile } from '../../profile/profile.js';
import { type OriginalsOf, withOriginals } from '../../profile/source-maps/with-originals.js';
import type { StallReport } from '../../protocol/stall-report.js';
import { LabelLimits } from '../labels/label-limits.js';
import type { ThreadWindow } from '../sampling/thread-window.js';

const limits = { samples: 65_536, locations: 65_536 };

/** Time in which the event loop could not turn, by the stack that held it. It only grows, as Go's does. */
export class BlockProfile {
  readonly #startedAtMs = Date.now();
  readonly #labelLimits = new LabelLimits();
  readonly #builder = new ProfileBuilder(
    {
      sampleTypes: [
        { type: 'contentions', unit: 'count' },
        { type: 'delay', unit: 'nanoseconds' },
      ],
      periodType: { type: 'contentions', unit: 'count' },
      period: 1,
      timeNanos: 0n,
      durationNanos: 0n,
    },
    limits,
  );

  /** Different stacks that have held the loop. */
  get stackCount(): number {
    return this.#builder.sampleCount;
  }

  /** @param samples Indices of those that were taken during a stall. */
  addTime(window: ThreadWindow, samples: readonly number[]): void {
    for (const i of samples) {
      const frames = window.stacks[window.samples[i]?.stack ?? -1] ?? [];
      this.#add(frames, [0, window.wallNanosOf(i)], window.labelsOf(i));
    }
  }

  /** A stall that is over counts at the stack that took most of it. */
  addStall({ stacks: [stack], durationMs }: StallReport): void {
    if (stack !== undefined) {
      this.#add(stack.frames, [1, 0], stack.labels);
    } else {
      const native: Frame = { functionName: '(native code)', file: '', startLine: 0, line: 0 };
      this.#add([native], [1, durationMs * 1e6], undefined);
    }
  }

  async build(originalsOf: OriginalsOf, comments: readonly string[]): Promise<Profile> {
    const originals = await withOriginals(this.#builder, originalsOf);
    const nowMs = Date.now();
    return originals.builder.build({
      timeNanos: BigInt(nowMs) * 1_000_000n,
      durationNanos: BigInt(nowMs - this.#startedAtMs) * 1_000_000n,
      comments: [...comments, ...originals.comments],
    });
  }

  #add(frames: readonly Frame[], values: readonly number[], labels: Labels | undefined): void {
    const stack = this.#builder.locations(frames);
    this.#builder.add(stack, values, labels && this.#labelLimits.apply(labels));
  }
}
