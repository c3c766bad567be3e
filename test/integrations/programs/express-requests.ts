// A server by express with routes of every kind, its requests, and the labels that were in force at each place.
import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { setTimeout as timeout } from 'node:timers/promises';
import { setLabels, withLabels } from 'profbuf';
import { expressLabels } from 'profbuf/express';
import { express, expressPackage, type Handler, type Next, type Request, type Response } from './express-package.js';
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

const answer =
  (place: string): Handler =>
  (_request, response) => {
    observe(place);
    response.end('done');
  };
const passOn: Handler = (_request, _response, next) => next();

const app = express();
app.use(
  expressLabels<Request>({
    labels(request) {
      if (request.headers['x-bad'] === 'throws') throw new Error('no tenant');
      return { tenant: request.headers['x-bad'] === 'value' ? 'x'.repeat(2000) : 'acme' };
    },
  }),
);

const overShared: Handler = (_request, _response, next) => onSharedConnection(next);
app.use('/shared', overShared);
app.get('/shared/:id', answer('route found on a shared connection'));
const setTenant: Handler = (_request, _response, next) => {
  setLabels({ tenant: 'globex' });
  next();
};
app.use('/set', setTenant);
app.use('/set-by-body', (request: Request, response: Response, next: Next) => {
  request.resume().on('end', () => setTenant(request, response, next));
});
app.post('/set-by-body/:id', answer('route found after setLabels in an event'));
app.get('/set/:id', answer('route found after setLabels'));

// Routers mounted at paths with parameters, one in another.
const merging = express.Router({ mergeParams: true });
merging.get('/:y', answer('nested router that merges parameters'));
const apart = express.Router();
apart.get('/:y', answer('nested router'));
const first = express.Router();
first.get('/x/:y', answer('router'));
first.use('/merging/:u', merging);
first.use('/apart/:u', apart);
first.get('/after/:z', answer('route after nested routers'));
const second = express.Router();
second.get('/sibling', answer('sibling router at another parameter'));
app.use('/sub/:t', first);
app.use('/sub/:v', second);
app.get('/sub/:w/last', answer('route after routers'));
const members = express.Router({ mergeParams: true });
members.get('/', answer('static mount in a merging router'));
const organization = express.Router({ mergeParams: true });
organization.use('/v1', members);
app.use('/organizations/:organization', organization);
const profile = express.Router();
profile.get('/', answer('parameter that is part of a segment'));
app.use('/@:handle', profile);
const files = express.Router();
files.get('/x', answer('wildcard mount'));
app.use(expressPackage === 'express4' ? '/files/*/of' : '/files/*path/of', files);
const slash = express.Router();
slash.get('/x', answer('mount with a slash at its end'));
app.use('/slash/:t/', slash);

app.post('/upload/:id', (request: Request, response: Response) => {
  request.on('data', () => observe('data of an upload'));
  request.on('end', () => {
    observe('end of an upload');
    response.end('done');
  });
});
const bodies = express.Router();
bodies.use(express.json());
bodies.post('/:id', answer('route after a parsed body'));
app.use('/bodies', bodies);
app.post('/keep-alive/:id', express.json(), overShared);
app.post('/keep-alive/:id', answer('first request on a socket'));
app.use('/keep-alive', answer('second request on a socket'));
const arrivals = new EventEmitter();
app.post('/aborted/:id', (request: Request) => {
  request.on('error', () => {});
  request.on('close', () => observe('close of an aborted request'));
  request.resume();
  arrivals.emit('arrival');
});
app.get('/stream/:id', (_request: Request, response: Response) => {
  const chunks = async function* () {
    for (let i = 0; i < 3; i++) {
      await timeout(1);
      observe('streaming reply');
      yield 'chunk';
    }
  };
  Readable.from(chunks()).pipe(response);
});

app.get(new RegExp(`^/long/(?:${'a|'.repeat(1000)}x)$`), answer('route with a long text'));
app.get('/full/:id', answer('no room for more labels'));
app.get('/throws/:id', () => {
  throw new Error('thrown');
});
app.get('/rejects/:id', async (_request: Request, _response: Response, next: Next) => {
  await timeout(1);
  next(new Error('rejected'));
});

// Routes that ask for labels by themselves.
const own = express.Router();
const mounted = express.Router({ mergeParams: true });
mounted.get('/route/:id', expressLabels(), answer('middleware of a route in a router'));
own.use('/mounted/:mount', mounted);
own.get('/route/:id', expressLabels(), (request: Request, response: Response) => {
  observe('middleware of a route', { path: String(request.route?.path) });
  response.end('done');
});
const late = express.Router();
late.get('/:id', passOn);
late.use(expressLabels());
late.use((request: Request, _response: Response, next: Next) => {
  observe('middleware after a route', { path: String(request.route?.path) });
  next();
});
late.get('/:name', answer('route after that'));
own.use('/late', late);

app.use(answer('not found'));
app.use((_error: unknown, _request: Request, response: Response, _next: Next) => {
  observe('error handler');
  response.statusCode = 500;
  response.end();
});

const sockets = new Set<unknown>();
const server = createServer((request: IncomingMessage, response) => {
  observe('before any request');
  if (sockets.has(request.socket)) observe('before the next request on a socket');
  sockets.add(request.socket);
  if (request.url?.startsWith('/own')) {
    request.url = request.url.slice('/own'.length);
    own(request, response, () => response.end());
  } else if (request.url?.startsWith('/full')) {
    withLabels(almostTooMany, () => app(request, response));
  } else {
    app(request, response);
  }
  observe('after any request');
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

for (const path of [
  '/shared/1',
  '/shared/2',
  '/set/1',
  '/sub/9/x/9',
  '/sub/a%20b%2Fc/x/%C3%BC',
  '/sub/sub/x/1',
  '/sub/9/merging/9/9',
  '/sub/9/apart/8/7',
  '/sub/9/after/1',
  '/sub/9/sibling',
  '/sub/9/last',
  '/organizations/1/v1',
  '/@ada',
  '/files/a/b/of/x',
  '/slash/1/x',
  '/long/a',
  '/full/1',
  '/stream/1',
  '/throws/1',
  '/rejects/1',
  '/own/route/1',
  '/own/late/1',
  '/own/mounted/2/route/1',
]) {
  await send(origin + path);
}
await sendPieces(`${origin}/upload/1`, 'text/plain', 'one', 'two');
await sendPieces(`${origin}/set-by-body/1`, 'text/plain', 'one', 'two');
await sendJson(`${origin}/bodies/1`, { name: 'tea' });
await send(`${origin}/nowhere`);
await send(`${origin}/bad/throws`, { headers: { 'x-bad': 'throws' } });
await send(`${origin}/bad/value`, { headers: { 'x-bad': 'value' } });
await sendOnOneSocket(`${origin}/keep-alive/1`, ['{}', '', '{}', '']);
await sendAndLeave(`${origin}/aborted/1`, once(arrivals, 'arrival'));
await timeout(100);
writeObservations();
