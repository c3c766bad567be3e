import { AsyncLocalStorage, AsyncResource, executionAsyncResource } from 'node:async_hooks';
import { LabelSet, noLabels } from './label-set.js';

/**
 * Where Node keeps what an AsyncLocalStorage holds: in frames that V8 carries from promise to promise (the default since
 * Node 24), or on the resources of async_hooks; under a symbol of an AsyncResource in either case.
 */
export interface ContextPlace {
  readonly kind: 'frames' | 'resources';
  readonly symbol: symbol;
}

type Resource = Record<symbol, unknown>;

/** The set in force, which Node carries from callback to callback. */
export class LabelContext {
  readonly #storage = new AsyncLocalStorage<LabelSet>();
  #place: ContextPlace | undefined | 'not looked for' = 'not looked for';
  /** What {@link enter} has put on resources since the callback began that runs now. */
  #entered: { readonly resource: Resource; readonly before: unknown; readonly after: unknown }[] = [];
  /** Called before the first {@link enter} of the thread, if that is still to come. */
  onFirstEnter: (() => void) | undefined;
  #hasEntered = false;

  get current(): LabelSet {
    return this.#storage.getStore() ?? noLabels;
  }

  /** Whether {@link enter} was ever called. */
  get hasEntered(): boolean {
    return this.#hasEntered;
  }

  /** `undefined` in a Node that does it in another way still. */
  get place(): ContextPlace | undefined {
    if (this.#place === 'not looked for') this.#place = this.#findPlace();
    return this.#place;
  }

  /** The set that a frame of Node's carries. */
  inFrame(frame: Map<unknown, LabelSet> | undefined): LabelSet {
    return frame?.get(this.#storage) ?? noLabels;
  }

  /**
   * Runs `fn` with the set in force, and whatever `fn` starts.
   * @param outer What {@link current} is.
   */
  run<T>(outer: LabelSet, set: LabelSet, fn: () => T): T {
    if (set !== outer) return this.#storage.run(set, fn);
    // Node would change nothing, and restore nothing of what `fn` enters.
    const before = this.#storage.getStore();
    try {
      return fn();
    } finally {
      if (this.#storage.getStore() !== before) this.#storage.enterWith(before as LabelSet);
    }
  }

  /**
   * Puts the set in force for what is left of the callback that runs now, and for whatever it starts. A resource may have
   * many callbacks, such as those of a connection with one request after the other: Node would leave the set on it.
   */
  enter(set: LabelSet): void {
    if (!this.#hasEntered) {
      this.onFirstEnter?.();
      this.#hasEntered = true;
    }
    if (this.place?.kind === 'resources') this.#enterResource(set, this.place.symbol);
    else this.#storage.enterWith(set);
  }

  #enterResource(set: LabelSet, symbol: symbol): void {
    const resource = executionAsyncResource() as Resource;
    const before = resource[symbol];
    this.#storage.enterWith(set);
    // Microtasks are what runs between the end of a callback and the next one.
    if (this.#entered.length === 0) queueMicrotask(() => this.#leaveResources(symbol));
    this.#entered.push({ resource, before, after: resource[symbol] });
  }

  /** The last one first; and not what a `run` around it has taken back already. */
  #leaveResources(symbol: symbol): void {
    for (const { resource, before, after } of this.#entered.reverse())
      if (resource[symbol] === after) resource[symbol] = before;
    this.#entered = [];
  }

  #findPlace(): ContextPlace | undefined {
    const marker = new LabelSet(noLabels, 'profbuf.marker', '');
    const resource = this.#storage.run(marker, () => new AsyncResource('profbuf')) as AsyncResource & Resource;
    for (const symbol of Object.getOwnPropertySymbols(resource)) {
      const held = resource[symbol];
      if (typeof held !== 'object' || held === null) continue;
      // A Map, but not one of this realm's prototype.
      const isFrame = 'get' in held && typeof held.get === 'function' && held.get(this.#storage) === marker;
      if (isFrame) return { kind: 'frames', symbol };
      // Itself, or since Node 24 among those of other storages, under a symbol again.
      const isHere =
        held === marker || Object.getOwnPropertySymbols(held).some((key) => (held as Resource)[key] === marker);
      if (isHere) return { kind: 'resources', symbol };
    }
    return undefined;
  }
}
