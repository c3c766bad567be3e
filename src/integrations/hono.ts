import type { Context, MiddlewareHandler } from 'hono';
import { matchedRoutes } from 'hono/route';
import { withLabels } from '../labels/index.js';
import type { RequestLabelsOptions } from './request-labels.js';

export type { RequestLabelsOptions } from './request-labels.js';

/**
 * Middleware for hono that labels what each request does: `method`, and `route` as it was written (`/users/:id`).
 *
 * ```js
 * app.use(honoLabels());
 * ```
 */
export function honoLabels(options: RequestLabelsOptions<Context> = {}): MiddlewareHandler {
  const { labels } = options;
  return (context, next) => {
    const { method } = context.req;
    const route = routeOf(context);
    return withLabels({ ...labels?.(context), method, ...(route === undefined ? {} : { route }) }, next);
  };
}

/** Middleware matches too, for all methods; a handler comes after the middleware before it. */
function routeOf(context: Context): string | undefined {
  const routes = matchedRoutes(context);
  const handler = routes.find(({ method }) => method !== 'ALL') ?? routes.findLast(({ path }) => !path.endsWith('*'));
  return handler?.path;
}
