export { ProfileFormatError, ProfileMergeError } from './profile/errors.js';
export type { Integer } from './profile/integer.js';
export type {
  FunctionInfo,
  Label,
  Line,
  Location,
  Mapping,
  ProfileModel,
  Sample,
  ValueType,
} from './profile/model.js';
export { type DecodeOptions, Profile } from './profile/profile.js';
