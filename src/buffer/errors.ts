export type ProfBufErrorCode =
  /** `allocate` or `initialize` was asked for a ring that cannot be. */
  | 'INVALID_OPTIONS'
  /** This page, or this engine, has no SharedArrayBuffer. A page has it where it is cross-origin isolated. */
  | 'NO_SHARED_MEMORY'
  /** This engine, or this realm, has no Atomics. */
  | 'NO_ATOMICS'
  /** The engine did not give as much memory as `allocate` was asked for. */
  | 'OUT_OF_MEMORY'
  /** What was given as the ring's memory is not a SharedArrayBuffer. */
  | 'NOT_SHARED'
  /** The byte offset is negative, not a multiple of 8, or not a number. */
  | 'INVALID_OFFSET'
  /** The memory ends before the ring does. */
  | 'TRUNCATED'
  /** There is no ring at that offset. */
  | 'NOT_A_RING'
  /** The ring was made by another version of the layout. */
  | 'LAYOUT_VERSION'
  /** The ring's own words contradict each other: something else wrote there. */
  | 'CORRUPT'
  | 'INVALID_TAG'
  | 'INVALID_TIME'
  | 'INVALID_HEADER'
  | 'INVALID_DEPTH'
  /** `write` after `close`. */
  | 'CLOSED'
  /** This thread already has a writer on this ring. */
  | 'WRITER_ATTACHED'
  /** This thread may not block (a browser's page, an AudioWorklet). */
  | 'BLOCKING_FORBIDDEN'
  /** This engine has no `Atomics.waitAsync`. */
  | 'NO_WAIT_ASYNC'
  /** A timeout that is not a number of milliseconds. */
  | 'INVALID_TIMEOUT'
  /** A record was asked for a header or stack word that it does not have. */
  | 'INVALID_INDEX';

/** Every error this package's buffer throws: `code` says which, the message says what was found and what was expected. */
export class ProfBufError extends Error {
  override readonly name = 'ProfBufError';
  readonly code: ProfBufErrorCode;

  constructor(code: ProfBufErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

// Errors of another copy of this module too: a process may load it by `import` and by `require`.
const brand = Symbol.for('profbuf.ProfBufError');
const isInstance = Function.prototype[Symbol.hasInstance];
Object.defineProperty(ProfBufError.prototype, brand, { value: true });
Object.defineProperty(ProfBufError, Symbol.hasInstance, {
  value(this: unknown, value: unknown) {
    if (isInstance.call(this as typeof Function, value)) return true;
    return this === ProfBufError && typeof value === 'object' && value !== null && brand in value;
  },
});
