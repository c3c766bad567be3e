import { type Labels, setLabels, withLabels } from '../labels/index.js';
import type { RequestLabelsOptions } from './request-labels.js';

export type { RequestLabelsOptions } from './request-labels.js';

/** What this needs of express' `Request`. */
export interface ExpressRequest {
  readonly method?: string;
  readonly baseUrl: string;
  emit(event: string | symbol, ...values: unknown[]): boolean;
}

/**
 * Middleware for express 4 and 5 that labels what each request does: `method`, and `route` as it was written, parameters and
 * mount path included (`/users/:id`), from the moment that express has found it. Mount it before everything that is to be
 * labelled.
 *
 * ```js
 * app.use(expressLabels());
 * ```
 */
export function expressLabels<Request extends ExpressRequest>(
  options: RequestLabelsOptions<Request> = {},
): (request: Request, response: unknown, next: (error?: unknown) => void) => void {
  const { labels } = options;
  return (request, _response, next) => {
    const { method = '' } = request;
    const all = labels === undefined ? { method } : { ...labels(request), method };
    labelRoute(request);
    labelEvents(request, all);
    withLabels(all, () => next());
  };
}

/** A body is read by events of the connection, which know nothing of the request; what parses it goes on from there. */
function labelEvents(request: ExpressRequest, labels: Labels): void {
  const { emit } = request;
  request.emit = (...event) => withLabels(labels, () => emit.apply(request, event));
}

/** Routers say which route they have found by `request.route`, right before they call its handlers. */
function labelRoute(request: ExpressRequest): void {
  let route: { readonly path?: unknown } | undefined;
  Object.defineProperty(request, 'route', {
    configurable: true,
    enumerable: true,
    get: () => route,
    set(found: typeof route) {
      route = found;
      if (found?.path !== undefined) setLabels({ route: `${request.baseUrl}${String(found.path)}` });
    },
  });
}
