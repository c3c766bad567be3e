// Servers by hono with middleware of every kind before the handlers, their requests, and the labels that were in force.
import type { AddressInfo } from 'node:net';
import { setTimeout as timeout } from 'node:timers/promises';
import { serve } from '@hono/node-server';
import { type Context, Hono, type MiddlewareHandler } from 'hono';
import { withLabels } from 'profbuf';
import { honoLabels } from 'profbuf/hono';
import { almostTooMany, observe, send, sendOnOneSocket, writeObservations } from './observations.js';

const answer = (place: string) => (context: Context) => {
  observe(place);
  return context.text('done');
};
const passOn: MiddlewareHandler = async (_context, next) => {
  await timeout(1);
  await next();
};
const answerOrPassOn =
  (place: string): MiddlewareHandler =>
  async (context, _next) =>
    answer(place)(context);

const labels = honoLabels({
  labels(context) {
    const bad = context.req.header('x-bad');
    if (bad === 'throws') throw new Error('no tenant');
    return { tenant: bad === 'value' ? 'x'.repeat(2000) : 'acme' };
  },
});
const app = new Hono();
app.use(labels);
app.get('/users/me', answer('handler before one with a parameter'));
app.get('/users/:id', passOn, answer('handler after middleware of its own'));
app.use('/api', passOn);
app.all('/all/*', answer('handler for all methods'));
app.get('/files/*', answerOrPassOn('handler that takes next'));
const inner = new Hono();
inner.use(passOn);
inner.get('/:id', answer('handler in an application that handles errors'));
inner.onError((_error, context) => context.text('failed', 500));
app.route('/inner', inner);
app.get(`/long/${'a'.repeat(1100)}`, answer('route with a long text'));
app.get('/full/:id', answer('no room for more labels'));
app.post('/body/:id', async (context) => {
  await context.req.json();
  return answer('handler that reads a body')(context);
});
app.get('/stream/:id', () => {
  const chunks = async function* () {
    for (let i = 0; i < 3; i++) {
      await timeout(1);
      observe('streaming reply');
      yield new TextEncoder().encode('chunk');
    }
  };
  const chunk = chunks();
  return new Response(
    new ReadableStream({
      async pull(controller) {
        const { done, value } = await chunk.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
    }),
  );
});
app.get('/throws/:id', async () => {
  await timeout(1);
  throw new Error('thrown');
});
app.onError((_error, context) => {
  observe('error handler');
  return context.text('failed', 500);
});
app.notFound(answer('not found'));

/** Where middleware is for one method. */
const other = new Hono();
other.use(labels);
other.get('*', passOn);
other.get('/other/:id', answer('handler after middleware for GET'));

async function originOf(fetch: (request: Request) => Response | Promise<Response>): Promise<string> {
  const { port } = await new Promise<AddressInfo>((resolve) => {
    serve({ fetch, port: 0, hostname: '127.0.0.1' }, resolve);
  });
  return `http://127.0.0.1:${port}`;
}
const origin = await originOf((request) => {
  observe('before any request');
  const isFull = new URL(request.url).pathname.startsWith('/full');
  const response = isFull ? withLabels(almostTooMany, () => app.fetch(request)) : app.fetch(request);
  observe('after any request');
  return response;
});
for (const path of [
  '/users/me',
  '/users/1',
  '/api',
  '/all/1',
  '/files/1',
  '/inner/1',
  `/long/${'a'.repeat(1100)}`,
  '/full/1',
  '/stream/1',
  '/throws/1',
  '/nowhere',
]) {
  await send(origin + path);
}
await send(`${await originOf(other.fetch)}/other/1`);
await send(`${origin}/bad/throws`, { headers: { 'x-bad': 'throws' } });
await send(`${origin}/bad/value`, { headers: { 'x-bad': 'value' } });
await sendOnOneSocket(`${origin}/body/1`, ['{}', '', '{}', '']);
writeObservations();
