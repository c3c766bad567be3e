import {
  type AsyncLocalStorage,
  AsyncResource,
  createHook,
  executionAsyncResource,
  type HookCallbacks,
} from 'node:async_hooks';
import { promiseHooks } from 'node:v8';
import { LabelSet, noLabels } from './label-set.js';
import { keepTickObject } from './tick-object.js';

export interface SwitchListener {
  /** The set that was entered last. */
  readonly inForce: LabelSet;
  enter(set: LabelSet): void;
}

/**
 * Calls `enter` with the set in force whenever Node begins a callback, and when a scope within one ends; not when
 * a callback ends to which nothing but the event loop follows. Called more often than the set differs.
 *
 * @returns how to stop it.
 */
export function watchSwitches(storage: AsyncLocalStorage<LabelSet>, listener: SwitchListener): () => void {
  keepTickObject();
  const frameSymbol = findFrameSymbol(storage);
  return frameSymbol === undefined ? watchResources(storage, listener) : watchFrames(storage, listener, frameSymbol);
}

/**
 * Where Node keeps contexts in frames that V8 carries from promise to promise (the default since Node 24): promises by
 * V8's own hook, everything else by async_hooks. An `await` costs about a third of what it costs by async_hooks alone.
 *
 * `before` is called when the new frame is in place, with one exception: a user's AsyncResource puts its frame there
 * afterwards. `after` is called when the old frame is back for those, and not yet for the others; it is for programs that
 * use such resources.
 */
function watchFrames(storage: AsyncLocalStorage<LabelSet>, listener: SwitchListener, frameSymbol: symbol): () => void {
  const current = () => listener.enter(storage.getStore() ?? noLabels);
  let hasScopes = false;
  const withoutPromises = { trackPromises: false } as HookCallbacks;
  const ends = createHook({ after: current, ...withoutPromises });
  const begins = createHook({
    before() {
      const resource = executionAsyncResource();
      // Asking for the property itself costs more, since resources have many shapes.
      if (!(resource instanceof AsyncResource)) {
        current();
        return;
      }
      if (!hasScopes) ends.enable();
      hasScopes = true;
      const frame = (resource as AsyncResource & Record<symbol, Map<unknown, LabelSet> | undefined>)[frameSymbol];
      listener.enter(frame?.get(storage) ?? noLabels);
    },
    ...withoutPromises,
  }).enable();
  const stopPromises = promiseHooks.onBefore(current) as () => void;
  return () => {
    begins.disable();
    ends.disable();
    stopPromises();
  };
}

/**
 * Where Node keeps contexts on the resources of async_hooks. Their hook must see promises too: its own way of following
 * them has to come first, and only so it does. `after` is called while the resource is still the current one, so what was in
 * force outside of a user's AsyncResource has to be kept here. It costs as much again for every promise, so it is for
 * programs that use such resources.
 */
function watchResources(storage: AsyncLocalStorage<LabelSet>, listener: SwitchListener): () => void {
  const outside: LabelSet[] = [];
  let hasScopes = false;
  const ends = createHook({
    after() {
      if (outside.length === 0 || !(executionAsyncResource() instanceof AsyncResource)) return;
      listener.enter(outside.pop() ?? noLabels);
    },
  });
  const begins = createHook({
    before() {
      const set = storage.getStore() ?? noLabels;
      // Nothing changes, and nothing will at the end of this. Asking for the resource costs more than all else here.
      if (set === listener.inForce && outside.length === 0) return;
      if (executionAsyncResource() instanceof AsyncResource) {
        if (!hasScopes) ends.enable();
        hasScopes = true;
        outside.push(listener.inForce);
      }
      listener.enter(set);
    },
  }).enable();
  return () => {
    begins.disable();
    ends.disable();
  };
}

/** The property under which an AsyncResource keeps its frame; `undefined` where there are no frames. */
function findFrameSymbol(storage: AsyncLocalStorage<LabelSet>): symbol | undefined {
  const marker = new LabelSet(noLabels, 'profbuf.marker', '');
  const resource = storage.run(marker, () => new AsyncResource('profbuf')) as AsyncResource & Record<symbol, unknown>;
  return Object.getOwnPropertySymbols(resource).find((symbol) => {
    // A Map, but not one of this realm's prototype.
    const frame = resource[symbol] as { get?: unknown } | undefined;
    return typeof frame?.get === 'function' && frame.get(storage) === marker;
  });
}
