// Three routes and two tenants under load, until so many samples were taken. What a route costs is known; the profile goes
// to the path that is given.
import { writeFileSync } from 'node:fs';
import { setImmediate as immediate } from 'node:timers/promises';
import fastify from 'fastify';
import { startProfiler, withLabels } from 'profbuf';
import { fastifyLabels } from 'profbuf/fastify';

/** Units of work of a request to each route. */
const costs: Readonly<Record<string, number>> = { cheap: 1, middling: 3, dear: 6 };
/** Of 8 requests, 6 come from the first tenant. */
const tenants = ['acme', 'acme', 'acme', 'globex', 'acme', 'acme', 'acme', 'globex'];

function unitOfWork(): number {
  let x = 0;
  for (let i = 0; i < 150_000; i++) x += Math.sqrt(i);
  return x;
}

const app = fastify();
await app.register(fastifyLabels);
for (const [route, cost] of Object.entries(costs)) {
  app.get(`/${route}/:tenant`, async (request) => {
    const { tenant } = request.params as { tenant: string };
    return withLabels({ tenant, cost }, async () => {
      for (let unit = 0; unit < cost; unit++) {
        unitOfWork();
        await immediate();
      }
      return 'done';
    });
  });
}
const origin = await app.listen({ port: 0, host: '127.0.0.1' });
const profiler = await startProfiler({ sampleRate: 1000 });
const [path = '', samples = ''] = process.argv.slice(2);
/** All routes for all tenants. */
const cycle = Object.keys(costs).length * tenants.length;
let next = 0;
const client = async () => {
  while (next % cycle !== 0 || profiler.stats().samples < Number(samples)) {
    const i = next++;
    const route = Object.keys(costs)[i % 3];
    const tenant = tenants[Math.floor(i / 3) % tenants.length];
    await (await fetch(`${origin}/${route}/${tenant}`)).text();
  }
};
await Promise.all(Array.from({ length: 12 }, client));
writeFileSync(path, await (await profiler.stop()).encode());
process.stdout.write(JSON.stringify(profiler.stats()), () => process.exit());
