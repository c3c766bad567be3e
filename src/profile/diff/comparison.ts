/**
 * What changed between two sides of runs, and what is noise?
 *
 * A line (a function, a value of a label) is compared by its odds against the rest: value / (total - value). So it does not
 * matter that one machine was faster, or one run longer. A line that changed makes the odds of all others change, though
 * they did not; so the line that changed most beyond noise is taken out of the rest, and the others are asked anew, until
 * none is left that did.
 *
 *     change = ln(value₂ / rest₂) - ln(value₁ / rest₁)
 *     deviance of a change δ = 2 (ln L(most likely) - ln L(most likely with δ)) / φ
 *
 * L is the likelihood of the numbers of samples, binomial on each side. The interval has all δ whose deviance is at most
 * the square of t's quantile: a profile likelihood interval (Venzon and Moolgavkar, Applied Statistics 37(1), 1988; Agresti,
 * Categorical Data Analysis, 3rd ed., 3.2.6), which also holds for a function that was not there before.
 *
 * φ. Runs of one program differ by more than counting: V8 optimises each anew. From several runs on a side φ is Pearson's
 * statistic over its degrees of freedom (McCullagh and Nelder, Generalized Linear Models, 2nd ed., 4.5.2):
 *
 *     φ = Σ over runs of (n_run - N_run p)² / (N_run p (1 - p)) / (runs - sides)
 *
 * Few runs say little about one line alone, so φ of a line is drawn to that of all lines, the more the less these differ
 * (Smyth, Statistical Applications in Genetics and Molecular Biology 3(1), 2004, section 6.2); t has the degrees of freedom
 * of both. φ is never below 1, nor below that of all lines. With one run on each side nothing can be estimated: then it is
 * `assumedNoise`, and that is said.
 *
 * Many lines are looked at, and the largest of many differences is large by chance. So each interval is at the level
 * 1 - (1 - confidence) / lines (Bonferroni): all of them together hold with the confidence. A line has changed if its
 * interval does not have 0 in it. Lines below a least share on both sides are not looked at.
 */
import { digamma, inverseTrigamma, trigamma, twoSidedQuantile } from './distributions.js';
import type { Observed, Run } from './observation.js';
import { type Counts, deviance, interval } from './odds-ratio.js';

/**
 * How much larger than by counting the variance of a line is taken to be where there is one run on each side. Eight runs of
 * one compile had 2.2 on the average of their functions, ten on a busy machine 3.3, and single functions, which V8 optimises
 * in one of two ways, 5 to 10. With 8, none of the 90 pairs of those ten had a line that was called changed; with 6, four had.
 */
export const assumedNoise = 8;

/** What is compared with must have at least this share on both sides, or else it is no measure of anything. */
const leastRest = 0.1;

/** What is as good as the same, for how much two lines have changed. */
const sameBeyond = 1e-6;

export interface ComparisonOptions {
  /** How likely no line at all is called changed that is not, if nothing changed; below 1. */
  readonly confidence: number;
  /** Lines with less on both sides are not looked at; from 0 to 1. */
  readonly leastShare: number;
  /** Which lines are asked about, whatever their share; without it, all that have the least share. */
  readonly isWanted?: (line: Observed) => boolean;
  /** Whether lines are part of each other, as functions with what they call are. */
  readonly isNested?: boolean;
}

export interface Side {
  readonly runs: number;
  readonly samples: number;
  /** A run, on average. */
  readonly value: number;
}

export interface ComparedLine {
  readonly name: string;
  readonly file: string;
  readonly line: number;
  readonly base: LineOfSide;
  readonly new: LineOfSide;
  /** Of its own value, if all that has not changed took as long: 0.1 for a tenth more. Infinite if it is new. */
  readonly change: number;
  /** The interval of the change; -1 and Infinity where it has no end. */
  readonly least: number;
  readonly most: number;
  readonly verdict: 'more' | 'less' | 'noise';
  /** φ. */
  readonly noise: number;
}

export interface LineOfSide {
  /** A run, on average. */
  readonly value: number;
  /** From 0 to 1. */
  readonly share: number;
  readonly samples: number;
}

export interface Comparison {
  readonly base: Side;
  readonly new: Side;
  /** By how much the shares differ, the most first. */
  readonly lines: readonly ComparedLine[];
  /** What has no line has on each side together, from 0 to 1. */
  readonly others: { readonly base: number; readonly new: number };
  /** The average of all lines' φ, or the one that is assumed. */
  readonly noise: number;
  readonly isNoiseAssumed: boolean;
  readonly confidence: number;
}

interface Candidate {
  readonly observed: Observed;
  /** By side, and in it by run. */
  readonly values: readonly [readonly number[], readonly number[]];
  readonly samples: readonly [number, number];
}

