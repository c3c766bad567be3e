import { promisify } from 'node:util';
import { constants, gunzipSync, gzip } from 'node:zlib';
import { ProfileFormatError } from './errors.js';
import type { ProfileModel } from './model.js';
import { decodePprof, encodePprof } from './pprof.js';

export interface DecodeOptions {
  /** The most that a file may take uncompressed, in bytes: a small gzip file can hold gigabytes. Default: 128 MiB. */
  readonly maximumBytes?: number;
}

const defaultMaximumBytes = 128 * 2 ** 20;
const compress = promisify(gzip);

/** What a profiler saw: values by stack and labels. It does not change. */
export class Profile {
  #encoded: Uint8Array | undefined;
  #model: ProfileModel | undefined;

  private constructor(encoded: Uint8Array | undefined, model: ProfileModel | undefined) {
    this.#encoded = encoded;
    this.#model = model;
  }

  /**
   * Reads a pprof file, compressed by gzip or not, whoever wrote it. Encoding it again loses nothing.
   *
   * @throws {ProfileFormatError} when the bytes are no whole profile, or too large.
   */
  static decode(bytes: Uint8Array, options: DecodeOptions = {}): Profile {
    return Profile.fromModel(decode(bytes, options));
  }

  /** @internal A profile from {@link encode}, which is decoded only when it is looked into. */
  static fromEncoded(bytes: Uint8Array): Profile {
    return new Profile(bytes, undefined);
  }

  /** @internal */
  static fromModel(model: ProfileModel): Profile {
    return new Profile(undefined, model);
  }

  /** All that the profile holds, field by field as the pprof format has it. */
  get model(): ProfileModel {
    this.#model ??= decode(this.#encoded ?? new Uint8Array(), {});
    return this.#model;
  }

  /**
   * The profile as a pprof file (profile.proto, gzip), which `go tool pprof`, Pyroscope, Parca and speedscope read.
   * The bytes are the caller's own, to write, change or transfer.
   */
  async encode(): Promise<Uint8Array<ArrayBuffer>> {
    this.#encoded ??= await compress(encodePprof(this.model), { level: constants.Z_BEST_SPEED });
    return new Uint8Array(this.#encoded);
  }
}

function decode(bytes: Uint8Array, { maximumBytes = defaultMaximumBytes }: DecodeOptions): ProfileModel {
  if (bytes.byteLength === 0) throw new ProfileFormatError('not a pprof profile: it is empty');
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const plain = isGzip ? decompress(bytes, maximumBytes) : bytes;
  if (plain.byteLength > maximumBytes) throw tooLarge(maximumBytes);
  return decodePprof(plain);
}

function decompress(bytes: Uint8Array, maximumBytes: number): Uint8Array {
  try {
    return gunzipSync(bytes, { maxOutputLength: maximumBytes });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(maximumBytes);
    throw new ProfileFormatError(`not a whole pprof profile: its gzip data is damaged or cut short (${error})`, {
      cause: error,
    });
  }
}

function tooLarge(maximumBytes: number): ProfileFormatError {
  return new ProfileFormatError(
    `the profile is larger than ${maximumBytes} bytes uncompressed; Profile.decode takes a higher maximumBytes`,
  );
}
