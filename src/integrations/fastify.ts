import { type Labels, withLabels } from '../labels/index.js';
import type { RequestLabelsOptions } from './request-labels.js';

export type { RequestLabelsOptions } from './request-labels.js';

/** What this needs of fastify's `FastifyRequest`. */
export interface LabelledFastifyRequest {
  readonly method: string;
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
  const labelsOfRequest = new WeakMap<LabelledFastifyRequest, Labels>();
  app.addHook('onRequest', (request, _reply, next) => {
    const { method, routeOptions } = request;
    const labels: Record<string, string | number> = { ...options.labels?.(request), method };
    if (routeOptions.url !== undefined) labels.route = routeOptions.url;
    labelsOfRequest.set(request, labels);
    withLabels(labels, () => next());
  });
  // A body is read by events of the connection, which know nothing of the request.
  app.addHook('preValidation', (request, _reply, next) => {
    const labels = labelsOfRequest.get(request);
    if (labels === undefined) next();
    else withLabels(labels, () => next());
  });
  done();
}

// For all routes of the application, not only for those of a plugin of its own.
Object.assign(fastifyLabels, {
  [Symbol.for('skip-override')]: true,
  [Symbol.for('fastify.display-name')]: 'profbuf-labels',
  [Symbol.for('plugin-meta')]: { fastify: '5.x', name: 'profbuf-labels' },
});
