// Label values that were cut out of large texts: what remains of the texts, in bytes each.
import { randomBytes } from 'node:crypto';
import { withLabels } from 'profbuf';

const texts = 200;
const heap = () => {
  (globalThis as { gc?: () => void }).gc?.();
  return process.memoryUsage().heapUsed;
};
const label = (i: number) => {
  const body = randomBytes(100_000).toString('hex');
  withLabels({ tenant: body.slice(11, 40), number: i }, () => {});
};
for (let i = 0; i < 10; i++) label(i);
const before = heap();
for (let i = 0; i < texts; i++) label(i);
process.stdout.write(JSON.stringify((heap() - before) / texts));