export function compare(base: readonly Run[], fresh: readonly Run[], options: ComparisonOptions): Comparison {
  const sides = [base, fresh] as const;
  const totals = sides.map((runs) => sum(runs.map(({ value }) => value)));
  const counts = sides.map((runs) => sum(runs.map(({ samples }) => samples)));
  const share = ({ values }: Candidate, side: 0 | 1) => ratio(sum(values[side]), totals[side] ?? 0);
  const all = candidates(sides);
  const isLarge = (one: Candidate) => Math.max(share(one, 0), share(one, 1)) >= options.leastShare;
  const isAsked = (one: Candidate) => (options.isWanted === undefined ? isLarge(one) : options.isWanted(one.observed));
  // Those that nobody asked about can have changed all the same.
  const looked = all.filter((one) => sum(one.samples) > 0 && (isAsked(one) || isLarge(one)));
  const asked = looked.filter(isAsked);
  const noise = noiseOf(all, looked, sides);
  const quantileOf = (lines: number) => twoSidedQuantile((1 - options.confidence) / Math.max(1, lines), noise.degrees);
  const quantiles = { asked: quantileOf(asked.length), looked: quantileOf(looked.length) };

  const changed = new Set<Candidate>();
  /** What they have on each side. */
  const changedValue: [number, number] = [0, 0];
  const changeOf = (one: Candidate): Change => {
    const counted: number[] = [];
    const values: number[] = [];
    for (const side of [0, 1] as const) {
      const value = sum(one.values[side]);
      const apart = changedValue[side] - (changed.has(one) ? value : 0);
      const rest = Math.max(0, (totals[side] ?? 0) - value - apart);
      const worth = ratio(totals[side] ?? 0, counts[side] ?? 0) || 1;
      counted.push(samplesOf(one, side, worth), rest / worth);
      values.push(value, rest);
    }
    const [a = 0, b = 0, c = 0, d = 0] = counted;
    const [v = 0, w = 0, x = 0, y = 0] = values;
    const logRatio = Math.log(x * w) - Math.log(v * y);
    // Where samples are not worth the same, the ratio of their numbers is another than that of the values.
    const shift = logRatio - (Math.log(c * b) - Math.log(a * d));
    return { logRatio, counts: [a, b, c, d], shift: Number.isFinite(shift) ? shift : 0 };
  };
  const size = (one: Candidate) => share(one, 0) + share(one, 1);
  const leavesEnough = (one: Candidate) =>
    ([0, 1] as const).every((side) => {
      const total = totals[side] ?? 0;
      return total - changedValue[side] - sum(one.values[side]) >= leastRest * total;
    });
  while (!options.isNested) {
    let most: { readonly one: Candidate; readonly beyond: number } | undefined;
    for (const one of looked) {
      if (changed.has(one) || !leavesEnough(one)) continue;
      const { counts, shift } = changeOf(one);
      const beyond = Math.sqrt(deviance(counts, -shift) / noise.of(one));
      if (beyond <= quantiles.looked || beyond < (most?.beyond ?? 0) * (1 - sameBeyond)) continue;
      // Of two that are all there is, both have changed as much: the lesser one is it.
      const isSame = most !== undefined && beyond <= most.beyond * (1 + sameBeyond);
      if (!isSame || size(one) < size(most?.one ?? one)) most = { one, beyond };
    }
    if (most === undefined) break;
    changed.add(most.one);
    changedValue[0] += sum(most.one.values[0]);
    changedValue[1] += sum(most.one.values[1]);
  }

  const lines = asked.map((one): ComparedLine => {
    const { logRatio, counts, shift } = changeOf(one);
    const [least = 0, most = 0] = interval(counts, quantiles.asked ** 2 * noise.of(one)).map((end) => end + shift);
    const ofSide = (side: 0 | 1): LineOfSide => ({
      value: sum(one.values[side]) / Math.max(1, sides[side].length),
      share: share(one, side),
      samples: one.samples[side],
    });
    return {
      name: one.observed.name,
      file: one.observed.file,
      line: one.observed.line,
      base: ofSide(0),
      new: ofSide(1),
      change: Number.isNaN(logRatio) ? 0 : Math.expm1(logRatio),
      least: Math.expm1(least),
      most: Math.expm1(most),
      verdict: least > 0 ? 'more' : most < 0 ? 'less' : 'noise',
      noise: noise.of(one),
    };
  });
  const shown = (side: 0 | 1) => Math.max(0, 1 - sum(asked.map((one) => share(one, side))));
  const sideOf = (side: 0 | 1): Side => ({
    runs: sides[side].length,
    samples: counts[side] ?? 0,
    value: (totals[side] ?? 0) / Math.max(1, sides[side].length),
  });
  return {
    base: sideOf(0),
    new: sideOf(1),
    lines: lines.sort((a, b) => Math.abs(b.new.share - b.base.share) - Math.abs(a.new.share - a.base.share)),
    others: options.isNested ? { base: 0, new: 0 } : { base: shown(0), new: shown(1) },
    noise: noise.average,
    isNoiseAssumed: noise.isAssumed,
    confidence: options.confidence,
  };
}

