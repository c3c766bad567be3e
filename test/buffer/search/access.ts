/**
 * The shared memory as the code under search sees it. There is no memory behind these views: each access is handed to a
 * {@link SharedMemory}: for the search, a {@link Recorder}, which answers it from what was observed before or stops the code
 * there. So no access can escape.
 */
import { WRITE_POSITION } from '#profbuf/buffer/layout.js';

export type View = 'control' | 'words' | 'halves';
/**
 * `read` and `write` are plain; `awaken` is the end of what `waitAsync` began; all others are methods of Atomics. A step of
 * the search is one of these.
 */
export type Operation =
  | 'read'
  | 'write'
  | 'load'
  | 'store'
  | 'exchange'
  | 'compareExchange'
  | 'wait'
  | 'waitAsync'
  | 'awaken'
  | 'notify';
/** What an access gives back to the code. */
export type Observation = number | string | undefined;

export interface Access {
  readonly operation: Operation;
  readonly view: View;
  readonly index: number;
  /** What is written; the value that `wait` sleeps on. */
  readonly value: number;
  /** What `compareExchange` expects. */
  readonly expected: number;
}

/** Thrown into the code under search at the access where it is to stop. */
class Paused extends Error {}

/** Where the accesses of one thread go. */
export interface SharedMemory {
  perform(operation: Operation, view: View, index: number, value?: number, expected?: number): Observation;
  /** Milliseconds, for timeouts. */
  readonly now: number;
}

/** Answers accesses: the first ones from a list of observations, the next one by stopping the code. */
export class Recorder implements SharedMemory {
  #observations: readonly Observation[] = [];
  #next = 0;
  #pending: Access | null = null;
  /** Milliseconds, moved on by each wait that timed out since `replay`. */
  #now = 0;

  replay(observations: readonly Observation[]): void {
    this.#observations = observations;
    this.#next = 0;
    this.#pending = null;
    this.#now = 0;
  }

  /** The access that the code was stopped at; null if it came through. */
  get pending(): Access | null {
    return this.#pending;
  }

  get now(): number {
    return this.#now;
  }

  perform(operation: Operation, view: View, index: number, value = 0, expected = 0): Observation {
    // Code that catches the first Paused must not get any further than code that does not.
    if (this.#pending !== null) throw new Paused();
    if (this.#next === this.#observations.length) {
      this.#pending = { operation, view, index, value, expected };
      throw new Paused();
    }
    const observation = this.#observations[this.#next++];
    if (observation === 'timed-out') this.#now += 1e9;
    return observation;
  }
}

/** The ring's sizes are written before it is shared and never after. Reading them is no step, writing them is an error. */
const FIRST_SHARED_INDEX = WRITE_POSITION;

/** Everything that a snapshot of local state has to leave alone. */
export const opaque = new WeakSet<object>();

/** The view that code gets instead of a typed array on the shared memory. */
export function createView<T extends Int32Array | Float64Array>(memory: SharedMemory, view: View, constants: T): T {
  const { length } = constants;
  const isConstant = (index: number) => view === 'control' && index < FIRST_SHARED_INDEX;
  const checked = (index: number) => {
    if (Number.isInteger(index) && index >= 0 && index < length) return index;
    throw new RangeError(`${view}[${index}] is outside the ring's ${length}`);
  };
  const read = (index: number) => (isConstant(checked(index)) ? constants[index] : memory.perform('read', view, index));
  const write = (index: number, value: number) => {
    if (isConstant(checked(index))) throw new RangeError(`${view}[${index}] does not change once the ring is shared`);
    memory.perform('write', view, index, value);
  };
  const proxy = new Proxy(constants, {
    get(_target, name) {
      if (name === 'length') return length;
      if (name === 'fill') {
        return (value: number, from = 0, to = length) => {
          for (let index = from; index < to; index++) write(index, value);
          return proxy;
        };
      }
      if (name === Symbol.iterator) {
        return function* () {
          for (let index = 0; index < length; index++) yield read(index);
        };
      }
      if (typeof name === 'string') return read(Number(name));
      throw new TypeError(`the search does not know ${String(name)} of ${view}`);
    },
    set(_target, name, value: number) {
      write(Number(name), value);
      return true;
    },
  });
  opaque.add(proxy);
  viewOf.set(proxy, { memory, view, isConstant, constants });
  return proxy;
}

interface ViewData {
  readonly memory: SharedMemory;
  readonly view: View;
  readonly constants: Int32Array | Float64Array;
  isConstant(index: number): boolean;
}
const viewOf = new WeakMap<object, ViewData>();

function atomic(operation: Operation, array: object, index: number, value = 0, expected = 0): Observation {
  const data = viewOf.get(array);
  if (data?.view !== 'control') throw new TypeError(`Atomics.${operation} on something other than the control words`);
  if (data.isConstant(index)) {
    if (operation === 'load') return data.constants[index];
    throw new RangeError(`control[${index}] does not change once the ring is shared`);
  }
  return data.memory.perform(operation, data.view, index, value, expected);
}

/** Atomics for the code under search. A method that is not here is an error, not a step that is missed. */
export const searchedAtomics = {
  load: (array: object, index: number) => atomic('load', array, index),
  store: (array: object, index: number, value: number) => {
    atomic('store', array, index, value);
    return value;
  },
  exchange: (array: object, index: number, value: number) => atomic('exchange', array, index, value),
  compareExchange: (array: object, index: number, expected: number, value: number) =>
    atomic('compareExchange', array, index, value, expected),
  wait: (array: object, index: number, value: number, _timeout?: number) => atomic('wait', array, index, value),
  waitAsync: (array: object, index: number, value: number) => atomic('waitAsync', array, index, value),
  notify: (array: object, index: number, _count?: number) => atomic('notify', array, index),
};
