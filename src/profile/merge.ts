import { ProfileMergeError } from './errors.js';
import { type Integer, sum, toInteger } from './integer.js';
import type { FunctionInfo, Label, Location, Mapping, ProfileModel, Sample, ValueType } from './model.js';
import { SequenceTable } from './sequence-table.js';

/**
 * The sum of profiles, with Go's rules: equal functions, locations and stacks with equal labels become one; samples that
 * add up to nothing are left out; collection began with the earliest and took the sum of their durations; comments are
 * united. What cannot be summed (drop and keep frames) is the first profile's.
 *
 * @throws {ProfileMergeError} when the sample types or period types differ, or a sum is over 64 bits.
 */
export function mergeProfiles(profiles: readonly ProfileModel[]): ProfileModel {
  const [first] = profiles;
  if (first === undefined) throw new ProfileMergeError('there are no profiles to merge');
  for (const profile of profiles) requireSameTypes(first, profile);

  const functions = new Interned<FunctionInfo>(({ name, systemName, filename, startLine }) =>
    keyOf(name, systemName, filename, startLine),
  );
  const mappings = new Interned<Mapping>(mappingKey);
  const locations = new Interned<Location>((location) => {
    const start = mappings.all[location.mapping]?.memoryStart ?? 0;
    const lines = location.lines.map((line) => keyOf(line.function, line.line, line.column));
    return keyOf(location.mapping, moved(location.address, start, 0), location.isFolded, ...lines);
  });
  const labelSets = new Interned<readonly Label[]>((labels) =>
    keyOf(...labels.map(({ key, value, unit }) => keyOf(typeof value, key, value, unit))),
  );
  // A sample's sequence is the number of its label set, then its stack.
  const sequences = new SequenceTable();
  const sums: Integer[][] = [];

  for (const profile of profiles) {
    const functionNumbers = profile.functions.map(lazily((info) => functions.add(info)));
    const mappingNumbers = profile.mappings.map(lazily((mapping) => mappings.add(mapping)));
    // Viewers take the first mapping for the main program, so it stays the first, used or not.
    if (mappings.all.length === 0) mappingNumbers[0]?.();
    const locationNumbers = profile.locations.map(
      lazily((location) => {
        const mapping = mappingNumbers[location.mapping]?.() ?? -1;
        const from = profile.mappings[location.mapping]?.memoryStart ?? 0;
        const to = mappings.all[mapping]?.memoryStart ?? 0;
        return locations.add({
          mapping,
          address: moved(location.address, from, to),
          isFolded: location.isFolded,
          lines: location.lines.map((line) => ({ ...line, function: functionNumbers[line.function]?.() ?? 0 })),
        });
      }),
    );
    for (const { stack, values, labels } of profile.samples) {
      if (values.every((value) => value === 0)) continue;
      const labelSet = labelSets.add([...labels].sort(byKey));
      const number = sequences.add([labelSet, ...stack.map((location) => locationNumbers[location]?.() ?? -1)]);
      const before = sums[number];
      sums[number] = before === undefined ? [...values] : values.map((value, i) => sumOfInt64(value, before[i] ?? 0));
    }
  }

  const samples = sums.map((values, number): Sample => {
    const [labelSet = -1, ...stack] = sequences.get(number);
    return { stack, values, labels: labelSets.all[labelSet] ?? [] };
  });
  const merged: ProfileModel = {
    ...first,
    samples: samples.filter(({ values }) => values.some((value) => value !== 0)),
    mappings: mappings.all,
    locations: locations.all,
    functions: functions.all,
    timeNanos: profiles.map(({ timeNanos }) => timeNanos).reduce(earliest),
    durationNanos: profiles.map(({ durationNanos }) => durationNanos).reduce(sumOfInt64),
    period: profiles.map(({ period }) => period).reduce(longest),
    comments: [...new Set(profiles.flatMap(({ comments }) => comments))],
    defaultSampleType: profiles.find(({ defaultSampleType }) => defaultSampleType !== '')?.defaultSampleType ?? '',
    docUrl: profiles.find(({ docUrl }) => docUrl !== '')?.docUrl ?? '',
  };
  // Samples that came to nothing held locations and functions that nothing else may need.
  return merged.samples.length === samples.length ? merged : mergeProfiles([merged]);
}

/** Numbers entries in the order in which they are first seen; entries with equal keys are one. */
class Interned<Entry> {
  readonly all: Entry[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #keyOf: (entry: Entry) => string;

  constructor(keyOf: (entry: Entry) => string) {
    this.#keyOf = keyOf;
  }

  add(entry: Entry): number {
    const key = this.#keyOf(entry);
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    this.#numbers.set(key, this.all.length);
    return this.all.push(entry) - 1;
  }
}

/** Only what a sample leads to is taken over, and that once. */
function lazily<Entry>(add: (entry: Entry) => number): (entry: Entry) => () => number {
  return (entry) => {
    let number: number | undefined;
    return () => {
      number ??= add(entry);
      return number;
    };
  };
}

function keyOf(...parts: readonly (Integer | string | boolean)[]): string {
  return JSON.stringify(parts.map(String));
}

/** The same binary at another address is the same mapping. Its size is taken in whole pages of 4 KiB. */
function mappingKey({ memoryStart, memoryLimit, fileOffset, buildId, filename }: Mapping): string {
  const size = BigInt.asUintN(64, BigInt(memoryLimit) - BigInt(memoryStart) + 4095n) >> 12n;
  return keyOf(size, fileOffset, buildId || filename);
}

/** The address as far from `to` as it was from `from`, in 64 bits. */
function moved(address: Integer, from: Integer, to: Integer): Integer {
  return from === to ? address : toInteger(BigInt.asUintN(64, BigInt(address) - BigInt(from) + BigInt(to)));
}

function byKey(a: Label, b: Label): number {
  return a.key < b.key ? -1 : a.key > b.key ? 1 : 0;
}

function earliest(a: Integer, b: Integer): Integer {
  if (a === 0 || b === 0) return a || b;
  return a < b ? a : b;
}

function longest(a: Integer, b: Integer): Integer {
  return [a, b].find((period) => period >= a && period >= b) ?? a;
}

function sumOfInt64(a: Integer, b: Integer): Integer {
  const total = sum(a, b);
  if (typeof total === 'bigint' && BigInt.asIntN(64, total) !== total) {
    throw new ProfileMergeError(`a sum of values is ${total}, which does not fit into the 64 bits of the format`);
  }
  return total;
}

function requireSameTypes(first: ProfileModel, other: ProfileModel): void {
  const text = (types: readonly ValueType[]) => types.map(({ type, unit }) => `${type}/${unit}`).join(', ');
  const [types, otherTypes] = [text(first.sampleTypes), text(other.sampleTypes)];
  if (types !== otherTypes) {
    throw new ProfileMergeError(`profiles of different sample types have no sum: ${types} and ${otherTypes}`);
  }
  const [period, otherPeriod] = [text([first.periodType]), text([other.periodType])];
  if (period !== otherPeriod) {
    throw new ProfileMergeError(`profiles of different period types have no sum: ${period} and ${otherPeriod}`);
  }
}
