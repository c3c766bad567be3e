import type { Profile } from './profile.js';

export const profileFormats = ['pprof', 'cpuprofile', 'speedscope', 'firefox', 'collapsed'] as const;

/**
 * How a profile is written: as pprof (profile.proto, gzip), V8's .cpuprofile, speedscope's JSON, Firefox Profiler's JSON or
 * collapsed stacks.
 */
export type ProfileFormat = (typeof profileFormats)[number];

/**
 * The file's content: bytes for pprof, text for the others.
 *
 * @param sampleType The one that the file is made of or, where it holds all of them, shows first; without it, the
 * profile's default.
 * @throws {RangeError} when the profile has no such sample type.
 * @throws {ProfileConversionError} when the format cannot hold it.
 */
export async function encodeAs(
  profile: Profile,
  format: ProfileFormat,
  sampleType?: string,
): Promise<Uint8Array | string> {
  switch (format) {
    case 'pprof':
      return (sampleType === undefined ? profile : profile.withDefaultSampleType(sampleType)).encode();
    case 'cpuprofile':
      return JSON.stringify(profile.toCpuProfile(sampleType));
    case 'speedscope':
      return JSON.stringify(profile.toSpeedscope(sampleType));
    case 'firefox':
      return JSON.stringify(profile.toFirefox(sampleType));
    case 'collapsed':
      return profile.toCollapsed(sampleType);
  }
}
