import { type RoutedRequest, watchRoute } from './express-route.js';
import { RequestContext } from './request-context.js';
import type { RequestEvents } from './request-events.js';
import type { RequestLabelsOptions } from './request-labels.js';
import { sharedState } from './shared-state.js';

export type { RequestLabelsOptions } from './request-labels.js';

/** What this needs of express' `Request`. */
export interface ExpressRequest extends RoutedRequest, RequestEvents {
  readonly method?: string | undefined;
}

/** The middleware may meet a request more than once. */
const contexts = sharedState('express.1', () => new WeakMap<ExpressRequest, RequestContext>());

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
  return (request, _response, next) => {
    const labels = options.labels?.(request) ?? {};
    const { method = '' } = request;
    contextOf(request).run(labels, { method }, () => next());
  };
}

function contextOf(request: ExpressRequest): RequestContext {
  const known = contexts.get(request);
  if (known !== undefined) return known;
  const route = watchRoute(request, (found) => context.set({ route: found }));
  const context = new RequestContext(request, route === undefined ? {} : { route });
  contexts.set(request, context);
  return context;
}
