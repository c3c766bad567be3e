import { Profile } from '../../profile/profile.js';

/** What came to a growing profile between two looks at it: the later one less the earlier one, as Go makes it. */
export function difference(before: Profile, after: Profile): Profile {
  const negative = Profile.fromModel({
    ...before.model,
    comments: [],
    samples: before.model.samples.map((sample) => ({ ...sample, values: sample.values.map((value) => -value) })),
  });
  const elapsedNanos = BigInt(after.model.timeNanos) - BigInt(before.model.timeNanos);
  return Profile.fromModel({
    ...Profile.merge(negative, after).model,
    timeNanos: after.model.timeNanos,
    // The system's clock may be set back.
    durationNanos: Math.max(0, Number(elapsedNanos)),
  });
}
