import type { Profile } from './profile.js';

export const profileFormats = ['pprof', 'cpuprofile', 'speedscope', 'collapsed'] as const;

/** How a profile is written: as pprof (profile.proto, gzip), V8's .cpuprofile, speedscope's JSON or collapsed stacks. */
export type ProfileFormat = (typeof profileFormats)[number];

/** The file's content: bytes for pprof, text for the others. */
export async function encodeAs(profile: Profile, format: ProfileFormat): Promise<Uint8Array | string> {
  switch (format) {
    case 'pprof':
      return profile.encode();
    case 'cpuprofile':
      return JSON.stringify(profile.toCpuProfile());
    case 'speedscope':
      return JSON.stringify(profile.toSpeedscope());
    case 'collapsed':
      return profile.toCollapsed();
  }
}
