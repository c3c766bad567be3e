import type { ProfileModel } from './model.js';

/**
 * The index of the sample type with this name. Without a name: the profile's default, or else its last, as in Go's pprof.
 *
 * @throws {RangeError} when the profile has no such type.
 */
export function sampleTypeIndex({ sampleTypes, defaultSampleType }: ProfileModel, name?: string): number {
  const index = sampleTypes.findIndex(({ type }) => type === (name ?? defaultSampleType));
  if (index !== -1) return index;
  if (name === undefined) return sampleTypes.length - 1;
  throw new RangeError(`no sample type "${name}": the profile has ${sampleTypes.map(({ type }) => type).join(', ')}`);
}
