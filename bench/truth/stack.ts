import type { Profile, ProfileModel } from 'profbuf';

/** A function as the profile tells functions apart, whatever the profile's format. */
export interface SeenFrame {
  /** Empty where the function has none. Runtime states are called as V8 calls them: `(program)`. */
  readonly name: string;
  /** A path, or a URL other than `file:`. */
  readonly file: string;
  /** Equal for frames that are one row to whoever looks at the profile. */
  readonly row: string;
}

/** A stack and what the profile says was used there. */
export interface SeenStack {
  /** From the leaf. */
  readonly frames: readonly SeenFrame[];
  readonly value: number;
  readonly labels: ReadonlyMap<string, string>;
}

const statesElsewhere: Readonly<Record<string, string>> = { 'Garbage Collection': '(garbage collector)' };

/**
 * Profilers have their own ways of naming functions that have no name; and profbuf has the place with the name of one that is
 * not the first of its name at its line.
 */
export function seenFrame(name: string, file: string, place: string): SeenFrame {
  const known = statesElsewhere[name] ?? name.replace(/^\(anonymous.*| \([^()]*:\d+:\d+\)$/, '');
  return { name: known, file, row: `${name}|${file}|${place}` };
}

/**
 * The stacks of a pprof profile. A row is what `go tool pprof` makes one of: a function by name, file and first line.
 * @param sampleType `cpu`, `wall`, …
 */
export function stacksOf(profile: Profile, sampleType: string): SeenStack[] {
  const { sampleTypes, samples, locations, functions } = profile.model;
  const at = sampleTypes.findIndex(({ type }) => type === sampleType);
  if (at === -1) throw new Error(`no ${sampleType} in the profile: ${sampleTypes.map(({ type }) => type).join(', ')}`);
  const frames = functions.map(({ name, filename, startLine }) => seenFrame(name, filename, String(startLine)));
  const framesAt = locations.map(({ lines }) => lines.flatMap((line) => frames[line.function] ?? []));
  return samples.map(({ stack, values, labels }) => ({
    frames: stack.flatMap((location) => framesAt[location] ?? []),
    value: Number(values[at]),
    labels: labelMap(labels),
  }));
}

function labelMap(labels: ProfileModel['samples'][number]['labels']): Map<string, string> {
  return new Map(labels.map(({ key, value }) => [key, String(value)]));
}
