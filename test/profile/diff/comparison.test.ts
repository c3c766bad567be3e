import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { assumedNoise, type ComparisonOptions, compare } from '#profbuf/profile/diff/comparison.js';
import { keyOf, type Observed, type Run } from '#profbuf/profile/diff/observation.js';
import '../../seed.js';

const usual: ComparisonOptions = { confidence: 0.95, leastShare: 0.01 };

/** A run in which these functions took so many milliseconds, each of them a sample. */
function run(milliseconds: Readonly<Record<string, number>>): Run {
  const observed = new Map<string, Observed>(
    Object.entries(milliseconds).map(([name, ms]) => [
      keyOf(name, ''),
      { name, file: '', line: 0, value: ms * 1e6, samples: ms },
    ]),
  );
  const total = Object.values(milliseconds).reduce((sum, ms) => sum + ms, 0);
  return { observed, value: total * 1e6, samples: total, sampleType: 'cpu', unit: 'nanoseconds' };
}

/** Always the same numbers from 0 to 1. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Runs of 10 s at 1000 Hz of a program with a function of 30 %, some of less, and many of little. Counts have `noise` times
 * the variance of counting.
 */
class Program {
  readonly #random: () => number;
  readonly #noise: number;
  /** Milliseconds of each function. */
  readonly #work: Record<string, number>;

  constructor(seed: number, noise: number) {
    this.#random = generator(seed);
    this.#noise = noise;
    const tail = Array.from({ length: 60 }, (_, index) => [`small${index}`, 6000 * 0.08 * 0.92 ** index] as const);
    this.#work = { hot: 3000, warm: 600, cool: 400, ...Object.fromEntries(tail) };
  }

