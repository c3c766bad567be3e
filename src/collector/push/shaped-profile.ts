import { withPrometheusNames } from '../../profile/label-names.js';
import type { Label, ProfileModel, Sample } from '../../profile/model.js';

/**
 * What a server may be told apart by labels over the whole run: it keeps a series for each combination of values, as long as
 * it keeps anything.
 */
const limits = {
  /** Labels by their name. Pyroscope refuses a profile with more than 30 for a series, those of the program itself among them. */
  names: 16,
  /** Values of one label. */
  values: 250,
  /** In UTF-8. Pyroscope refuses a profile with a value of more than 2048. */
  valueBytes: 1024,
} as const;

const otherValue = '(other)';

const encoder = new TextEncoder();
const valueBytes = new Uint8Array(limits.valueBytes);

/** Its beginning, in whole characters. */
function cut(text: string): string {
  const { read } = encoder.encodeInto(text, valueBytes);
  return read < text.length ? `${text.slice(0, read)}…` : text;
}

/** Servers group samples without them, and look profiles up by them: they may have any number of values. */
const identities: ReadonlySet<string> = new Set(['span_id', 'trace_id']);

/**
 * Gives profiles the labels that servers take: names that Prometheus allows, numbers as text, which Pyroscope does not show
 * otherwise, and no more names and values over the run than a server can keep.
 */
export class LabelShape {
  readonly #values = new Map<string, Set<string>>();
  #other = 0;

  /** The profile as it is sent; without samples that stand for nothing. */
  apply(profile: ProfileModel): ProfileModel {
    const named = withPrometheusNames(profile);
    const samples = named.samples.filter(({ values }) => values.some((value) => value !== 0));
    const before = this.#other;
    const shaped = samples.map((sample) => this.#shapedSample(sample));
    const beyond = this.#other - before;
    const comments =
      beyond === 0
        ? named.comments
        : [
            ...named.comments,
            `${beyond} labels of samples are ${otherValue} or left out: a server keeps a series for each`,
          ];
    return { ...named, samples: shaped, comments };
  }

  #shapedSample(sample: Sample): Sample {
    if (sample.labels.length === 0) return sample;
    return { ...sample, labels: sample.labels.flatMap((label) => this.#shapedLabel(label) ?? []) };
  }

  #shapedLabel({ key, value }: Label): Label | undefined {
    const text = String(value);
    if (text === '') return undefined;
    const label = {
      key,
      value: cut(text),
      unit: '',
    };
    if (identities.has(key)) return label;
    let values = this.#values.get(key);
    if (values === undefined) {
      if (this.#values.size >= limits.names) {
        this.#other++;
        return undefined;
      }
      values = new Set();
      this.#values.set(key, values);
    }
    if (values.has(label.value)) return label;
    if (values.size >= limits.values) {
      this.#other++;
      return { ...label, value: otherValue };
    }
    values.add(label.value);
    return label;
  }
}
