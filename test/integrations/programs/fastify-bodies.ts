// Large bodies, until so many samples were taken in fastify's own parser of JSON; writes those.
import fastify from 'fastify';
import { startProfiler } from 'profbuf';
import { fastifyLabels } from 'profbuf/fastify';
import { type LabelledSample, samplesOf } from '../../labels/programs/samples.js';

const app = fastify({ bodyLimit: 2 ** 26 });
await app.register(fastifyLabels);
app.post('/bodies/:id', async () => 'done');
const origin = await app.listen({ port: 0, host: '127.0.0.1' });

const items = Array.from({ length: 50_000 }, (_, i) => ({ id: i, name: `item ${i}`, tags: ['a', 'b'], price: i / 7 }));
const request = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(items) };
const profiler = await startProfiler({ sampleRate: 1000 });
const found: LabelledSample[] = [];
let count = 0;
while (count < 30) {
  const response = await fetch(`${origin}/bodies/1`, request);
  if (!response.ok) throw new Error(await response.text());
  await response.text();
  for (const sample of samplesOf(await profiler.take())) {
    if (!sample.functions.includes('defaultJsonParser')) continue;
    found.push(sample);
    count += sample.count;
  }
}
await profiler.stop();
process.stdout.write(JSON.stringify(found), () => process.exit());
