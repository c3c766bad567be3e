import { once } from 'node:events';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { expressLabels } from 'profbuf/express';
import { sampleRequests, work } from './requests.js';

// The package has no types of its own; this is what is used of them.
type Handler = (request: { body: { name?: string } }, response: { end(text: string): void }) => unknown;
interface Router {
  use(...middleware: unknown[]): void;
  get(path: string, handler: Handler): void;
  post(path: string, handler: Handler): void;
}
interface Express {
  (): Router & { listen(port: number, host: string): import('node:net').Server };
  json(): unknown;
  Router(): Router;
}
const express = createRequire(import.meta.url)('express') as Express;

const app = express();
app.use(expressLabels({ labels: () => ({ tenant: 'acme' }) }));
app.use(express.json());
const answer =
  (name: string): Handler =>
  async (_request, response) => {
    await work(name);
    response.end('done');
  };
app.get('/users/:id', answer('get_user'));
const orders = express.Router();
orders.post('/:order/items', answer('post_item'));
app.use('/orders', orders);
app.use(answer('not_found') as unknown);

const server = app.listen(0, '127.0.0.1');
await once(server, 'listening');
await sampleRequests(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, [
  ['/users/1'],
  ['/users/2?x=1'],
  ['/orders/7/items', { name: 'tea' }],
  ['/nowhere'],
]);
