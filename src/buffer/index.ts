import { type AllocateOptions, byteLength, format } from './layout.js';

export { ProfBufError, type ProfBufErrorCode } from './errors.js';
export { type AllocateOptions, byteLength } from './layout.js';
export { ProfBufReader } from './reader.js';
export type { ProfBufRecord } from './record.js';
export type { WaitOptions } from './sleep.js';
export { ProfBufWriter } from './writer.js';

/**
 * Makes an empty ring in memory of its own. Post it to the other thread, and attach a `ProfBufWriter` in one and a
 * `ProfBufReader` in the other.
 *
 * @throws {ProfBufError} `INVALID_OPTIONS`
 */
export function allocate(options: AllocateOptions): SharedArrayBuffer {
  const shared = new SharedArrayBuffer(byteLength(options));
  format(shared, 0, options);
  return shared;
}

/**
 * Makes an empty ring in shared memory that exists already, a WebAssembly memory's for instance, over whatever is there.
 * It takes {@link byteLength} bytes from `byteOffset` on, a multiple of 8.
 *
 * @throws {ProfBufError} `INVALID_OPTIONS`, `NOT_SHARED`, `INVALID_OFFSET`, `TRUNCATED`
 */
export function initialize(shared: SharedArrayBuffer, byteOffset: number, options: AllocateOptions): void {
  format(shared, byteOffset, options);
}
