export {
  type CollectOptions,
  type Profiler,
  type ProfilerOptions,
  type ProfilerStats,
  type StallOptions,
  startProfiler,
  type TakeOptions,
} from './application/profiler.js';
export { ProfbufError, type ProfbufErrorCode } from './errors.js';
export { getLabels, type Labels, setLabels, withLabels } from './labels/index.js';
export { ProfileConversionError, ProfileFormatError, ProfileMergeError } from './profile/errors.js';
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
export type { TopRow } from './profile/tables/top.js';
export type { CpuProfile, CpuProfileNode } from './profile/write/cpu-profile.js';
export type { FirefoxProfile, FirefoxThread } from './profile/write/firefox.js';
export type { SpeedscopeFile } from './profile/write/speedscope.js';
export type { PushKind, PushProtocol, PushSetting, PushSettings } from './protocol/push-settings.js';
export type { StallReport, StallStack } from './protocol/stall-report.js';
