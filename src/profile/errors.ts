import { recognizeCopies } from './any-copy.js';

/** The bytes are not a profile: damaged, cut short, of another format, or larger than the limit. */
export class ProfileFormatError extends Error {
  override readonly name = 'ProfileFormatError';
  readonly code = 'ERR_PROFBUF_PROFILE_FORMAT';
}

/** The bytes are something else that is known. */
export class OtherFormatError extends ProfileFormatError {
  /** How to come by a profile, as a part of a sentence. */
  readonly advice: string;

  constructor(what: string, advice: string, options?: { readonly cause?: unknown }) {
    super(`not a profile: ${what}`, options);
    this.advice = advice;
  }
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

recognizeCopies(ProfileFormatError, 'ProfileFormatError');
recognizeCopies(ProfileMergeError, 'ProfileMergeError');
recognizeCopies(ProfileConversionError, 'ProfileConversionError');
