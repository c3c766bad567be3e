import { AsyncLocalStorage } from 'node:async_hooks';
import type { Labels } from '../labels/index.js';
import { setExtraLabels, withExtraLabels } from './best-effort.js';
import { type RequestEvents, redirectEvents } from './request-events.js';
import { sharedState } from './shared-state.js';

/** On whose behalf this runs: the labels in force do not tell, for requests have the same ones. */
const current = sharedState('request.1', () => new AsyncLocalStorage<RequestContext>());

/**
 * Keeps one request under its labels, also where the contexts that Node carries along are not the request's: in events of its
 * connection, and in callbacks of a connection that many requests share, to a database for instance.
 */
export class RequestContext {
  #labels: Labels;

  /** @param labels What is known of the request already. They are in force from {@link run} on. */
  constructor(request: RequestEvents, labels: Labels = {}) {
    this.#labels = labels;
    redirectEvents(request, (emit) => current.run(this, () => withExtraLabels({}, this.#labels, emit)));
  }

  /**
   * Runs `fn`, and all that follows from it, under the request's labels and these.
   *
   * @param labels The application's own. If a sample cannot carry them, this throws, and does not call `fn`.
   * @param extra Ours, which it goes without in that case.
   */
  run<T>(labels: Labels, extra: Labels, fn: () => T): T {
    const missing = this.#missing();
    this.#labels = { ...this.#labels, ...labels, ...extra };
    return current.run(this, () => withExtraLabels(labels, { ...missing, ...labels, ...extra }, fn));
  }

  /** Runs `fn` under the request's labels; as it is, if it is the request's context that runs. */
  resume<T>(fn: () => T): T {
    return current.getStore() === this ? fn() : this.run({}, {}, fn);
  }

  /** Adds labels for the rest of the context that runs, and for the request's events from now on. */
  set(extra: Labels): void {
    const missing = this.#missing();
    this.#labels = { ...this.#labels, ...extra };
    setExtraLabels({ ...missing, ...extra });
  }

  /** In the request's own context its labels are in force already, or what the application has set in their place since. */
  #missing(): Labels {
    return current.getStore() === this ? {} : this.#labels;
  }
}
