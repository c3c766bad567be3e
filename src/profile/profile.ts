import { constants as bufferConstants } from 'node:buffer';
import { promisify } from 'node:util';
import { constants, gunzipSync, gzip } from 'node:zlib';
import { recognizeCopies } from './any-copy.js';
import { ProfileFormatError, ProfileTooLargeError } from './errors.js';
import { toInteger } from './integer.js';
import { withPrometheusNames } from './label-names.js';
import { mergeProfiles } from './merge.js';
import type { ProfileModel } from './model.js';
import type { OwnBytes } from './own-bytes.js';
import { decodePprof } from './read/pprof.js';
import { sampleTypeIndex } from './sample-type.js';
import { type TopRow, topOf } from './tables/top.js';
import { topTable } from './tables/top-table.js';
import { toCollapsed } from './write/collapsed.js';
import { type CpuProfile, toCpuProfile } from './write/cpu-profile.js';
import { type FirefoxProfile, toFirefox } from './write/firefox.js';
import { encodePprof } from './write/pprof.js';
import { type SpeedscopeFile, toSpeedscope } from './write/speedscope.js';

export interface DecodeOptions {
  /**
   * The most that a file may take uncompressed, in bytes: a small gzip file can hold gigabytes. It also bounds the memory
   * for what is read. Default: 128 MiB, a profile of about a million stacks.
   */
  readonly maximumBytes?: number;
}

const defaultMaximumBytes = 128 * 2 ** 20;
const compress = promisify(gzip);

/** What a profiler saw: values by stack and labels. It does not change. */
export class Profile {
  /** A pprof file, which a profile that was collected is first; its model is made when somebody looks into it. */
  #file: Uint8Array | undefined;
  #model: ProfileModel | undefined;
  /** It is known without looking into the file that there is nothing to change. */
  readonly #hasPrometheusNames: boolean;

  private constructor(file: Uint8Array | undefined, model: ProfileModel | undefined, hasPrometheusNames = false) {
    this.#file = file;
    this.#model = model;
    this.#hasPrometheusNames = hasPrometheusNames;
  }

  /**
   * Reads a pprof file, compressed by gzip or not, whoever wrote it. Encoding it again loses nothing.
   *
   * @throws {ProfileFormatError} when the bytes are no whole profile, or too large.
   */
  static decode(bytes: Uint8Array, options: DecodeOptions = {}): Profile {
    return Profile.fromModel(decode(bytes, options));
  }

  /**
   * The sum of profiles that measure the same, as `go tool pprof` makes it of several files: equal stacks with equal
   * labels add up, collection began with the earliest, durations add up, comments are united.
   *
   * @throws {ProfileMergeError} when sample types or period types differ, or a sum does not fit into 64 bits.
   */
  static merge(...profiles: readonly Profile[]): Profile {
    return Profile.fromModel(mergeProfiles(profiles.map(({ model }) => model)));
  }

  /**
   * @internal A profile from a pprof file of our own, compressed by gzip or not.
   * @param hasPrometheusNames Whether the names of its labels are known to be ones that Prometheus allows.
   */
  static fromFile(bytes: Uint8Array, hasPrometheusNames = false): Profile {
    return new Profile(bytes, undefined, hasPrometheusNames);
  }

  /** @internal The same profile, of which viewers show this sample type first. */
  withDefaultSampleType(sampleType: string): Profile {
    const { type } = this.model.sampleTypes[sampleTypeIndex(this.model, sampleType)] ?? { type: '' };
    return Profile.fromModel({ ...this.model, defaultSampleType: type });
  }

