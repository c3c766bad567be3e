import type { ProfileModel } from 'profbuf';
import type { ProfileHeader } from '#profbuf/profile/builder.js';

/** A profile of CPU time at 100 Hz, a minute long, of these stacks. */
export function cpuModel(
  parts: Pick<ProfileModel, 'samples' | 'locations' | 'functions'>,
): ProfileModel & ProfileHeader {
  return {
    sampleTypes: [
      { type: 'samples', unit: 'count' },
      { type: 'cpu', unit: 'nanoseconds' },
    ],
    mappings: [],
    dropFrames: '',
    keepFrames: '',
    timeNanos: 1_700_000_000_123_456_789n,
    durationNanos: 60_000_000_000n,
    periodType: { type: 'cpu', unit: 'nanoseconds' },
    period: 10_000_000,
    comments: [],
    defaultSampleType: 'cpu',
    docUrl: '',
    ...parts,
  };
}
