import type { CpuTimeline, Stretch } from './cpu-timeline.js';
import type { WindowSample } from './window.js';

/** What the samples of one window stand for, in whole nanoseconds. */
export interface SampleWeights {
  readonly cpuNanos: Float64Array<ArrayBuffer>;
  readonly wallNanos: Float64Array<ArrayBuffer>;
  /** CPU time that no sample of the window can carry, for the next one that comes. */
  readonly owedNanos: number;
}

export interface WeighedTime {
  /** The sample before the first one, or where sampling began. */
  readonly fromMicros: number;
  /** Of the thread; `undefined` where the system does not tell. */
  readonly cpu: CpuTimeline | undefined;
  /** The end of sampling, up to which the last sample stands for what the thread did; if it is the end. */
  readonly untilMicros?: number;
  /** CPU time of windows before that had no sample to carry it. */
  readonly owedNanos: number;
  /** How long the whole process stood still between two moments, in microseconds. */
  readonly frozenMicros: (fromMicros: number, toMicros: number) => number;
}

/**
 * How much CPU time, and how much time at all, does each sample stand for? What passed since the sample before it, by the
 * thread's CPU clock and by V8's. Time in which the whole process stood still is nobody's.
 */
export function weigh(samples: readonly WindowSample[], time: WeighedTime): SampleWeights {
  const stretches = samples.map(({ timeMicros, isIdle }, i): Stretch => {
    return { fromMicros: samples[i - 1]?.timeMicros ?? time.fromMicros, toMicros: timeMicros, isIdle };
  });
  const wall = Float64Array.from(stretches, ({ fromMicros, toMicros }) => {
    return Math.max(0, toMicros - fromMicros - time.frozenMicros(fromMicros, toMicros)) * 1000;
  });
  const last = stretches.at(-1);
  if (last !== undefined && time.untilMicros !== undefined)
    stretches[stretches.length - 1] = { ...last, toMicros: Math.max(last.toMicros, time.untilMicros) };
  const cpu = time.cpu?.take(stretches) ?? wall.map((nanos, i) => (samples[i]?.isIdle ? 0 : nanos));
  const owedNanos = moveFromIdle(cpu, samples, time.owedNanos);
  return { cpuNanos: whole(cpu), wallNanos: whole(wall), owedNanos };
}

/**
 * A thread works for a moment between two samples that find it idle: that belongs to the next sample that finds it at work,
 * or else to the one before.
 */
function moveFromIdle(cpu: Float64Array, samples: readonly WindowSample[], before: number): number {
  let owed = before;
  let lastBusy = -1;
  samples.forEach(({ isIdle }, i) => {
    if (isIdle) {
      owed += cpu[i] ?? 0;
      cpu[i] = 0;
    } else {
      cpu[i] = (cpu[i] ?? 0) + owed;
      owed = 0;
      lastBusy = i;
    }
  });
  if (lastBusy === -1) return owed;
  cpu[lastBusy] = (cpu[lastBusy] ?? 0) + owed;
  return 0;
}

/** Rounded so that the sum is the rounded sum. */
function whole(values: Float64Array): Float64Array<ArrayBuffer> {
  let sum = 0;
  let given = 0;
  return Float64Array.from(values, (value) => {
    sum += value;
    const part = Math.round(sum) - given;
    given += part;
    return part;
  });
}
