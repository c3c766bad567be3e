// What setLabels leaves behind for the next callback of the same resource, and for samples after a scope.
import { AsyncResource } from 'node:async_hooks';
import { once } from 'node:events';
import { Agent, createServer, get } from 'node:http';
import { type AddressInfo, connect, createServer as createSocketServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { getLabels, type Labels, setLabels, startProfiler, withLabels } from 'profbuf';
import { namedFunction, samplesOf } from './samples.js';

export interface CallbacksResult {
  /** Labels in force when each callback began, and after an `await` in it. */
  readonly begun: Readonly<Record<string, readonly (readonly [atBegin: Labels, afterAwait: Labels])[]>>;
  /** Labels of samples, and those that getLabels gave there. */
  readonly scopes: readonly { readonly sampled: readonly Labels[]; readonly inForce: Labels }[];
}

const begun: Record<string, [Labels, Labels][]> = {};

/** Three callbacks are looked at, the first and second of which set a label. */
function callback(kind: string): void {
  const seen: [Labels, Labels] = [getLabels(), {}];
  begun[kind] ??= [];
  const count = begun[kind].push(seen);
  if (count < 3) setLabels({ [kind]: count });
  Promise.resolve().then(() => {
    seen[1] = getLabels();
  });
}

async function callbacksOf(isProfiled: boolean): Promise<void> {
  const name = (kind: string) => (isProfiled ? `${kind}, profiled` : kind);

  const server = createServer((_, response) => {
    callback(name('requests of one connection'));
    response.end();
  }).listen(0);
  await once(server, 'listening');
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  for (let i = 0; i < 3; i++) {
    const [response] = await once(get({ port: (server.address() as AddressInfo).port, agent }), 'response');
    await once(response.resume(), 'end');
  }
  agent.destroy();
  server.close();

  const sockets = createSocketServer((socket) => {
    socket.on('data', () => {
      callback(name('data of one socket'));
      socket.write('.');
    });
  }).listen(0);
  await once(sockets, 'listening');
  const client = connect((sockets.address() as AddressInfo).port);
  for (let i = 0; i < 3; i++) {
    client.write('.');
    await once(client, 'data');
  }
  client.destroy();
  sockets.close();

  let ticks = 0;
  await new Promise<void>((resolve) => {
    const interval = setInterval(() => {
      callback(name('ticks of an interval'));
      if (++ticks === 3) {
        clearInterval(interval);
        resolve();
      }
    }, 1);
  });
}

const scopes: { sampled: Labels[]; inForce: Labels }[] = [];

async function scope(index: number, work: (after: () => void) => void): Promise<void> {
  const name = `after_scope_${index}_`;
  const spin = namedFunction(name);
  const sampled: Labels[] = [];
  let inForce: Labels = {};
  while (sampled.length === 0) {
    work(() => {
      inForce = getLabels();
      spin(20_000);
    });
    for (const { functions, labels } of samplesOf(await profiler.take()))
      if (functions.includes(name)) sampled.push(labels as Labels);
  }
  scopes.push({ sampled, inForce });
}

// The first setLabels of the thread, inside a scope that begins under the labels already in force, goes by a way of its own.
let profiler = await startProfiler({ sampleRate: 1000 });
const scopeAfterScope = (after: () => void) =>
  withLabels({ a: 1 }, () => {
    new AsyncResource('scope').runInAsyncScope(() => setLabels({ b: 2 }));
    after();
  });
await scope(0, scopeAfterScope);
await scope(1, scopeAfterScope);
await scope(2, (after) => {
  withLabels({ a: 1 }, () => {
    withLabels({ a: 1 }, () => setLabels({ b: 2 }));
    after();
  });
});
await profiler.stop();
await callbacksOf(false);
profiler = await startProfiler({ sampleRate: 1000 });
await callbacksOf(true);
await delay(1);
await profiler.stop();
process.stdout.write(JSON.stringify({ begun, scopes } satisfies CallbacksResult));
