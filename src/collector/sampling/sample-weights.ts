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

/** The time between two samples. */
interface Gap {
  readonly fromMicros: number;
  readonly toMicros: number;
  /** The sample at its end; the one at its beginning, if it is of this window, is the one before. */
  readonly sample: number;
  /** How long from its beginning on the thread may still have done what it was found at, at most a period. */
  readonly sharedMicros: number;
}

/**
 * How much CPU time, and how much time at all, does each sample stand for?
 *
 * Samples are not equal. One that V8 takes during a wait stands for no CPU time, and the one after a long system call, in
 * which there can be none, for all of it. So a sample has the time since the one before it, by V8's clock and by the
 * thread's CPU clock. But for a period from a sample on the thread may still have done what it was found at: the longer
 * ago, the less likely. Time in which the whole process stood still is nobody's.
 *
 * The clock is read every few milliseconds only. What was spent between two readings goes to the samples that lie there by
 * how much of its time each one's function works, which is seen from the other gaps where it was.
 */
export function weigh(samples: readonly WindowSample[], time: WeighedTime): SampleWeights {
  const gaps = gapsOf(samples, time);
  const wallNanos = new Float64Array(samples.length);
  for (const { fromMicros, toMicros, sample, sharedMicros } of gaps) {
    const before = sharedMicros / 2;
    const micros = toMicros - fromMicros - time.frozenMicros(fromMicros, toMicros);
    const shared = Math.min(before, Math.max(0, micros));
    if (shared > 0) wallNanos[sample - 1] = (wallNanos[sample - 1] as number) + shared * 1000;
    wallNanos[sample] = (wallNanos[sample] as number) + Math.max(0, micros - shared) * 1000;
  }
  const cpuNanos = cpuOf(samples, gaps, time) ?? wallNanos.map((nanos, i) => (samples[i]?.isIdle ? 0 : nanos));
  const owedNanos = moveFromIdle(cpuNanos, samples, time.owedNanos);
  return { cpuNanos: whole(cpuNanos), wallNanos: whole(wallNanos), owedNanos };
}

function gapsOf(samples: readonly WindowSample[], { fromMicros, periodMicros }: WeighedTime): Gap[] {
  return samples.map(({ timeMicros }, sample) => {
    const before = samples[sample - 1]?.timeMicros;
    const sharedMicros = before === undefined ? 0 : Math.min(periodMicros, timeMicros - before);
    return { fromMicros: before ?? fromMicros, toMicros: timeMicros, sample, sharedMicros };
  });
}

/** How often functions are looked at anew: the first look does not know yet which ones wait. */
const looks = 3;

function cpuOf(
  samples: readonly WindowSample[],
  gaps: readonly Gap[],
  { cpu, densities, functionOf }: WeighedTime,
): Float64Array<ArrayBuffer> | undefined {
  const last = gaps.at(-1);
  if (cpu === undefined || last === undefined) return cpu && new Float64Array(samples.length);
  const readings = cpu.takeUntil(last.toMicros);
  const functions = samples.map((sample) => (sample.isIdle ? '' : functionOf(sample)));
  let seen = new Map<string, { cpuNanos: number; micros: number }>();
  let nanos = new Float64Array(samples.length);
  for (let look = 0; look < looks; look++) {
    const weights = functions.map((name) => (name === '' ? 0 : densities.of(name, seen.get(name))));
    nanos = share(readings, gaps, weights);
    seen = new Map();
    for (const { fromMicros, toMicros, sample, sharedMicros } of gaps) {
      see(seen, functions[sample - 1], 0, sharedMicros / 2);
      see(seen, functions[sample], nanos[sample] as number, toMicros - fromMicros - sharedMicros / 2);
    }
  }
  for (const [name, entry] of seen) densities.learn(name, entry);
  return nanos;
}

function see(
  seen: Map<string, { cpuNanos: number; micros: number }>,
  name: string | undefined,
  cpuNanos: number,
  micros: number,
): void {
  if (name === undefined || name === '') return;
  const entry = seen.get(name) ?? { cpuNanos: 0, micros: 0 };
  entry.cpuNanos += cpuNanos;
  entry.micros += micros;
  seen.set(name, entry);
}

/**
 * Gives what was spent between each two readings to the samples at the ends of the gaps that lie there.
 * @param weights Of a microsecond of each sample, compared with the others'; 0 for one that found the thread idle, which
 *   gets something only where nobody else is.
 */
function share(
  { micros, nanos }: CpuReadings,
  gaps: readonly Gap[],
  weights: readonly number[],
): Float64Array<ArrayBuffer> {
  const shares = new Float64Array(weights.length);
  const parts: { readonly sample: number; readonly micros: number }[] = [];
  let first = 0;
  for (let i = 1; i < micros.length; i++) {
    const [from, to] = [micros[i - 1] as number, micros[i] as number];
    const spent = (nanos[i] as number) - (nanos[i - 1] as number);
    while (first < gaps.length - 1 && (gaps[first] as Gap).toMicros <= from) first++;
    if (spent <= 0) continue;
    parts.length = 0;
    for (let k = first; k < gaps.length && (gaps[k] as Gap).fromMicros < to; k++)
      addParts(parts, gaps[k] as Gap, from, to);
    const weighed = parts.reduce((sum, part) => sum + part.micros * (weights[part.sample] as number), 0);
    const unweighed = parts.reduce((sum, part) => sum + part.micros, 0);
    for (const { sample, micros } of parts) {
      const part = weighed > 0 ? (micros * (weights[sample] as number)) / weighed : micros / unweighed;
      shares[sample] = (shares[sample] as number) + spent * part;
    }
  }
  return shares;
}

/** What the samples at both ends of a gap have of it between two moments. */
function addParts(
  parts: { readonly sample: number; readonly micros: number }[],
  { fromMicros, toMicros, sample, sharedMicros }: Gap,
  from: number,
  to: number,
): void {
  const start = Math.max(from, fromMicros) - fromMicros;
  const end = Math.min(to, toMicros) - fromMicros;
  if (end <= start) return;
  const sharedStart = Math.min(start, sharedMicros);
  const sharedEnd = Math.min(end, sharedMicros);
  // The likelihood falls from 1 to 0: the part is the area below that line.
  const before =
    sharedEnd > sharedStart ? (sharedEnd - sharedStart) * (1 - (sharedStart + sharedEnd) / (2 * sharedMicros)) : 0;
  if (before > 0) parts.push({ sample: sample - 1, micros: before });
  if (end - start > before) parts.push({ sample, micros: end - start - before });
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
