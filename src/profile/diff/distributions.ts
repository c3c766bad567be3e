/**
 * Student's t and what it takes to estimate a variance from few runs. Formulas by number from NIST's Digital Library of
 * Mathematical Functions, https://dlmf.nist.gov.
 */

/** Beyond these degrees of freedom t is taken for normal: the tails differ by less than a hundredth of themselves. */
const manyDegrees = 100_000;

/** How likely is it that |t| is at least as large, by chance alone? */
export function twoSidedTail(t: number, degrees: number): number {
  const n = Math.min(degrees, manyDegrees);
  return regularizedBeta(n / (n + t * t), n / 2, 1 / 2);
}

/** Which |t| is reached by chance with this probability? */
export function twoSidedQuantile(probability: number, degrees: number): number {
  let [below, above] = [0, 1];
  while (twoSidedTail(above, degrees) > probability && above < 1e9) above *= 2;
  for (let step = 0; step < 100; step++) {
    const middle = (below + above) / 2;
    if (twoSidedTail(middle, degrees) > probability) below = middle;
    else above = middle;
  }
  return above;
}

/** I_x(a, b), by its continued fraction: DLMF 8.17.22. */
export function regularizedBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  // The fraction is quick only on this side: DLMF 8.17.4.
  if (x > (a + 1) / (a + b + 2)) return 1 - regularizedBeta(1 - x, b, a);
  const front = Math.exp(a * Math.log(x) + b * Math.log1p(-x) + logGamma(a + b) - logGamma(a) - logGamma(b)) / a;
  // From the inside out, with more steps than the value needs.
  const steps = 200 + Math.ceil(5 * Math.sqrt(Math.max(a, b)));
  let fraction = 1;
  for (let m = steps; m >= 1; m--) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    fraction = 1 + even / (1 + odd / fraction);
  }
  const first = (-(a + b) * x) / (a + 1);
  return front / (1 + first / fraction);
}

/** ln Γ(x) for x > 0: Stirling's series, DLMF 5.11.1, from where it is exact to 15 digits. */
export function logGamma(x: number): number {
  if (x < 10) return logGamma(x + 1) - Math.log(x);
  const square = x * x;
  const series = (1 / 12 - (1 / 360 - (1 / 1260 - 1 / 1680 / square) / square) / square) / x;
  return (x - 1 / 2) * Math.log(x) - x + Math.log(2 * Math.PI) / 2 + series;
}

/** ψ(x), the derivative of ln Γ, for x > 0: DLMF 5.11.2. */
export function digamma(x: number): number {
  if (x < 10) return digamma(x + 1) - 1 / x;
  const square = x * x;
  return Math.log(x) - 1 / (2 * x) - (1 / 12 - (1 / 120 - 1 / 252 / square) / square) / square;
}

/** ψ′(x) for x > 0. */
export function trigamma(x: number): number {
  if (x < 10) return trigamma(x + 1) + 1 / (x * x);
  const square = x * x;
  return 1 / x + 1 / (2 * square) + (1 / 6 - (1 / 30 - 1 / 42 / square) / square) / (square * x);
}

/** The x > 0 with ψ′(x) = y. */
export function inverseTrigamma(y: number): number {
  // It falls from ∞ to 0: halve, by the exponent, where it must be.
  let [below, above] = [-30, 30];
  for (let step = 0; step < 100; step++) {
    const middle = (below + above) / 2;
    if (trigamma(2 ** middle) > y) below = middle;
    else above = middle;
  }
  return 2 ** above;
}
