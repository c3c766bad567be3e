import { RequestContext } from './request-context.js';
import type { RequestEvents } from './request-events.js';
import { type RequestLabelsOptions, routeLabel } from './request-labels.js';

export type { RequestLabelsOptions } from './request-labels.js';

/** What this needs of fastify's `FastifyRequest`. */
export interface LabelledFastifyRequest {
  readonly method: string;
  readonly raw: RequestEvents;
  readonly routeOptions: { readonly url?: string | undefined };
}

type Hook = (request: LabelledFastifyRequest, reply: unknown, done: (error?: Error) => void) => void;

/** What this needs of fastify's instance. */
export interface LabelledFastify {
  addHook(name: 'onRequest' | 'preValidation', hook: Hook): unknown;
}

/**
 * Plugin for fastify 5 that labels what each request does: `method`, and `route` as it was written (`/users/:id`). Register
 * it before everything that is to be labelled.
 *
 * ```js
 * await app.register(fastifyLabels);
 * ```
 */
export function fastifyLabels(
  app: LabelledFastify,
  options: RequestLabelsOptions<LabelledFastifyRequest>,
  done: (error?: Error) => void,
): void {
  const contexts = new WeakMap<LabelledFastifyRequest, RequestContext>();
  app.addHook('onRequest', (request, _reply, next) => {
    const labels = options.labels?.(request) ?? {};
    const { method, routeOptions } = request;
    const route = routeOptions.url === undefined ? {} : { route: routeLabel(routeOptions.url) };
    const context = new RequestContext(request.raw);
    contexts.set(request, context);
    context.run(labels, { method, ...route }, () => next());
  });
  // The hooks in between may have called back from a connection that requests share.
  app.addHook('preValidation', (request, _reply, next) => {
    const context = contexts.get(request);
    if (context === undefined) next();
    else context.resume(() => next());
  });
  done();
}

// For all routes of the application, not only for those of a plugin of its own.
Object.assign(fastifyLabels, {
  [Symbol.for('skip-override')]: true,
  [Symbol.for('fastify.display-name')]: 'profbuf-labels',
  [Symbol.for('plugin-meta')]: { fastify: '5.x', name: 'profbuf-labels' },
});
