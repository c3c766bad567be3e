import type { Labels } from '../protocol/label-records.js';
import { describeValue, labelError } from './label-error.js';

/** Of one set. Each is a string that every sample under it carries into the profile. */
const mostLabels = 32;
const longestKey = 256;
const longestValue = 1024;
/** Labels that the profiler itself puts on samples. */
const reservedPrefix = 'profbuf.';

/** How many sets are kept for programs that use the same ones again and again. */
const mostCached = 4096;

/**
 * The cache of every set that is older than this is stale. One number in place of a walk: what is under the stale sets
 * becomes garbage when the sets do, and `noLabels`, which never does, begins anew when it is next asked.
 */
let generation = 0;
let cached = 0;

/**
 * Labels in force together; immutable. A set is its parent with one label more, so that a new one costs the same however
 * many labels it has, and one that was made lately is found without looking at all of them.
 */
export class LabelSet {
  /** The number under which the recorder knows the set; 0: none. It may be out of date: see ./registry.ts. */
  number = 0;
  readonly #parent: LabelSet | undefined;
  readonly #key: string;
  readonly #value: string | number;
  readonly #size: number;
  #generation = -1;
  #children: Map<string, Map<string | number, LabelSet>> | undefined;
  #labels: Labels | undefined;

  constructor(parent: LabelSet | undefined, key: string, value: string | number) {
    this.#parent = parent;
    this.#key = key;
    this.#value = value;
    this.#size = parent === undefined ? 0 : parent.#size + 1;
  }

  /** This set with more labels; where both have a label, the new value counts. An empty value takes it away. */
  with(labels: Labels): LabelSet {
    if (typeof labels !== 'object' || labels === null) {
      throw labelError(`labels are an object of names and values, not ${describeValue(labels)}`);
    }
    const keys = Object.keys(labels);
    if (keys.length === 0 ? !isPlain(labels) : Array.isArray(labels)) {
      throw labelError(`labels are a plain object of names and values, not ${describeValue(labels)}`);
    }
    let set: LabelSet = this;
    for (const key of keys) set = set.#withOne(key, labels[key] as string | number);
    return set;
  }

  /** As an object of its own. */
  toLabels(): Labels {
    this.#labels ??= Object.freeze(Object.fromEntries(this.#entries()));
    return this.#labels;
  }

  #withOne(key: string, value: string | number): LabelSet {
    // Only what has passed the checks below is ever found here.
    return this.#cachedChildren()?.get(key)?.get(value) ?? this.#make(key, value);
  }

  #make(key: string, value: string | number): LabelSet {
    checkLabel(key, value);
    const base = this.#without(key);
    const own = ownCopy(value);
    const child = own === '' ? base : this.#sizedChild(base, key, own);
    this.#cache(key, own, child);
    return child;
  }

  #sizedChild(base: LabelSet, key: string, value: string | number): LabelSet {
    if (this.#valueOf(key) === value) return this;
    if (base.#size >= mostLabels) {
      throw labelError(`a sample has at most ${mostLabels} labels; ${describeValue(key)} would be one more`);
    }
    return base === this ? new LabelSet(this, key, value) : base.#withOne(key, value);
  }

  #without(key: string): LabelSet {
    if (this.#valueOf(key) === undefined) return this;
    const parent = this.#parent as LabelSet;
    return this.#key === key ? parent : parent.#without(key).#withOne(this.#key, this.#value);
  }

  #valueOf(key: string): string | number | undefined {
    for (let set: LabelSet = this; set.#parent !== undefined; set = set.#parent)
      if (set.#key === key) return set.#value;
    return undefined;
  }

  #entries(): [string, string | number][] {
    const entries: [string, string | number][] = [];
    for (let set: LabelSet = this; set.#parent !== undefined; set = set.#parent)
      entries.unshift([set.#key, set.#value]);
    return entries;
  }

  #cachedChildren(): Map<string, Map<string | number, LabelSet>> | undefined {
    return this.#generation === generation ? this.#children : undefined;
  }

  #cache(key: string, value: string | number, child: LabelSet): void {
    if (++cached > mostCached) {
      generation++;
      cached = 1;
    }
    let children = this.#cachedChildren();
    if (children === undefined) {
      children = new Map();
      this.#children = children;
      this.#generation = generation;
    }
    const values = children.get(key);
    if (values === undefined) children.set(key, new Map([[value, child]]));
    else values.set(value, child);
  }
}

/** The set that is in force where no label is. */
export const noLabels = new LabelSet(undefined, '', '');

/** A Map, a Date or a Promise has no names to find, and was hardly meant. */
function isPlain(labels: object): boolean {
  const prototype = Object.getPrototypeOf(labels);
  // That of another realm too.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/**
 * A part that was cut out of a string keeps the whole of it alive, in V8 from 13 characters on: a tenant's name, a request's
 * body of megabytes. What is put together anew is cut out of nothing but itself.
 */
function ownCopy<Value extends string | number>(value: Value): Value | string {
  return typeof value === 'string' && value.length >= 13 ? ` ${value}`.slice(1) : value;
}

function checkLabel(key: string, value: unknown): void {
  if (key === '') throw labelError('a label has a name; found one that is empty');
  if (key.length > longestKey) {
    throw labelError(
      `the label name ${describeValue(key)} has ${key.length} characters; at most ${longestKey} are taken`,
    );
  }
  if (key.startsWith(reservedPrefix)) {
    throw labelError(
      `the label name ${describeValue(key)} is not free: those that begin with ${reservedPrefix} are profbuf's`,
    );
  }
  if (typeof value === 'string') {
    if (value.length > longestValue) {
      throw labelError(`label ${describeValue(key)}: ${value.length} characters; a value has at most ${longestValue}`);
    }
  } else if (typeof value !== 'number' || !Number.isFinite(value)) {
    throw labelError(
      `label ${describeValue(key)}: ${describeValue(value)} is no value; expected a string or a finite number`,
    );
  }
}
