import type { Context, MiddlewareHandler } from 'hono';
import { matchedRoutes } from 'hono/route';
import { findTargetHandler, isMiddleware } from 'hono/utils/handler';
import { withExtraLabels } from './best-effort.js';
import { type RequestLabelsOptions, routeLabel } from './request-labels.js';

export type { RequestLabelsOptions } from './request-labels.js';

/**
 * Middleware for hono that labels what each request does: `method`, and `route` as it was written (`/users/:id`).
 *
 * ```js
 * app.use(honoLabels());
 * ```
 */
export function honoLabels(options: RequestLabelsOptions<Context> = {}): MiddlewareHandler {
  return (context, next) => {
    const labels = options.labels?.(context) ?? {};
    const { method } = context.req;
    const route = routeOf(context);
    return withExtraLabels(labels, { method, ...(route === undefined ? {} : { route: routeLabel(route) }) }, next);
  };
}

/**
 * Middleware matches too, and hono does not tell what will answer. What takes no `next` does, and the first of those. Where
 * all take it, the last that is for one method is a handler more likely than not; what is for all methods is middleware.
 */
function routeOf(context: Context): string | undefined {
  const routes = matchedRoutes(context);
  const handler =
    routes.find((route) => !isMiddleware(findTargetHandler(route.handler))) ??
    routes.findLast((route) => route.method !== 'ALL');
  return handler?.path;
}
