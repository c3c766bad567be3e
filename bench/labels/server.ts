// A promise-heavy server whose requests carry a context in one of several ways. Its parent asks for its CPU time.
import { AsyncLocalStorage, createHook, executionAsyncResource, type HookCallbacks } from 'node:async_hooks';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { promiseHooks } from 'node:v8';
import { Worker } from 'node:worker_threads';
import * as datadog from '@datadog/pprof';
import fastify from 'fastify';
import { startProfiler, withLabels } from 'profbuf';
import { modeOf } from './modes.js';

interface RequestContext {
  readonly route: string;
  readonly tenant: string;
}

// Collections of garbage at idle moments have V8 give up the fast path of process.nextTick for good: see
// src/labels/tick-object.ts. Here that would decide more than the context does, and by chance.
const ticks: object[] = [];
process.nextTick(() => ticks.push(executionAsyncResource()));

const { context, sampler, hasHook } = modeOf(process.argv[2]);
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

type Run = (context: RequestContext, next: () => void) => void;

/** What runs a request's continuation under its labels. */
function contextRun(): Run | undefined {
  const storage = new AsyncLocalStorage<RequestContext>();
  if (hasHook) watchContexts(storage);
  switch (context) {
    case 'AsyncLocalStorage':
      return (context, next) => storage.run(context, next);
    case 'labels':
      return ({ route, tenant }, next) => withLabels({ route, tenant }, next);
    case '@datadog/pprof':
      // As its tracer uses it: by V8's own contexts where Node has them, else by a hook that tells each switch.
      if (hasFrames) return (context, next) => datadog.time.runWithContext(context, next);
      createHook({ before: () => datadog.time.setContext(storage.getStore()) }).enable();
      return (context, next) =>
        storage.run(context, () => {
          datadog.time.setContext(context);
          next();
        });
    default:
      return undefined;
  }
}

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

async function startSampler(): Promise<void> {
  if (sampler === 'V8') new Worker(bareProfiler, { eval: true }).unref();
  if (sampler === 'profbuf') await startProfiler({ sampleRate: 100 });
  if (sampler === '@datadog/pprof') {
    datadog.time.start({ intervalMicros: 10_000, withContexts: true, useCPED: hasFrames });
    setInterval(() => datadog.time.stop(true), 10_000).unref();
  }
}

await startSampler();
const run = contextRun();
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

await app.listen({ port: 0, host: '127.0.0.1' });
process.on('disconnect', () => process.exit());
// Nanoseconds of this thread alone.
process.on('message', () =>
  process.send?.(Number(readFileSync('/proc/thread-self/schedstat', 'latin1').split(' ')[0])),
);
process.send?.((app.server.address() as AddressInfo).port);
