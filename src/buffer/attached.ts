import { ProfBufError } from './errors.js';
import { MARK } from './layout.js';

/**
 * Where this thread has writers, for all copies of this module: a process may load it by `import` and by `require`. Weak, so
 * that it keeps no ring alive.
 */
interface Writers {
  /** The byte offsets, by memory. */
  readonly offsets: WeakMap<SharedArrayBuffer, Set<number>>;
  /** The same memories, to go through. */
  readonly memories: Set<WeakRef<SharedArrayBuffer>>;
}

const writers = /* @__PURE__ */ sharedWriters();

function sharedWriters(): Writers {
  const key = Symbol.for('profbuf.writers.1');
  const holder = globalThis as { [key]?: Writers };
  const known = holder[key];
  if (known !== undefined) return known;
  const value: Writers = { offsets: new WeakMap(), memories: new Set() };
  // A program may have locked its globals: each copy then knows its own writers.
  if (Object.isExtensible(globalThis)) Object.defineProperty(globalThis, key, { value });
  return value;
}

/**
 * Takes note of a writer.
 *
 * @throws {ProfBufError} `WRITER_ATTACHED` if this thread has one there. One in another thread cannot be known.
 */
export function attach(shared: SharedArrayBuffer, byteOffset: number): void {
  if (isAttached(shared, byteOffset)) throw attachedAlready(byteOffset);
  for (const memory of writers.memories) {
    const other = memory.deref();
    if (other === undefined) writers.memories.delete(memory);
    else if (isAttached(other, byteOffset) && areOneMemory(other, shared, byteOffset))
      throw attachedAlready(byteOffset);
  }
  const offsets = writers.offsets.get(shared);
  if (offsets === undefined) {
    writers.offsets.set(shared, new Set([byteOffset]));
    writers.memories.add(new WeakRef(shared));
  } else {
    offsets.add(byteOffset);
  }
}

export function detach(shared: SharedArrayBuffer, byteOffset: number): void {
  writers.offsets.get(shared)?.delete(byteOffset);
}

function isAttached(shared: SharedArrayBuffer, byteOffset: number): boolean {
  return writers.offsets.get(shared)?.has(byteOffset) === true;
}

/**
 * Whether two objects stand for the same bytes: a WebAssembly memory that has grown has a new one, and a ring that came back
 * from another thread another one. Nothing tells but a mark that is made in the one and found in the other. It is made in
 * the ring that has a writer of this thread.
 */
function areOneMemory(known: SharedArrayBuffer, found: SharedArrayBuffer, byteOffset: number): boolean {
  const knownMark = new Int32Array(known, byteOffset + MARK * Int32Array.BYTES_PER_ELEMENT, 1);
  const foundMark = new Int32Array(found, byteOffset + MARK * Int32Array.BYTES_PER_ELEMENT, 1);
  const mark = Atomics.load(foundMark, 0) ^ 1;
  Atomics.store(knownMark, 0, mark);
  return Atomics.load(foundMark, 0) === mark;
}

function attachedAlready(byteOffset: number): ProfBufError {
  return new ProfBufError(
    'WRITER_ATTACHED',
    `this thread already has a writer on the ring at byte ${byteOffset}; a ring has one writer: close() that one first`,
  );
}
