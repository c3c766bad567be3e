import { AsyncResource, createHook, executionAsyncResource, type HookCallbacks } from 'node:async_hooks';
import { promiseHooks } from 'node:v8';
import type { LabelContext } from './label-context.js';
import { type LabelSet, noLabels } from './label-set.js';
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
export function watchSwitches(context: LabelContext, listener: SwitchListener): () => void {
  keepTickObject();
  const { place } = context;
  return place?.kind === 'frames' ? watchFrames(context, listener, place.symbol) : watchResources(context, listener);
}

/**
 * Where Node keeps contexts in frames that V8 carries from promise to promise (the default since Node 24): promises by
 * V8's own hook, everything else by async_hooks. An `await` costs about a third of what it costs by async_hooks alone.
 *
 * `before` is called when the new frame is in place, with one exception: a user's AsyncResource puts its frame there
 * afterwards. `after` is called when the old frame is back for those, and not yet for the others; it is for programs that
 * use such resources.
 */
function watchFrames(context: LabelContext, listener: SwitchListener, frameSymbol: symbol): () => void {
  const current = () => listener.enter(context.current);
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
      listener.enter(context.inFrame(frame));
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
function watchResources(context: LabelContext, listener: SwitchListener): () => void {
  const outside: LabelSet[] = [];
  let hasScopes = false;
  const ends = createHook({
    after() {
      if (outside.length === 0 || !(executionAsyncResource() instanceof AsyncResource)) return;
      listener.enter(outside.pop() ?? noLabels);
    },
  });
  const isScope = () => {
    if (!(executionAsyncResource() instanceof AsyncResource)) return false;
    if (!hasScopes) ends.enable();
    hasScopes = true;
    return true;
  };
  const begins = createHook({
    before() {
      const set = context.current;
      // Nothing changes, and nothing will at the end of this, unless it enters a set. Asking for the resource costs more than
      // all else here.
      if (set === listener.inForce && outside.length === 0 && !context.hasEntered) return;
      if (isScope()) outside.push(listener.inForce);
      listener.enter(set);
    },
  }).enable();
  context.onFirstEnter = () => {
    if (outside.length === 0 && isScope()) outside.push(listener.inForce);
  };
  return () => {
    begins.disable();
    ends.disable();
    context.onFirstEnter = undefined;
  };
}
