/**
 * How many of two groups are of a kind, and how many are not: `[base, base that is not, new, new that is not]`, none below
 * 0, fractions allowed.
 */
export type Counts = readonly [number, number, number, number];

/** How far intervals are looked for: e^20, a change of half a billion times, is none that could be told from no end. */
const farthest = 20;

/**
 * How much worse do the counts fit a logarithm of the odds ratio than the one they fit best? 0 for that one; beyond it the
 * square of a normal deviate, where the counts have no noise but their own.
 */
export function deviance([a, b, c, d]: Counts, logRatio: number): number {
  const [base, fresh, kind] = [a + b, c + d, a + c];
  if (base === 0 || fresh === 0 || kind === 0 || kind === base + fresh) return 0;
  // The shares that are most likely under this ratio: with p for the base's, both together have as many of the kind as
  // there are, which is a quadratic equation.
  const ratio = Math.exp(logRatio);
  const linear = base + fresh * ratio - kind * (ratio - 1);
  const p = (2 * kind) / (linear + Math.sqrt(linear ** 2 + 4 * base * (ratio - 1) * kind));
  const q = (ratio * p) / (1 - p + ratio * p);
  const fit = excess(a, base * p) + excess(b, base * (1 - p)) + excess(c, fresh * q) + excess(d, fresh * (1 - q));
  return Math.max(0, 2 * fit);
}

function excess(seen: number, expected: number): number {
  return seen === 0 ? 0 : seen * Math.log(seen / Math.max(expected, Number.MIN_VALUE));
}

/** The logarithms of the odds ratio that deviate by at most so much; without end where the counts say nothing. */
export function interval(counts: Counts, most: number): readonly [number, number] {
  const [a, b, c, d] = counts;
  const best = Math.log(c * b) - Math.log(a * d);
  // It has no end on the side on which the counts have none at all.
  const middle = Number.isNaN(best) ? 0 : Math.min(farthest, Math.max(-farthest, best));
  const end = (direction: 1 | -1): number => {
    if (deviance(counts, direction * farthest) <= most) return direction * Number.POSITIVE_INFINITY;
    let [within, beyond] = [middle, direction * farthest];
    for (let step = 0; step < 60; step++) {
      const between = (within + beyond) / 2;
      if (deviance(counts, between) <= most) within = between;
      else beyond = between;
    }
    return within;
  };
  return [end(-1), end(1)];
}
