import type { IncomingMessage, ServerResponse } from 'node:http';
import { runningCollector } from '../application/running-collector.js';
import type { ServiceAnswer } from '../protocol/service.js';
import { errorAnswer, prefix, redirectAnswer } from '../protocol/service.js';

/** A request of node:http, express or connect, or fastify's, which has that one inside. */
export type PprofRequest = (IncomingMessage & { readonly originalUrl?: string }) | { readonly raw: IncomingMessage };
/** The same of responses. */
export type PprofResponse = ServerResponse | { readonly raw: ServerResponse; hijack(): unknown };

export type PprofHandler = (
  request: PprofRequest,
  response: PprofResponse,
  next?: (error?: unknown) => void,
) => Promise<void>;

/**
 * Serves `/debug/pprof/` from the application's own server, made with node:http, express, connect or fastify:
 *
 * ```js
 * createServer(pprofHandler());
 * expressApp.use('/debug/pprof', pprofHandler());
 * fastifyApp.get('/debug/pprof/*', pprofHandler());
 * ```
 *
 * The collector works out the answers, but they go through the application's event loop: while that is stuck, only the
 * collector's own server answers (`http` of `startProfiler`). Who may ask is for the application to decide.
 *
 * A request for something else goes to `next`, where there is one; without a profiler in this process the answer is 503.
 */
export function pprofHandler(): PprofHandler {
  return async (request, response, next) => {
    const rawRequest = 'raw' in request ? request.raw : request;
    const rawResponse = 'raw' in response ? response.raw : response;
    const { url = '/' } = rawRequest;
    const target = targetOf(('originalUrl' in rawRequest ? String(rawRequest.originalUrl) : undefined) ?? url, url);
    if (target === undefined && next !== undefined) {
      next();
      return;
    }
    if ('hijack' in response) response.hijack();
    const gone = new AbortController();
    rawResponse.once('close', () => gone.abort());
    const answer = await ask(rawRequest.method ?? 'GET', target, gone.signal);
    if (gone.signal.aborted) return;
    rawResponse.writeHead(answer.status, answer.headers);
    rawResponse.end(rawRequest.method === 'HEAD' ? undefined : answer.body);
  };
}

/**
 * Serves `/debug/pprof/` from a server that turns a Request into a Response, such as hono's:
 *
 * ```js
 * app.get('/debug/pprof/*', (context) => pprofFetch(context.req.raw));
 * ```
 *
 * What is said of {@link pprofHandler} holds here too.
 */
export async function pprofFetch(request: Request): Promise<Response> {
  const { pathname, search } = new URL(request.url);
  const target = targetOf(pathname + search, pathname + search);
  const { status, headers, body } = await ask(request.method, target, request.signal);
  return new Response(request.method === 'HEAD' || status === 304 ? null : body, { status, headers });
}

/**
 * What the endpoints take the request for, wherever in the application they are mounted.
 *
 * @param original Path and query as they came.
 * @param inside The same without the path that a framework has mounted the handler at.
 * @returns `undefined` for a request that is none of theirs.
 */
function targetOf(original: string, inside: string): string | { readonly redirect: string } | undefined {
  const [path = '', ...query] = original.split('?');
  const at = path.indexOf(prefix.slice(0, -1));
  const isMounted = original !== inside;
  if (at === -1 && !isMounted) return undefined;
  const isRoot = at === -1 ? inside.split('?')[0] === '/' : path.slice(at) === prefix.slice(0, -1);
  // The links of the index are relative to it.
  if (isRoot && !path.endsWith('/')) return { redirect: `${path}/` };
  if (at === -1) return prefix + inside.slice(1);
  return [path.slice(at), ...query].join('?');
}

async function ask(method: string, target: ReturnType<typeof targetOf>, signal: AbortSignal): Promise<ServiceAnswer> {
  if (target === undefined) return errorAnswer(404, `nothing is here: profiles are under ${prefix}`);
  if (typeof target !== 'string') return redirectAnswer(target.redirect);
  try {
    const collector = runningCollector();
    if (collector === undefined) {
      return errorAnswer(
        503,
        'no profiler runs in this process: startProfiler(), profbuf record or the preload start one',
      );
    }
    const { served } = await collector.client.ask({ type: 'serve', request: { method, target } }, signal);
    return served ?? errorAnswer(500, 'the collector gave no answer');
  } catch (error) {
    return errorAnswer(503, error instanceof Error ? error.message : String(error));
  }
}
