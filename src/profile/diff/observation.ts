import type { ProfileModel } from '../model.js';
import { sampleTypeIndex } from '../sample-type.js';
import { startLinesOf } from '../start-lines.js';
import { inUnit } from '../units.js';

/** What lines of a comparison are: functions or values of a label. */
export type By =
  | { readonly kind: 'function'; readonly isCumulative: boolean }
  | { readonly kind: 'label'; readonly name: string };

/** One function, or one value of a label, in one run. */
export interface Observed {
  readonly name: string;
  /** Empty when not known, and for labels. */
  readonly file: string;
  /** Where the function begins; 0 when not known. */
  readonly line: number;
  value: number;
  /** How many samples its value comes of. */
  samples: number;
}

/** What one profile says. */
export interface Run {
  /** By what tells them apart: name and file. */
  readonly observed: ReadonlyMap<string, Observed>;
  readonly value: number;
  readonly samples: number;
  readonly sampleType: string;
  readonly unit: string;
}

const noLabel = '(without)';

/** @throws {RangeError} when the profile has no such sample type. */
export function observe(profile: ProfileModel, by: By, sampleType?: string): Run {
  const column = sampleTypeIndex(profile, sampleType);
  const { type = '', unit = '' } = profile.sampleTypes[column] ?? {};
  const samplesOf = sampleCounter(profile, column);
  const startLines = startLinesOf(profile);
  const observed = new Map<string, Observed>();
  const at = (name: string, file: string, line: number): Observed => {
    const key = keyOf(name, file);
    const known = observed.get(key) ?? { name, file, line, value: 0, samples: 0 };
    observed.set(key, known);
    return known;
  };
  const byFunction = profile.functions.map(({ name, filename }, index) =>
    at(name || '(unnamed)', filename, startLines[index] ?? 0),
  );
  const unknown = at('(unknown)', '', 0);
  const ofLocation = profile.locations.map(({ lines }) =>
    lines.length === 0 ? [unknown] : lines.map((line) => byFunction[line.function] ?? unknown),
  );

  let total = 0;
  let samples = 0;
  for (const sample of profile.samples) {
    const value = Number(sample.values[column] ?? 0);
    // A difference of two profiles has no samples of its own.
    if (value < 0) throw new RangeError('it is a difference already: it has values below 0');
    if (value === 0) continue;
    const count = samplesOf(sample.values);
    total += value;
    samples += count;
    for (const one of placesOf(sample, by, ofLocation, at, unknown)) {
      one.value += value;
      one.samples += count;
    }
  }
  for (const [key, { value }] of observed) if (value === 0) observed.delete(key);
  return { observed, value: total, samples, sampleType: type, unit };
}

export function keyOf(name: string, file: string): string {
  return `${name}\0${file}`;
}

function placesOf(
  { stack, labels }: ProfileModel['samples'][number],
  by: By,
  ofLocation: readonly (readonly Observed[])[],
  at: (name: string, file: string, line: number) => Observed,
  unknown: Observed,
): Iterable<Observed> {
  if (by.kind === 'label') {
    const values = labels.filter(({ key }) => key === by.name).map(({ value }) => String(value));
    return (values.length === 0 ? [noLabel] : values).map((value) => at(value, '', 0));
  }
  // A recursive function counts once.
  if (by.isCumulative) return new Set(stack.flatMap((location) => ofLocation[location] ?? []));
  return [ofLocation[stack[0] ?? -1]?.[0] ?? unknown];
}

/**
 * How many samples stand behind a value? What the profile counts as samples; else the value over what lies between two
 * samples; else each of its stacks is one, which is rather too few.
 */
function sampleCounter(profile: ProfileModel, column: number): (values: readonly (number | bigint)[]) => number {
  const { sampleTypes, periodType, period } = profile;
  const counts = sampleTypes.findIndex(({ type, unit }) => /^samples?$/.test(type) && unit === 'count');
  if (counts !== -1) return (values) => Number(values[counts] ?? 0);
  const { unit = '' } = sampleTypes[column] ?? {};
  const between = inUnit(Number(period), periodType.unit, unit);
  const isSameFamily = inUnit(1, unit, periodType.unit).unit === inUnit(1, periodType.unit, periodType.unit).unit;
  if (period > 0 && periodType.unit !== '' && isSameFamily && between.value > 0) {
    return (values) => Number(values[column] ?? 0) / between.value;
  }
  return () => 1;
}
