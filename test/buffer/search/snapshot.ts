/**
 * The local state of the code under search, taken between two operations and put back before one is replayed. It follows
 * every reference from a root. Functions, and the views on shared memory, are no state.
 */
import { opaque } from './access.js';

type Local = Record<string, unknown>;

export class Snapshot {
  /** Equal for states that are the same but for the identity of their objects. */
  readonly key: string;
  readonly #restores: readonly (() => void)[];

  constructor(root: object) {
    const restores: (() => void)[] = [];
    const numbers = new Map<object, number>();
    const visit = (value: unknown): string => {
      if (typeof value === 'function') return 'f';
      if (typeof value !== 'object' || value === null) return Object.is(value, -0) ? '-0' : `${typeof value}${value}`;
      if (opaque.has(value) || value instanceof SharedArrayBuffer) return 'o';
      const known = numbers.get(value);
      if (known !== undefined) return `#${known}`;
      numbers.set(value, numbers.size);
      if (value instanceof Float64Array || value instanceof Int32Array) {
        const copy = value.slice();
        restores.push(() => value.set(copy as never));
        return `[${new Int32Array(value.buffer, value.byteOffset, value.byteLength / 4).join()}]`;
      }
      if (value instanceof Map || value instanceof Set) {
        const copy = [...value];
        restores.push(() => refill(value, copy));
        return `(${copy.map((member) => (value instanceof Map ? member.map(visit).join(':') : visit(member))).join()})`;
      }
      const object = value as Local;
      const keys = Object.keys(object);
      const values = keys.map((key) => object[key]);
      restores.push(() => {
        for (let i = 0; i < keys.length; i++) object[keys[i] as string] = values[i];
      });
      return `{${values.map(visit).join()}}`;
    };
    this.key = visit(root);
    this.#restores = restores;
  }

  restore(): void {
    for (const restore of this.#restores) restore();
  }
}

function refill(collection: Map<unknown, unknown> | Set<unknown>, members: readonly unknown[]): void {
  collection.clear();
  for (const member of members) {
    if (collection instanceof Set) collection.add(member);
    else collection.set(...(member as [unknown, unknown]));
  }
}