function candidates(sides: readonly [readonly Run[], readonly Run[]]): Candidate[] {
  const keys = new Map<string, Observed>();
  for (const { observed } of sides.flat()) for (const [key, line] of observed) keys.set(key, line);
  return Array.from(keys, ([key, observed]) => {
    const values = (runs: readonly Run[]) => runs.map((run) => run.observed.get(key)?.value ?? 0);
    const samples = (runs: readonly Run[]) => sum(runs.map((run) => run.observed.get(key)?.samples ?? 0));
    return { observed, values: [values(sides[0]), values(sides[1])], samples: [samples(sides[0]), samples(sides[1])] };
  });
}

/**
 * As many samples of average worth as its value is, but not more than there are: a few that are worth much, as samples
 * after a long system call, are few.
 */
function samplesOf(one: Candidate, side: 0 | 1, worth: number): number {
  return Math.min(one.samples[side], sum(one.values[side]) / worth);
}

interface Change {
  /** The logarithm of the ratio of the odds by value; infinite where one side has none. */
  readonly logRatio: number;
  readonly counts: Counts;
  /** What the logarithm of the ratio by value is more than that by counts. */
  readonly shift: number;
}

interface Noise {
  of(one: Candidate): number;
  readonly average: number;
  readonly degrees: number;
  readonly isAssumed: boolean;
}

/** Lines that are met less often in a run say nothing of φ: Pearson's statistic wants some. */
const leastExpected = 5;

function noiseOf(
  all: readonly Candidate[],
  looked: readonly Candidate[],
  sides: readonly [readonly Run[], readonly Run[]],
): Noise {
  const degrees = sum(sides.map((runs) => Math.max(0, runs.length - 1)));
  if (degrees === 0) {
    return { of: () => assumedNoise, average: assumedNoise, degrees: Number.POSITIVE_INFINITY, isAssumed: true };
  }
  const own = new Map<Candidate, number>();
  for (const one of all) {
    const pearson = sum(([0, 1] as const).map((side) => pearsonOf(one, side, sides[side])));
    if (Number.isFinite(pearson)) own.set(one, pearson / degrees);
  }
  const prior = priorOf([...own.values()], degrees);
  // What was learnt of the others holds for this one at least; what is only assumed need not.
  const least = prior.isLearnt ? Math.max(1, prior.noise) : 1;
  const of = (one: Candidate): number => {
    const estimate = own.get(one) ?? prior.noise;
    return Math.max(least, (prior.degrees * prior.noise + degrees * estimate) / (prior.degrees + degrees));
  };
  const average = ratio(sum(looked.map(of)), looked.length) || prior.noise;
  return { of, average, degrees: prior.degrees + degrees, isAssumed: false };
}

/** NaN where too few samples are expected. */
function pearsonOf(one: Candidate, side: 0 | 1, runs: readonly Run[]): number {
  if (runs.length < 2) return 0;
  const total = sum(runs.map(({ value }) => value));
  const worth = ratio(total, sum(runs.map(({ samples }) => samples)));
  const p = ratio(sum(one.values[side]), total);
  // How many average samples one of its samples is worth, if more than one.
  const weight = Math.max(1, ratio(sum(one.values[side]) / worth, one.samples[side]));
  return sum(
    runs.map(({ value }, run) => {
      const expected = (value / worth) * p;
      if (expected < leastExpected) return Number.NaN;
      const seen = (one.values[side][run] ?? 0) / worth;
      return (seen - expected) ** 2 / (expected * (1 - p) * weight || 1);
    }),
  );
}

/** However alike the others are, a line has its own say: V8 takes two ways with some functions, and one with the rest. */
const mostDegrees = 8;

/** What is φ of the lines in general, and how many degrees of freedom is that worth for one of them? */
function priorOf(estimates: readonly number[], degrees: number): { noise: number; degrees: number; isLearnt: boolean } {
  const positive = estimates.filter((estimate) => estimate > 0);
  if (positive.length < 3) {
    // Nothing to learn from: what is assumed, worth as much as three runs.
    return { noise: assumedNoise, degrees: 2, isLearnt: false };
  }
  const logs = positive.map((estimate) => Math.log(estimate) - digamma(degrees / 2) + Math.log(degrees / 2));
  const mean = sum(logs) / logs.length;
  const spread = sum(logs.map((log) => (log - mean) ** 2)) / (logs.length - 1) - trigamma(degrees / 2);
  const prior = spread > 0 ? Math.min(mostDegrees, 2 * inverseTrigamma(spread)) : mostDegrees;
  return { noise: Math.exp(mean + digamma(prior / 2) - Math.log(prior / 2)), degrees: prior, isLearnt: true };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
