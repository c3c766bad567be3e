import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { honoLabels } from 'profbuf/hono';
import { sampleRequests, work } from './requests.js';

const app = new Hono();
app.use(honoLabels({ labels: () => ({ tenant: 'acme' }) }));
app.get('/users/:id', async (context) => {
  await work('get_user');
  return context.text('done');
});
const orders = new Hono();
orders.post('/:order/items', async (context) => {
  await context.req.json();
  await work('post_item');
  return context.text('done');
});
app.route('/orders', orders);
app.notFound(async (context) => {
  await work('not_found');
  return context.text('done');
});
serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }: AddressInfo) =>
  sampleRequests(`http://127.0.0.1:${port}`, [
    ['/users/1'],
    ['/users/2?x=1'],
    ['/orders/7/items', { name: 'tea' }],
    ['/nowhere'],
  ]),
);
