/** The bytes are not a profile: damaged, cut short, of another format, or larger than the limit. */
export class ProfileFormatError extends Error {
  override readonly name = 'ProfileFormatError';
  readonly code = 'ERR_PROFBUF_PROFILE_FORMAT';
}

/** Larger than the limit: it says itself how to raise that. */
export class ProfileTooLargeError extends ProfileFormatError {}

/** Profiles that measure different things have no common sum. */
export class ProfileMergeError extends Error {
  override readonly name = 'ProfileMergeError';
  readonly code = 'ERR_PROFBUF_PROFILE_MERGE';
}

/** The profile has not the values that the other format is made of. */
export class ProfileConversionError extends Error {
  override readonly name = 'ProfileConversionError';
  readonly code = 'ERR_PROFBUF_PROFILE_CONVERSION';
}
