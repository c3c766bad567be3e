import type { Profile } from './profile.js';

export const profileFormats = ['pprof', 'cpuprofile', 'speedscope', 'firefox', 'collapsed'] as const;

/**
 * How a profile is written: as pprof (profile.proto, gzip), V8's .cpuprofile, speedscope's JSON, Firefox Profiler's JSON or
 * collapsed stacks.
 */
export type ProfileFormat = (typeof profileFormats)[number];

/** What files of each format end with. The first ending is the one of the default name. */
export const fileEndings: Readonly<Record<ProfileFormat, readonly [string, ...string[]]>> = {
  pprof: ['.pb.gz', '.pprof', '.prof', '.pb'],
  cpuprofile: ['.cpuprofile'],
  speedscope: ['.speedscope.json', '.json'],
  firefox: ['.firefox.json'],
  collapsed: ['.collapsed.txt', '.collapsed', '.folded', '.txt'],
};

/** All endings with their formats, as a part of a sentence. */
export const knownEndings = profileFormats.map((format) => `${fileEndings[format].join(', ')} (${format})`).join(', ');

/** The longest known ending that the name has: `.firefox.json`, and not `.json`. */
export function endingOf(name: string): string | undefined {
  return Object.values(fileEndings)
    .flat()
    .filter((ending) => name.endsWith(ending))
    .reduce<string | undefined>((best, ending) => (ending.length > (best?.length ?? 0) ? ending : best), undefined);
}

/** The format of files that end so; pprof for a name without an ending; undefined for an ending that is none of theirs. */
export function formatByEnding(name: string): ProfileFormat | undefined {
  const ending = endingOf(name);
  if (ending !== undefined) return profileFormats.find((format) => fileEndings[format].includes(ending));
  // A number is part of a name, as is what stands for one: build-1.2, cpu.2026-11-27, cpu.{pid}.
  const unknown = unknownEnding(name);
  return /^\.?\d|^\.?$|^\.\{/.test(unknown) ? 'pprof' : undefined;
}

/** The ending of the name's last part, whether a format has it or not. */
export function unknownEnding(name: string): string {
  return /[^/\\](\.[^./\\]*)$/.exec(name)?.[1] ?? '';
}

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
