import type { CpuDensities } from './cpu-densities.js';
import type { CpuReadings, CpuTimeline } from './cpu-timeline.js';
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
  readonly periodMicros: number;
  /** Of the thread; `undefined` where the system does not tell. */
  readonly cpu: CpuTimeline | undefined;
  readonly densities: CpuDensities;
  /** What function a sample has found at work, by whatever name. */
  readonly functionOf: (sample: WindowSample) => string;
  /** CPU time of windows before that had no sample to carry it. */
  readonly owedNanos: number;
  /** How long the whole process stood still between two moments, in microseconds. */
  readonly frozenMicros: (fromMicros: number, toMicros: number) => number;
}

/** A stretch of a thread's time, and the sample that stands for it. */
interface Stretch {
  readonly fromMicros: number;
  readonly toMicros: number;
  readonly sample: number;
}

/**
 * How much CPU time, and how much time at all, does each sample stand for?
 *
 * Samples are not equal. One that V8 takes during a wait stands for no CPU time, and the one after a long system call, in
 * which there can be none, for all of it. So a sample has the time since the one before it, by V8's clock and by the
 * thread's CPU clock; but for half a period, for which the one before stands. Time in which the whole process stood still is
 * nobody's.
 *
 * The clock is read every few milliseconds only. What was spent between two readings goes to the samples that lie there by
 * how much of its time each one's function works, which is seen from the other stretches where it was.
 */
export function weigh(samples: readonly WindowSample[], time: WeighedTime): SampleWeights {
  const stretches = stretchesOf(samples, time);
  const wallNanos = new Float64Array(samples.length);
  for (const { fromMicros, toMicros, sample } of stretches) {
    const micros = Math.max(0, toMicros - fromMicros - time.frozenMicros(fromMicros, toMicros));
    wallNanos[sample] = (wallNanos[sample] as number) + micros * 1000;
  }
  const cpuNanos = cpuOf(samples, stretches, time) ?? wallNanos.map((nanos, i) => (samples[i]?.isIdle ? 0 : nanos));
  const owedNanos = moveFromIdle(cpuNanos, samples, time.owedNanos);
  return { cpuNanos: whole(cpuNanos), wallNanos: whole(wallNanos), owedNanos };
}

function stretchesOf(samples: readonly WindowSample[], { fromMicros, periodMicros }: WeighedTime): Stretch[] {
  const stretches: Stretch[] = [];
  samples.forEach(({ timeMicros }, i) => {
    const before = samples[i - 1]?.timeMicros;
    if (before === undefined) {
      stretches.push({ fromMicros, toMicros: timeMicros, sample: i });
      return;
    }
    const middle = before + Math.min(periodMicros, timeMicros - before) / 2;
    stretches.push({ fromMicros: before, toMicros: middle, sample: i - 1 });
    stretches.push({ fromMicros: middle, toMicros: timeMicros, sample: i });
  });
  return stretches;
}

/** How often functions are looked at anew: the first look does not know yet which ones wait. */
const looks = 3;

function cpuOf(
  samples: readonly WindowSample[],
  stretches: readonly Stretch[],
  { cpu, densities, functionOf }: WeighedTime,
): Float64Array<ArrayBuffer> | undefined {
  const last = stretches.at(-1);
  if (cpu === undefined || last === undefined) return cpu && new Float64Array(samples.length);
  const readings = cpu.takeUntil(last.toMicros);
  const functions = samples.map((sample) => (sample.isIdle ? '' : functionOf(sample)));
  let seen = new Map<string, { cpuNanos: number; micros: number }>();
  let nanos = new Float64Array(samples.length);
  for (let look = 0; look < looks; look++) {
    const weights = functions.map((name) => (name === '' ? 0 : densities.of(name, seen.get(name))));
    nanos = share(readings, stretches, weights);
    seen = new Map();
    for (const [i, name] of functions.entries()) {
      if (name === '') continue;
      const entry = seen.get(name) ?? { cpuNanos: 0, micros: 0 };
      entry.cpuNanos += nanos[i] as number;
      seen.set(name, entry);
    }
    for (const { fromMicros, toMicros, sample } of stretches) {
      const entry = seen.get(functions[sample] as string);
      if (entry !== undefined) entry.micros += toMicros - fromMicros;
    }
  }
  for (const [name, entry] of seen) densities.learn(name, entry);
  return nanos;
}

/**
 * Gives what was spent between each two readings to the samples whose stretches lie there.
 * @param weights Of a microsecond of each sample, compared with the others'; 0 for one that found the thread idle, which
 *   gets something only where nobody else is.
 */
function share(
  { micros, nanos }: CpuReadings,
  stretches: readonly Stretch[],
  weights: readonly number[],
): Float64Array<ArrayBuffer> {
  const shares = new Float64Array(weights.length);
  let first = 0;
  for (let i = 1; i < micros.length; i++) {
    const [from, to] = [micros[i - 1] as number, micros[i] as number];
    const spent = (nanos[i] as number) - (nanos[i - 1] as number);
    while (first < stretches.length - 1 && (stretches[first] as Stretch).toMicros <= from) first++;
    if (spent <= 0) continue;
    let end = first;
    let weighed = 0;
    let unweighed = 0;
    for (; end < stretches.length && (stretches[end] as Stretch).fromMicros < to; end++) {
      const length = overlap(stretches[end] as Stretch, from, to);
      unweighed += length;
      weighed += length * (weights[(stretches[end] as Stretch).sample] as number);
    }
    for (let k = first; k < end; k++) {
      const stretch = stretches[k] as Stretch;
      const length = overlap(stretch, from, to);
      const part = weighed > 0 ? (length * (weights[stretch.sample] as number)) / weighed : length / unweighed;
      if (length > 0) shares[stretch.sample] = (shares[stretch.sample] as number) + spent * part;
    }
  }
  return shares;
}

function overlap({ fromMicros, toMicros }: Stretch, from: number, to: number): number {
  return Math.max(0, Math.min(to, toMicros) - Math.max(from, fromMicros));
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
