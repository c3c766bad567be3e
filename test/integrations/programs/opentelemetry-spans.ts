// Spans of every kind, and the labels that are in force in each.
import { setTimeout as timeout } from 'node:timers/promises';
import { context, INVALID_SPAN_CONTEXT, ROOT_CONTEXT, type Span, TraceFlags, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { AlwaysOffSampler, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { getLabels, withLabels } from 'profbuf';
import { labelSpans } from 'profbuf/opentelemetry';
import { almostTooMany, observe, writeObservations } from './observations.js';

const provider = new NodeTracerProvider();
provider.register({ contextManager: labelSpans(new AsyncLocalStorageContextManager()) });
const tracer = provider.getTracer('test');
const unsampled = new NodeTracerProvider({ sampler: new AlwaysOffSampler() }).getTracer('test');

/** Notes the name of the span, and whether its ids are the labels. */
function observeSpan(place: string, span: Span): void {
  const { spanId, traceId } = span.spanContext();
  const { span_id, trace_id, ...labels } = getLabels();
  const isOwn = span_id === spanId && trace_id === traceId;
  observe(place, { span_id: isOwn ? 'own' : String(span_id), trace_id: isOwn ? 'own' : String(trace_id), ...labels });
}

for (const name of ['text', 123, null, { text: 'object' }, 'x'.repeat(2000)]) {
  tracer.startActiveSpan(name as string, (span) => observeSpan('span by any name', span));
}

tracer.startActiveSpan('outer', (outer) => {
  unsampled.startActiveSpan('unsampled', { root: true }, () => observe('span that is not sampled'));
  context.with(trace.setSpan(context.active(), trace.wrapSpanContext(INVALID_SPAN_CONTEXT)), () => {
    observe('span that is not valid');
  });
  context.with(ROOT_CONTEXT, () => observe('no span'));
  const remote = trace.wrapSpanContext({ ...outer.spanContext(), traceFlags: TraceFlags.SAMPLED, isRemote: true });
  context.with(trace.setSpan(ROOT_CONTEXT, remote), () => observeSpan('span of another process', outer));

  context.with(trace.setSpan(ROOT_CONTEXT, remote), () => {
    // Its ids leave room for 30 more; the span inside has a name as well.
    const { label0, ...rest } = almostTooMany;
    withLabels(rest, () => {
      tracer.startActiveSpan('inner', () => {
        const { span_id, trace_id, span_name, label30 } = getLabels();
        observe('inner span without room', {
          span_labels: String([span_id, trace_id, span_name]),
          label30: label30 ?? '',
        });
      });
    });
  });
});
withLabels(almostTooMany, () => {
  tracer.startActiveSpan('full', () => observe('span without room'));
});

await tracer
  .startActiveSpan('failing', async (span) => {
    await timeout(1);
    observeSpan('span that fails', span);
    throw new Error('failed');
  })
  .catch(() => observe('after a span that failed'));
try {
  tracer.startActiveSpan('throwing', () => {
    throw new Error('thrown');
  });
} catch (error) {
  observe('after a span that threw', { message: String(error) });
}
writeObservations();
