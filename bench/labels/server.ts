// A promise-heavy server whose requests carry a context in one of several ways. Its parent asks for its CPU time.
import { AsyncLocalStorage, createHook, executionAsyncResource, type HookCallbacks } from 'node:async_hooks';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { promiseHooks } from 'node:v8';
import { Worker } from 'node:worker_threads';
import * as datadog from '@datadog/pprof';
import fastify from 'fastify';
import { startProfiler, withLabels } from 'profbuf';

export const modes = [
  'bare',
  'AsyncLocalStorage',
  "AsyncLocalStorage, V8's profiler",
  "AsyncLocalStorage, V8's, hook",
  'AsyncLocalStorage, profiler',
  'labels',
  'labels, profiler',
  '@datadog/pprof',
] as const;
export type Mode = (typeof modes)[number];

interface RequestContext {
  readonly route: string;
  readonly tenant: string;
}

// Collections of garbage at idle moments have V8 give up the fast path of process.nextTick for good: see
// src/labels/tick-object.ts. Here that would decide more than the context does, and by chance.
const ticks: object[] = [];
process.nextTick(() => ticks.push(executionAsyncResource()));

const mode = process.argv[2] as Mode;
/** Whether contexts are in V8's frames, not on the resources of async_hooks. */
const hasFrames = Number.parseInt(process.versions.node, 10) >= 24;
const app = fastify();

/** The least that JavaScript can do to know the context of every callback: look at it when one begins, and keep it. */
function watchContexts(storage: AsyncLocalStorage<RequestContext>): void {
  let inForce: RequestContext | undefined;
  const look = () => {
    const context = storage.getStore();
    if (context !== inForce) inForce = context;
  };
  if (hasFrames) promiseHooks.onBefore(look);
  createHook({ before: look, ...(hasFrames ? ({ trackPromises: false } as HookCallbacks) : {}) }).enable();
}

/** What runs a request's continuation under its labels. */
function contextOf(mode: Mode): ((context: RequestContext, next: () => void) => void) | undefined {
  const storage = new AsyncLocalStorage<RequestContext>();
  if (mode === "AsyncLocalStorage, V8's, hook") watchContexts(storage);
  switch (mode) {
    case 'bare':
      return undefined;
    case 'AsyncLocalStorage':
    case "AsyncLocalStorage, V8's profiler":
    case "AsyncLocalStorage, V8's, hook":
    case 'AsyncLocalStorage, profiler':
      return (context, next) => storage.run(context, next);
    case 'labels':
    case 'labels, profiler':
      return ({ route, tenant }, next) => withLabels({ route, tenant }, next);
    case '@datadog/pprof': {
      // As its tracer uses it: by V8's own contexts where Node has them, else by a hook that tells each switch.
      datadog.time.start({ intervalMicros: 10_000, withContexts: true, useCPED: hasFrames });
      setInterval(() => datadog.time.stop(true), 10_000).unref();
      if (hasFrames) return (context, next) => datadog.time.runWithContext(context, next);
      createHook({ before: () => datadog.time.setContext(storage.getStore()) }).enable();
      return (context, next) =>
        storage.run(context, () => {
          datadog.time.setContext(context);
          next();
        });
    }
  }
}

const run = contextOf(mode);
if (run !== undefined) {
  app.addHook('onRequest', (request, _reply, done) => {
    run({ route: request.routeOptions.url ?? '', tenant: String(request.headers.tenant) }, done);
  });
}

async function step(value: number): Promise<number> {
  await null;
  return value + 1;
}
app.get('/users/:id', async () => {
  let value = 0;
  for (let i = 0; i < 3; i++) value = await step(value);
  return { value };
});

/** What V8's sampler costs by itself, started like ours from another thread, and never asked for what it has. */
const bareProfiler = `
  const { Session } = require('node:inspector');
  const session = new Session();
  session.connectToMainThread();
  session.post('Profiler.enable');
  session.post('Profiler.setSamplingInterval', { interval: 10_000 });
  session.post('Profiler.start');
  setInterval(() => {}, 1000);
`;
if (mode === "AsyncLocalStorage, V8's profiler" || mode === "AsyncLocalStorage, V8's, hook")
  new Worker(bareProfiler, { eval: true }).unref();
if (mode === 'labels, profiler' || mode === 'AsyncLocalStorage, profiler') await startProfiler({ sampleRate: 100 });
await app.listen({ port: 0, host: '127.0.0.1' });
process.on('disconnect', () => process.exit());
// Nanoseconds of this thread alone.
process.on('message', () =>
  process.send?.(Number(readFileSync('/proc/thread-self/schedstat', 'latin1').split(' ')[0])),
);
process.send?.((app.server.address() as AddressInfo).port);
