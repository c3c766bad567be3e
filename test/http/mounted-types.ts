import { createServer } from 'node:http';
import { fastify } from 'fastify';
import { Hono } from 'hono';
import { pprofFetch, pprofHandler } from 'profbuf/http';

/** Never called: that it compiles shows that the handlers fit the frameworks' types. */
export function mountEverywhere(): void {
  createServer(pprofHandler());
  fastify().get('/debug/pprof/*', pprofHandler());
  new Hono().get('/debug/pprof/*', (context) => pprofFetch(context.req.raw));
}
