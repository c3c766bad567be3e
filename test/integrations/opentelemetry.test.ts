import { deepEqual, equal, ok } from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import type { LabelledSample } from '../labels/programs/samples.js';
import { runtimes } from '../runtimes.js';
import type { Observations } from './programs/observations.js';
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

for (const runtime of runtimes) {
  describe(`profbuf/opentelemetry on ${runtime.name}`, () => {
    let observations: Observations;
    before(async () => {
      observations = await outputOfProgram(runtime.path, 'opentelemetry-spans');
    });

    /** That a place was come by as often as there are labels here, and under these. */
    const isLabelled = (place: string, ...labels: object[]) => deepEqual(observations[place], labels);
    const own = { span_id: 'own', trace_id: 'own' };

    it('leaves out a name that is no text, and cuts one that is too long', () => {
      const names = ['text', undefined, undefined, undefined, 'x'.repeat(1024)];
      const labels = names.map((name) => (name === undefined ? own : { ...own, span_name: name }));
      isLabelled('span by any name', ...labels);
    });

    it('labels no span that is not sampled, nor one that is not valid', () => {
      isLabelled('span that is not sampled', {});
      isLabelled('span that is not valid', {});
      isLabelled('no span', {});
    });

    it('labels the span of another process by its ids', () => {
      isLabelled('span of another process', own);
    });

    it('goes without a span where there is no room for its labels', () => {
      equal(observations['span without room']?.length, 1);
      const { label30, span_id, span_name } = observations['span without room']?.[0] ?? {};
      deepEqual([label30, span_id, span_name], [30, undefined, undefined]);
    });

    it('leaves no other span in its place there', () => {
      equal(observations['inner span without room']?.length, 1);
      const { label30, span_labels } = observations['inner span without room']?.[0] ?? {};
      deepEqual([label30, span_labels], [30, ',,']);
    });

    it('labels a span up to its failure, and nothing after it', () => {
      isLabelled('span that fails', { ...own, span_name: 'failing' });
      isLabelled('after a span that failed', {});
      isLabelled('after a span that threw', { message: 'Error: thrown' });
    });
  });
}
