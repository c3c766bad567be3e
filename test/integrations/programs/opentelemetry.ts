import { EventEmitter } from 'node:events';
import { setTimeout as timeout } from 'node:timers/promises';
import { context, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import { startProfiler } from 'profbuf';
import { labelSpans, ProfileSpanProcessor } from 'profbuf/opentelemetry';
import { namedFunction, samplesOf } from '../../labels/programs/samples.js';

const exporter = new InMemorySpanExporter();
new NodeTracerProvider({
  spanProcessors: [new ProfileSpanProcessor(), new SimpleSpanProcessor(exporter)],
}).register({ contextManager: labelSpans(new AsyncLocalStorageContextManager()) });
const tracer = trace.getTracer('test');

const outerWork = namedFunction('outer_work');
const innerWork = namedFunction('inner_work');
const emitterWork = namedFunction('emitter_work');
const rootWork = namedFunction('root_work');
const freeWork = namedFunction('free_work');

const profiler = await startProfiler({ sampleRate: 1000 });
for (let round = 0; round < 5; round++) {
  await tracer.startActiveSpan('outer', async (outer) => {
    outerWork(10_000);
    const emitter = new EventEmitter();
    context.bind(context.active(), emitter).on('event', () => emitterWork(10_000));
    await timeout(1);
    await tracer.startActiveSpan('inner', async (inner) => {
      innerWork(5000);
      await timeout(1);
      innerWork(5000);
      emitter.emit('event');
      context.with(ROOT_CONTEXT, () => rootWork(10_000));
      inner.end();
    });
    outerWork(10_000);
    outer.end();
  });
  freeWork(10_000);
}
const spans = exporter.getFinishedSpans().map((span) => ({
  name: span.name,
  spanId: span.spanContext().spanId,
  traceId: span.spanContext().traceId,
  profileId: span.attributes['pyroscope.profile.id'],
}));
process.stdout.write(JSON.stringify({ samples: samplesOf(await profiler.stop()), spans }));
