// A server by fastify with hooks and parsers of every kind, its requests, and the labels that were in force at each place.
import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { setTimeout as timeout } from 'node:timers/promises';
import fastify from 'fastify';
import { withLabels } from 'profbuf';
import { fastifyLabels } from 'profbuf/fastify';
import {
  almostTooMany,
  observe,
  onSharedConnection,
  send,
  sendAndLeave,
  sendJson,
  sendOnOneSocket,
  sendPieces,
  writeObservations,
} from './observations.js';

const sockets = new Set<unknown>();
const app = fastify({
  serverFactory: (handler) =>
    createServer((request, response) => {
      observe('before any request');
      if (sockets.has(request.socket)) observe('before the next request on a socket');
      sockets.add(request.socket);
      if (request.url?.startsWith('/full')) withLabels(almostTooMany, () => handler(request, response));
      else handler(request, response);
      observe('after any request');
    }),
});
await app.register(fastifyLabels, {
  labels({ raw }: { raw: object }) {
    const bad = (raw as IncomingMessage).headers['x-bad'];
    if (bad === 'throws') throw new Error('no tenant');
    return { tenant: bad === 'value' ? 'x'.repeat(2000) : 'acme' };
  },
});
const answer = (place: string) => async () => {
  observe(place);
  return 'done';
};

app.addContentTypeParser('text/buffer', { parseAs: 'buffer' }, (_request, _body, done) => {
  observe('parser of a buffer');
  done(null, {});
});
app.addContentTypeParser('text/events', (_request, payload, done) => {
  payload.on('data', () => observe('data of a parser'));
  payload.on('end', () => {
    observe('end of a parser');
    done(null, {});
  });
});
app.post('/bodies/:id', answer('handler after a body'));

await app.register(async (shared) => {
  shared.addHook('onRequest', (_request, _reply, done) => onSharedConnection(done));
  shared.addHook('preParsing', (_request, _reply, payload, done) => onSharedConnection(() => done(null, payload)));
  shared.get('/shared/:id', answer('handler after a hook on a shared connection'));
  shared.post('/shared/:id', answer('handler after a hook on a shared connection'));
});

app.get('/stream/:id', async () => {
  const chunks = async function* () {
    for (let i = 0; i < 3; i++) {
      await timeout(1);
      observe('streaming reply');
      yield 'chunk';
    }
  };
  return Readable.from(chunks());
});
app.get('/throws/:id', async () => {
  throw new Error('thrown');
});
app.setErrorHandler((_error, _request, reply) => {
  observe('error handler');
  reply.status(500).send('failed');
});

const arrivals = new EventEmitter();
app.addHook('onRequestAbort', async (_request) => observe('hook of an aborted request'));
await app.register(async (aborted) => {
  aborted.addHook('preParsing', async () => {
    arrivals.emit('arrival');
  });
  aborted.post('/aborted/:id', answer('never'));
});

app.get(`/long/${'a'.repeat(1100)}`, answer('route with a long text'));
app.get('/full/:id', answer('no room for more labels'));
app.post('/keep-alive/:id', answer('first request on a socket'));
app.setNotFoundHandler(answer('not found'));

const origin = await app.listen({ port: 0, host: '127.0.0.1' });
await sendPieces(`${origin}/bodies/1`, 'text/buffer', 'one', 'two');
await sendPieces(`${origin}/bodies/2`, 'text/events', 'one', 'two');
await sendJson(`${origin}/bodies/3`, { name: 'tea' });
await sendJson(`${origin}/shared/1`, { name: 'tea' });
for (const path of ['/shared/1', '/stream/1', '/throws/1', `/long/${'a'.repeat(1100)}`, '/full/1', '/nowhere']) {
  await send(origin + path);
}
await send(`${origin}/bad/throws`, { headers: { 'x-bad': 'throws' } });
await send(`${origin}/bad/value`, { headers: { 'x-bad': 'value' } });
await sendOnOneSocket(`${origin}/keep-alive/1`, ['{}', '', '{}', '']);
await sendAndLeave(`${origin}/aborted/1`, once(arrivals, 'arrival'));
await timeout(100);
writeObservations();
