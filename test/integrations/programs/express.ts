import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { expressLabels } from 'profbuf/express';
import { express, type Handler } from './express-package.js';
import { sampleRequests, work } from './requests.js';

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
app.use(answer('not_found'));

const server = app.listen(0, '127.0.0.1');
await once(server, 'listening');
await sampleRequests(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, [
  ['/users/1'],
  ['/users/2?x=1'],
  ['/orders/7/items', { name: 'tea' }],
  ['/nowhere'],
]);
