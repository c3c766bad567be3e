import { type Context, type ContextManager, isSpanContextValid, TraceFlags, trace } from '@opentelemetry/api';
import { withExtraLabels } from './best-effort.js';

/**
 * Has a context manager put the active span's identity on samples, as the labels that Pyroscope's span profiles expect:
 * `span_id`, `trace_id` and `span_name`, the name that the span has when it becomes active. Where no span is active there are
 * none, and none for a span that is not sampled, which nobody can look up. Changes the context manager that it is given, and
 * returns it.
 *
 * ```js
 * context.setGlobalContextManager(labelSpans(new AsyncLocalStorageContextManager()));
 * trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [new ProfileSpanProcessor()] }));
 * ```
 */
export function labelSpans<Manager extends ContextManager>(contextManager: Manager): Manager {
  const run = contextManager.with.bind(contextManager) as ContextManager['with'];
  const labelled: ContextManager['with'] = (context, fn, thisArg, ...args) =>
    withExtraLabels(noSpan, labelsOf(context), () => run(context, fn, thisArg, ...args));
  // What the manager binds to a context it calls by this method of its own.
  contextManager.with = labelled;
  return contextManager;
}

/** An empty value takes a label away. */
const noSpan = { span_id: '', trace_id: '', span_name: '' };

function labelsOf(context: Context) {
  const span = trace.getSpan(context);
  if (span === undefined) return noSpan;
  const spanContext = span.spanContext();
  const { spanId, traceId, traceFlags } = spanContext;
  if (!isSpanContextValid(spanContext) || (traceFlags & TraceFlags.SAMPLED) === 0) return noSpan;
  // The API gives a span no name to read; those of the SDK have one, of any type, and those of other processes do not.
  const { name } = span as { name?: unknown };
  return { span_id: spanId, trace_id: traceId, span_name: typeof name === 'string' ? name.slice(0, 1024) : '' };
}

/** What this needs of the SDK's `Span`. */
export interface ProfiledSpan {
  spanContext(): { readonly spanId: string };
  setAttribute(key: string, value: string): unknown;
}

/**
 * A span processor that links spans to their profile: it sets `pyroscope.profile.id`, by which Grafana finds the samples with
 * that `span_id`.
 */
export class ProfileSpanProcessor {
  onStart(span: ProfiledSpan): void {
    span.setAttribute('pyroscope.profile.id', span.spanContext().spanId);
  }

  onEnd(): void {}

  async forceFlush(): Promise<void> {}

  async shutdown(): Promise<void> {}
}
