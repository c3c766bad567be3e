import {
  foundState,
  type LabelState,
  type Labels,
  labelProtocolVersion,
  labelStateKey,
} from '../protocol/label-records.js';
import { createImplementation } from './implementation.js';

export type { Labels } from '../protocol/label-records.js';

/**
 * All copies of the package in a thread share one context: what one of them sets the others get. A copy of another,
 * incompatible version has one of its own.
 */
function sharedState(): LabelState {
  const found = foundState();
  if (found?.version === labelProtocolVersion) return found;
  const state: LabelState = { version: labelProtocolVersion };
  if (found === undefined) {
    const hidden = { value: state, configurable: true, enumerable: false };
    Object.defineProperty(globalThis, Symbol.for(labelStateKey), hidden);
  }
  return state;
}

const state = sharedState();
state.implementation ??= createImplementation(state);
const implementation = state.implementation;

/**
 * Runs `fn` with `labels` added to those in force; where both have a label, the new value counts. Every sample that is
 * taken while `fn` runs carries them, and so does every sample of what it starts: whatever it awaits, its timers, streams
 * and callbacks, until they are done. When `fn` returns, throws or reaches its first `await`, the labels before are
 * in force again for who called.
 *
 * @param labels At most 32 in force together. A name has 1 to 256 characters and does not begin with `profbuf.`; a value
 *   is a string of at most 1024 characters, or a finite number. An empty string takes the label away.
 * @param fn Called with the `this` that `withLabels` was called with. What it returns or throws is passed on as it is.
 * @throws ProfbufError `ERR_PROFBUF_LABEL`: `fn` was not called.
 */
export function withLabels<T>(this: unknown, labels: Labels, fn: () => T): T {
  return implementation.withLabels.call(this, labels, fn) as T;
}

/**
 * Adds `labels` to those in force for the rest of the current asynchronous context: of the function that runs, of what it
 * awaits and starts, and of its callers up to the next `await`, callback or {@link withLabels}.
 *
 * @throws ProfbufError `ERR_PROFBUF_LABEL`: the labels in force stay as they are.
 */
export function setLabels(labels: Labels): void {
  implementation.setLabels(labels);
}

/** The labels in force here. The object does not change. */
export function getLabels(): Labels {
  return implementation.getLabels();
}
