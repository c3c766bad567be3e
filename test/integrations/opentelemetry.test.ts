import { deepEqual, equal, ok } from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { LabelledSample } from '../labels/programs/samples.js';
import { labelsOfFunction, outputOfProgram, twoRuntimes } from './programs.js';

interface Output {
  readonly samples: LabelledSample[];
  readonly spans: readonly { name: string; spanId: string; traceId: string; profileId: unknown }[];
}

describe('profbuf/opentelemetry puts the active span on samples', () => {
  for (const runtime of twoRuntimes) {
    it(runtime.name, async () => {
      const { samples, spans } = await outputOfProgram<Output>(runtime.path, 'opentelemetry');
      equal(spans.length, 10);
      for (const { spanId, profileId } of spans) equal(profileId, spanId);
      const expected = (name: string) =>
        new Set(
          spans
            .filter((span) => span.name === name)
            .map(({ spanId, traceId }) => JSON.stringify({ span_id: spanId, span_name: name, trace_id: traceId })),
        );
      for (const [name, span] of [
        ['outer_work', 'outer'],
        ['inner_work', 'inner'],
        ['emitter_work', 'outer'],
      ] as const) {
        const found = labelsOfFunction(samples, name);
        ok(found.length > 0, `no sample of ${name}`);
        for (const labels of found) ok(expected(span).has(labels), `${name} has ${labels}`);
      }
      for (const name of ['root_work', 'free_work']) deepEqual(labelsOfFunction(samples, name), ['{}']);
    });
  }
});
