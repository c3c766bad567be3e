import type { Frame } from '../../profile/frame.js';
import type { Labels } from '../../protocol/label-records.js';
import type { StallReport } from '../../protocol/stall-report.js';
import type { ThreadWindow } from '../sampling/thread-window.js';

/** The different stacks that one stall keeps; what comes later counts under `(other)`. */
const mostStacks = 4096;

interface StackTime {
  readonly frames: readonly Frame[];
  readonly labels: Labels;
  samples: number;
}

const other: StackTime = {
  frames: [{ functionName: '(other)', file: '', startLine: 0, line: 0 }],
  labels: {},
  samples: 0,
};

/** One stall, while it lasts and after. Times are those of `process.hrtime`, in microseconds. */
export class Stall {
  readonly fromMicros: number;
  readonly #startedAt: number;
  readonly #stacks = new Map<string, StackTime>();
  #samples = 0;
  /** Time that does not count, because the whole machine stood still. */
  #asleepMicros = 0;
  #toMicros: number | undefined;

  constructor(fromMicros: number, nowMicros: number) {
    this.fromMicros = fromMicros;
    this.#startedAt = Math.round(Date.now() - (nowMicros - fromMicros) / 1000);
  }

  end(toMicros: number): void {
    this.#toMicros ??= toMicros;
  }

  sleptFor(micros: number): void {
    this.#asleepMicros += micros;
  }

  lengthMicros(nowMicros: number): number {
    return Math.max(0, (this.#toMicros ?? nowMicros) - this.fromMicros - this.#asleepMicros);
  }

  /** @returns the indices of the samples that were taken during the stall. */
  add(window: ThreadWindow): number[] {
    const taken: number[] = [];
    window.samples.forEach(({ timeMicros, stack, isIdle }, i) => {
      if (isIdle || timeMicros < this.fromMicros || timeMicros > (this.#toMicros ?? Number.POSITIVE_INFINITY)) return;
      taken.push(i);
      this.#samples++;
      this.#stackOf(window.stacks[stack] ?? [], window.labelsOf(i) ?? {}).samples++;
    });
    return taken;
  }

  report(nowMicros: number): StallReport {
    const stacks = [...this.#stacks.values()].sort((a, b) => b.samples - a.samples);
    return {
      startedAt: this.#startedAt,
      durationMs: Math.round(this.lengthMicros(nowMicros) / 1000),
      isOver: this.#toMicros !== undefined,
      stacks: stacks.map(({ frames, labels, samples }) => ({
        frames,
        labels,
        share: samples / this.#samples,
      })),
    };
  }

  #stackOf(frames: readonly Frame[], labels: Labels): StackTime {
    const lines = frames.map(({ functionName, file, line }) => `${line} ${functionName} ${file}`);
    const key = JSON.stringify([labels, ...lines]);
    let entry = this.#stacks.get(key);
    if (entry === undefined) {
      const isFull = this.#stacks.size >= mostStacks;
      entry = (isFull ? this.#stacks.get('') : undefined) ?? (isFull ? { ...other } : { frames, labels, samples: 0 });
      this.#stacks.set(isFull ? '' : key, entry);
    }
    return entry;
  }
}