  runs(count: number, factors: Readonly<Record<string, number>> = {}): Run[] {
    return Array.from({ length: count }, () =>
      run(
        Object.fromEntries(
          Object.entries(this.#work).map(([name, ms]) => [name, this.#sampled(ms * (factors[name] ?? 1))]),
        ),
      ),
    );
  }

  #sampled(mean: number): number {
    const normal = Math.sqrt(-2 * Math.log(1 - this.#random())) * Math.cos(2 * Math.PI * this.#random());
    return Math.max(0, Math.round(mean + Math.sqrt(mean * this.#noise) * normal));
  }
}

function times(tries: number, isSo: () => boolean): number {
  let count = 0;
  for (let i = 0; i < tries; i++) if (isSo()) count++;
  return count;
}

/** The gate of `--fail-above 5%`. */
const fails = (base: readonly Run[], fresh: readonly Run[], options = usual) =>
  compare(base, fresh, options).lines.some(({ verdict, change }) => verdict === 'more' && change > 0.05);

const verdictOf = (base: readonly Run[], fresh: readonly Run[], name: string, options = usual) =>
  compare(base, fresh, options).lines.find((line) => line.name === name)?.verdict;

describe('a comparison', () => {
  it('has shares, values a run and the change against the rest, in closed form', () => {
    const { lines, base, isNoiseAssumed, noise } = compare(
      [run({ a: 400, b: 600 })],
      [run({ a: 500, b: 1500 })],
      usual,
    );
    const a = lines.find(({ name }) => name === 'a');
    assert.ok(a);
    assert.deepEqual(
      [base.runs, base.samples, base.value, isNoiseAssumed, noise],
      [1, 1000, 1_000_000_000, true, assumedNoise],
    );
    assert.deepEqual([a.base.share, a.new.share, a.base.value, a.new.value], [0.4, 0.25, 400e6, 500e6]);
    assert.ok(Math.abs(a.change - (500 / 1500 / (400 / 600) - 1)) < 1e-12);
    // Large counts: as the estimate and its error have it, with the normal quantile of 1 - 0.05 / 2 lines / 2 tails.
    const error = Math.sqrt(assumedNoise * (1 / 400 + 1 / 600 + 1 / 500 + 1 / 1500));
    assert.ok(Math.abs(Math.log1p(a.most) - (Math.log1p(a.change) + 2.241403 * error)) < 0.01);
    assert.ok(Math.abs(Math.log1p(a.least) - (Math.log1p(a.change) - 2.241403 * error)) < 0.01);
    assert.equal(a.verdict, 'less');
  });

  it('is the other way round when the sides are', () => {
    const side = fc.array(
      fc.record({
        a: fc.nat(900),
        b: fc.nat(900),
        c: fc.nat(900),
        d: fc.integer({ min: 1, max: 9000 }),
      }),
      { minLength: 1, maxLength: 4 },
    );
    fc.assert(
      fc.property(side, side, (left, right) => {
        const there = compare(left.map(run), right.map(run), usual);
        const back = compare(right.map(run), left.map(run), usual);
        for (const line of there.lines) {
          const same = back.lines.find(({ name }) => name === line.name);
          const opposite = { more: 'less', less: 'more', noise: 'noise' }[line.verdict];
          assert.equal(same?.verdict, opposite);
          const sum = Math.log1p(line.least) + Math.log1p(same?.most ?? 0);
          if (line.least > -1) assert.ok(Math.abs(sum) < 1e-6, `${sum}`);
          else assert.equal(same?.most, Number.POSITIVE_INFINITY);
        }
      }),
    );
  });

  it('takes few samples that are worth much for few', () => {
    const heavy = (run: Run): Run => ({
      ...run,
      observed: new Map(
        [...run.observed].map(([key, line]) => [key, line.name === 'a' ? { ...line, samples: 4 } : line]),
      ),
    });
    const [base, fresh] = [run({ a: 4000, b: 6000 }), run({ a: 6000, b: 6000 })];
    assert.equal(verdictOf([base], [fresh], 'a'), 'more');
    assert.equal(verdictOf([heavy(base)], [heavy(fresh)], 'a'), 'noise');
  });

  it('does not call the rest slower because one function has become faster', () => {
    const program = new Program(3, 1.5);
    const blamed = times(100, () => {
      const { lines } = compare(program.runs(4), program.runs(4, { hot: 0.3 }), usual);
      assert.equal(lines.find(({ name }) => name === 'hot')?.verdict, 'less');
      return lines.some(({ verdict }) => verdict === 'more');
    });
    assert.ok(blamed <= 3, `${blamed} of 100`);
    const { lines } = compare(
      [run({ a: 50_000, b: 20_000, c: 30_000 })],
      [run({ a: 20_000, b: 20_000, c: 30_000 })],
      usual,
    );
    assert.deepEqual(
      lines.map(({ name, verdict }) => `${name} ${verdict}`),
      ['a less', 'c noise', 'b noise'],
    );
  });

  it('looks at the lines that are asked for, whatever their share, and at the others only to know what is noise', () => {
    const [base, fresh] = [run({ hot: 99_000, small: 500, other: 500 }), run({ hot: 99_000, small: 1500, other: 500 })];
    assert.equal(verdictOf([base], [fresh], 'small'), 'more');
    const asked = compare([base], [fresh], { ...usual, isWanted: ({ name }) => name === 'other' });
    assert.deepEqual(
      asked.lines.map(({ name, verdict }) => `${name} ${verdict}`),
      ['other noise'],
    );
  });

  it('has changes without end for what is new, and -1 for what is gone', () => {
    const { lines } = compare([run({ a: 900, old: 400 })], [run({ a: 900, fresh: 400 })], usual);
    const of = (name: string) => lines.find((line) => line.name === name);
    assert.deepEqual([of('fresh')?.change, of('fresh')?.verdict], [Number.POSITIVE_INFINITY, 'more']);
    assert.deepEqual([of('old')?.change, of('old')?.verdict], [-1, 'less']);
  });

  it('takes a program of one function for unchanged', () => {
    assert.equal(verdictOf([run({ a: 1000 })], [run({ a: 2000 })], 'a'), 'noise');
  });
});

describe('two sides of the same program', () => {
  for (const [runs, noise] of [
    [1, 1],
    [1, 2.2],
    [2, 2.2],
    [3, 1],
    [3, 4],
    [5, 2.2],
  ] as const) {
    it(`pass the gate with ${runs} runs and ${noise} times the noise of counting`, () => {
      const program = new Program(1, noise);
      const failed = times(400, () => fails(program.runs(runs), program.runs(runs)));
      assert.ok(failed <= 8, `${failed} of 400 failed`);
    });
  }

  it('lie within intervals that hold together as often as they say', () => {
    const program = new Program(2, 2.2);
    const missed = times(400, () => {
      const { lines } = compare(program.runs(4), program.runs(4), { ...usual, confidence: 0.5 });
      return lines.some(({ verdict }) => verdict !== 'noise');
    });
    assert.ok(missed <= 200, `${missed} of 400, and 200 were to be expected at the most`);
    assert.ok(missed >= 4, `${missed} of 400: such intervals say nothing`);
  });
});

describe('a function that takes a tenth longer of a share of 30 %', () => {
  for (const [runs, noise, least] of [
    [3, 1, 165],
    [5, 1, 195],
    [5, 2.2, 155],
    [8, 2.2, 190],
  ] as const) {
    it(`is found in ${runs} runs of 10 s a side with ${noise} times the noise of counting`, () => {
      const program = new Program(4, noise);
      const found = times(200, () => verdictOf(program.runs(runs), program.runs(runs, { hot: 1.1 }), 'hot') === 'more');
      assert.ok(found >= least, `${found} of 200`);
    });
  }

  it('is found with fewer runs if only that function is asked for', () => {
    const program = new Program(5, 1);
    const asked = { ...usual, isWanted: ({ name }: Observed) => name === 'hot' };
    const found = times(200, () => verdictOf(program.runs(2), program.runs(2, { hot: 1.1 }), 'hot', asked) === 'more');
    assert.ok(found >= 150, `${found} of 200`);
  });
});

describe('noise', () => {
  it('is estimated from several runs', () => {
    for (const noise of [1, 2.2, 6]) {
      const program = new Program(6, noise);
      const estimates = Array.from({ length: 50 }, () => compare(program.runs(4), program.runs(4), usual).noise);
      const average = estimates.reduce((sum, estimate) => sum + estimate, 0) / 50;
      assert.ok(average > noise * 0.9 && average < noise * 1.5 + 0.3, `${average} for ${noise}`);
    }
  });

  it('is larger for a function with two ways to run than for the others', () => {
    const program = new Program(7, 1);
    const twoWays = (runs: readonly Run[]) =>
      runs.map((_, index) => program.runs(1, { warm: index % 2 === 0 ? 0.5 : 1.5 })[0] ?? run({}));
    const { lines } = compare(twoWays(program.runs(4)), twoWays(program.runs(4)), usual);
    const noiseOf = (name: string) => lines.find((line) => line.name === name)?.noise ?? 0;
    assert.ok(noiseOf('warm') > 10 * noiseOf('hot'), `${noiseOf('warm')} and ${noiseOf('hot')}`);
  });
});
