import { mountPathOf, type PathParameters } from './mount-path.js';
import { routeLabel } from './request-labels.js';

/** What this needs of express' `Request`. */
export interface RoutedRequest {
  /** The part of the URL that led to the router at work. */
  readonly baseUrl?: string | undefined;
  readonly params?: PathParameters | undefined;
  /** The route that was found last. */
  readonly route?: unknown;
}

/**
 * Looks on while routers find a request's route. They say which one by `request.route`, right before they call its handlers;
 * its path goes on from where its router was mounted, and `request.baseUrl` tells what of the URL led there.
 *
 * @param found Called with each route as it was written, mount paths included.
 * @returns The route that had been found before.
 */
export function watchRoute(request: RoutedRequest, found: (route: string) => void): string | undefined {
  let { baseUrl, route } = request;
  /** By the part of the URL, for routers put the one before back when they have nothing more. */
  const mountPaths = new Map<string, string>();
  const mountPath = (url = '') => mountPaths.get(url) ?? url;
  if (baseUrl)
    mountPaths.set(
      baseUrl,
      mountPathOf(baseUrl, request.params ?? {}, () => true),
    );
  Object.defineProperty(request, 'baseUrl', {
    configurable: true,
    enumerable: true,
    get: () => baseUrl,
    set(url: string | undefined) {
      const outer = baseUrl ?? '';
      baseUrl = url;
      if (url === undefined || url.length <= outer.length || !url.startsWith(outer)) return;
      mountPaths.set(url, mountPath(outer) + enteredMountPath(request, url.slice(outer.length), mountPath(outer)));
    },
  });
  const routeText = () => {
    const path = (route as { readonly path?: unknown } | undefined)?.path;
    return path === undefined ? undefined : routeLabel(mountPath(baseUrl) + String(path));
  };
  Object.defineProperty(request, 'route', {
    configurable: true,
    enumerable: true,
    get: () => route,
    set(next: unknown) {
      route = next;
      const text = routeText();
      if (text !== undefined) found(text);
    },
  });
  return routeText();
}

/** The name of the symbol under which `router` keeps the path that has matched, as it was written. */
const matchedRoute = 'router.tracing.matchedRoute';

/** The path of a router that is being entered. The request has its parameters by now; from `router` 2.3 on, the path too. */
function enteredMountPath(request: RoutedRequest, url: string, outer: string): string {
  const matched = Object.getOwnPropertySymbols(request).find((symbol) => symbol.description === matchedRoute);
  const path: unknown = matched === undefined ? undefined : Reflect.get(request, matched);
  if (path !== undefined) return String(path).replace(/\/+$/, '');
  return mountPathOf(url, request.params ?? {}, (name) => outer.includes(`:${name}`));
}
