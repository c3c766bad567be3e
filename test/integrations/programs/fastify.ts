import fastify from 'fastify';
import { fastifyLabels } from 'profbuf/fastify';
import { sampleRequests, work } from './requests.js';

const app = fastify();
await app.register(fastifyLabels, { labels: () => ({ tenant: 'acme' }) });
app.get('/users/:id', async () => {
  await work('get_user');
  return 'done';
});
await app.register(
  async (orders) => {
    orders.post('/:order/items', async () => {
      await work('post_item');
      return 'done';
    });
  },
  { prefix: '/orders' },
);
app.setNotFoundHandler(async () => {
  await work('not_found');
  return 'done';
});
const origin = await app.listen({ port: 0, host: '127.0.0.1' });
await sampleRequests(origin, [['/users/1'], ['/users/2?x=1'], ['/orders/7/items', { name: 'tea' }], ['/nowhere']]);
