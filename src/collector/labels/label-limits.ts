import type { Labels } from '../../protocol/label-records.js';

/** Different values of one label, and different labels, that one profile tells apart. */
const mostValues = 10_000;
const mostKeys = 64;

/** What a value becomes when its label has had too many in a profile. */
export const otherValue = '(other)';
/** What a label becomes when a profile has had too many. */
export const otherKey = 'profbuf.otherLabels';

/**
 * Bounds the labels of one profile, for its readers' sake: viewers list all values of a label, and keep a series of
 * numbers for each. A label with too many values loses what is beyond, and leaves the others as they are.
 */
export class LabelLimits {
  readonly #values = new Map<string, Set<string | number>>();
  #exceeded = 0;

  /** How many labels of samples were changed. */
  get exceeded(): number {
    return this.#exceeded;
  }

  apply(labels: Labels): Labels {
    let bounded: Record<string, string | number> | undefined;
    for (const [key, value] of Object.entries(labels)) {
      if (this.#admits(key, value)) continue;
      this.#exceeded++;
      bounded ??= { ...labels };
      if (this.#values.has(key)) {
        bounded[key] = otherValue;
      } else {
        delete bounded[key];
        bounded[otherKey] = otherValue;
      }
    }
    return bounded ?? labels;
  }

  #admits(key: string, value: string | number): boolean {
    let values = this.#values.get(key);
    if (values === undefined) {
      if (this.#values.size >= mostKeys) return false;
      values = new Set();
      this.#values.set(key, values);
    }
    if (values.has(value)) return true;
    if (values.size >= mostValues) return false;
    values.add(value);
    return true;
  }
}
