import { median } from './median.js';

/** What the runs of each contender measured, round by round. */
export class Comparison<Contender extends string, Key extends string> {
  readonly #found = new Map<Contender, Record<Key, number>[]>();

  private constructor(private readonly baseline: Contender) {}

  /**
   * The first contender is the baseline. Runs alternate, so that whatever else the machine does hits all of them. Each run's
   * values go to stderr as they come.
   */
  static async of<Contender extends string, Key extends string>(
    contenders: readonly [Contender, ...Contender[]],
    rounds: number,
    measure: (contender: Contender) => Promise<Record<Key, number>>,
  ): Promise<Comparison<Contender, Key>> {
    const comparison = new Comparison<Contender, Key>(contenders[0]);
    for (const contender of contenders) comparison.#found.set(contender, []);
    for (let round = 0; round < rounds; round++) {
      // Every other round backwards: the machine grows warm.
      for (const contender of round % 2 === 0 ? contenders : [...contenders].reverse()) {
        const values = await measure(contender);
        process.stderr.write(`${round + 1}/${rounds} ${contender} ${JSON.stringify(values)}\n`);
        comparison.#found.get(contender)?.push(values);
      }
    }
    return comparison;
  }

  values(contender: Contender, key: Key): number[] {
    return (this.#found.get(contender) ?? []).map((values) => values[key]);
  }

  /** In percent, round by round. */
  moreThanBaseline(contender: Contender, key: Key): number[] {
    return this.#besideBaseline(contender, key, (value, baseline) => (value / baseline - 1) * 100);
  }

  /** In the unit of the values, round by round. */
  addedToBaseline(contender: Contender, key: Key): number[] {
    return this.#besideBaseline(contender, key, (value, baseline) => value - baseline);
  }

  #besideBaseline(contender: Contender, key: Key, by: (value: number, baseline: number) => number): number[] {
    const baseline = this.values(this.baseline, key);
    return this.values(contender, key).map((value, round) => by(value, baseline[round] as number));
  }
}

/** The median, and between which bounds all values are. */
export function spread(values: readonly number[], digits: number): string {
  const [middle, least, most] = [median(values), Math.min(...values), Math.max(...values)].map((value) =>
    // Without the sign of what rounds to zero.
    value.toFixed(digits).replace(/^-(?=[0.]*$)/, ''),
  );
  return `${middle} [${least} … ${most}]`;
}
