import { ProfBufError } from './errors.js';
import { type AllocateOptions, byteLength, format } from './layout.js';

export { ProfBufError, type ProfBufErrorCode } from './errors.js';
export { type AllocateOptions, byteLength } from './layout.js';
export { ProfBufReader } from './reader.js';
export type { ProfBufRecord } from './record.js';
export type { WaitOptions } from './sleep.js';
export { ProfBufWriter, type WriterOptions } from './writer.js';

/**
 * Makes an empty ring in memory of its own. Post it to the other thread, and attach a `ProfBufWriter` in one and a
 * `ProfBufReader` in the other.
 *
 * @throws {ProfBufError} `INVALID_OPTIONS`, `NO_SHARED_MEMORY`, `NO_ATOMICS`, `OUT_OF_MEMORY`
 */
export function allocate(options: AllocateOptions): SharedArrayBuffer {
  const shared = sharedMemory(byteLength(options));
  format(shared, 0, options);
  return shared;
}

function sharedMemory(bytes: number): SharedArrayBuffer {
  if (typeof SharedArrayBuffer !== 'function') {
    const isPage = (globalThis as { crossOriginIsolated?: boolean }).crossOriginIsolated === false;
    throw new ProfBufError(
      'NO_SHARED_MEMORY',
      isPage
        ? 'this page has no SharedArrayBuffer, since it is not cross-origin isolated; serve it with the headers ' +
            '"Cross-Origin-Opener-Policy: same-origin" and "Cross-Origin-Embedder-Policy: require-corp"'
        : 'there is no SharedArrayBuffer here; take another engine, or a realm that has it',
    );
  }
  try {
    return new SharedArrayBuffer(bytes);
  } catch (cause) {
    throw new ProfBufError(
      'OUT_OF_MEMORY',
      `the engine has not ${bytes} bytes of shared memory to give (${String(cause)}); ask for fewer words`,
      { cause },
    );
  }
}

/**
 * Makes an empty ring in shared memory that exists already, a WebAssembly memory's for instance, over whatever is there.
 * It takes {@link byteLength} bytes from `byteOffset` on, a multiple of 8.
 *
 * @throws {ProfBufError} `INVALID_OPTIONS`, `NO_ATOMICS`, `NOT_SHARED`, `INVALID_OFFSET`, `TRUNCATED`
 */
export function initialize(shared: SharedArrayBuffer, byteOffset: number, options: AllocateOptions): void {
  format(shared, byteOffset, options);
}