  /** @internal The same profile, for servers that store labels under names that Prometheus allows. */
  withPrometheusNames(): Profile {
    if (this.#hasPrometheusNames) return this;
    const model = withPrometheusNames(this.model);
    return model === this.model ? this : Profile.fromModel(model);
  }

  /** @internal The same profile, of another time. */
  ofTime(timeNanos: bigint, durationNanos: bigint): Profile {
    const times = { timeNanos: toInteger(timeNanos), durationNanos: toInteger(durationNanos) };
    return Profile.fromModel({ ...this.model, ...times });
  }

  /** @internal */
  static fromModel(model: ProfileModel): Profile {
    return new Profile(undefined, model);
  }

  /** All that the profile holds, field by field as the pprof format has it. */
  get model(): ProfileModel {
    this.#model ??= decode(this.#file ?? new Uint8Array(), {});
    return this.#model;
  }

  /**
   * The profile as a pprof file (profile.proto, gzip), which `go tool pprof`, Pyroscope, Parca and speedscope read.
   * The bytes are the caller's own, to write, change or transfer.
   */
  async encode(): Promise<OwnBytes> {
    let file = this.#file ?? encodePprof(this.model);
    if (!isGzip(file)) file = await compress(file, { level: constants.Z_BEST_SPEED });
    this.#file = file;
    return new Uint8Array(file);
  }

  /**
   * The profile as V8's `.cpuprofile`, which DevTools, VS Code and speedscope open: `JSON.stringify` makes the file.
   * The order of samples in time is not known, so they lie end to end by call tree, and end with one of `(idle)` that takes
   * no time. All are equally long, and as many as the time needs, a million at most: each part of the call tree is right
   * to the length of one.
   *
   * Not carried over: labels, other sample types, how many samples were taken, comments, mappings and addresses, values
   * that are not positive.
   *
   * @param sampleType By its name (`cpu`, `wall`, …); without it, the profile's default if that is one of time, or else
   * the last that is.
   * @throws {ProfileConversionError} when that is none of time, or the profile has none.
   * @throws {RangeError} when the profile has no such sample type.
   */
  toCpuProfile(sampleType?: string): CpuProfile {
    return toCpuProfile(this.model, sampleType);
  }

  /**
   * The profile in speedscope's format, with one profile inside for each sample type: `JSON.stringify` makes the file.
   *
   * Not carried over: labels, lines within functions, comments, mappings and addresses, values that are not positive.
   *
   * @param sampleType The one that is shown first, by its name; without it, the profile's default.
   * @throws {RangeError} when the profile has no such sample type.
   */
  toSpeedscope(sampleType?: string): SpeedscopeFile {
    return toSpeedscope(this.model, sampleType);
  }

  /**
   * The profile in Firefox Profiler's processed format, for https://profiler.firefox.com: `JSON.stringify` makes the file.
   * Threads have tracks of their own, by the label `thread`. The order of samples in time is not known, so they lie end to
   * end by labels and call tree, and a marker says the labels of each stretch.
   *
   * Not carried over: other sample types, how many samples were taken, mappings and addresses, values that are not positive.
   *
   * @param sampleType By its name (`cpu`, `samples`, …); without it, the profile's default.
   * @throws {RangeError} when the profile has no such sample type.
   */
  toFirefox(sampleType?: string): FirefoxProfile {
    return toFirefox(this.model, sampleType);
  }

  /**
   * The profile as collapsed stacks, one line each, root first, for flamegraph.pl and many viewers:
   * `main (/app.js:1);parse (/feed.js:10) 42`. A `;` or control character inside a name becomes `\x3b` and the like.
   *
   * Not carried over: labels, lines within functions, other sample types, and everything about the profile itself.
   *
   * @param sampleType By its name (`samples`, `cpu`, …); without it, the profile's default.
   * @throws {RangeError} when the profile has no such sample type.
   */
  toCollapsed(sampleType?: string): string {
    return toCollapsed(this.model, sampleType);
  }

  /**
   * The `n` functions that took most themselves, as `go tool pprof -top -nodefraction=0` orders and counts them:
   * functions of one name are one row, whatever their file. Frames that the profile asks viewers to leave out
   * (`dropFrames`, which only some C++ programs use) are in: its pattern would run here unbounded.
   *
   * @param sampleType By its name (`samples`, `cpu`, …); without it, the profile's default.
   * @throws {RangeError} when the profile has no such sample type.
   */
  top(n = Number.POSITIVE_INFINITY, sampleType?: string): readonly TopRow[] {
    return topOf(this.model, n, sampleType).rows;
  }

  /** {@link top} as text, with the heading that `go tool pprof -top` gives it. */
  topTable(n = Number.POSITIVE_INFINITY, sampleType?: string): string {
    return topTable(this.model, topOf(this.model, n, sampleType));
  }
}

recognizeCopies(Profile, 'Profile');

function decode(bytes: Uint8Array, { maximumBytes = defaultMaximumBytes }: DecodeOptions): ProfileModel {
  if (bytes.byteLength === 0) throw new ProfileFormatError('not a pprof profile: it is empty');
  const plain = isGzip(bytes) ? decompress(bytes, maximumBytes) : bytes;
  if (plain.byteLength > maximumBytes) throw tooLarge(maximumBytes);
  return decodePprof(plain, maximumBytes);
}

function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

function decompress(bytes: Uint8Array, maximumBytes: number): Uint8Array {
  try {
    return gunzipSync(bytes, { maxOutputLength: Math.min(maximumBytes, bufferConstants.MAX_LENGTH) });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(maximumBytes);
    throw new ProfileFormatError(`not a whole pprof profile: its gzip data is damaged or cut short (${error})`, {
      cause: error,
    });
  }
}

function tooLarge(maximumBytes: number): ProfileFormatError {
  return new ProfileTooLargeError(
    `the profile is larger than ${maximumBytes} bytes uncompressed; Profile.decode takes a higher maximumBytes`,
  );
}
