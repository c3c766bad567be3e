import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Folder, root, run } from '../cli/command.js';

/** The ways to set it up that docs/labels.md has, by the package of the SDK that each imports. */
export function documentedSetups(): ReadonlyMap<string, string> {
  const text = readFileSync(join(root, 'docs/labels.md'), 'utf8');
  const section = text.split('\n## ').find((part) => part.startsWith('OpenTelemetry\n')) ?? '';
  const setups = [...section.matchAll(/```js\n([\s\S]*?)```/g)].map(([, code = '']) => code);
  return new Map(setups.map((code) => [/@opentelemetry\/(sdk-[\w-]+)'/.exec(code)?.[1] ?? 'none', code]));
}

/** A span after it, and what it has and labels. */
const program = (setup: string) => `
  ${setup}
  import { trace as traceOfTest } from '@opentelemetry/api';
  import { getLabels } from 'profbuf';
  const tracer = traceOfTest.getTracer('test');
  const outcome = await tracer.startActiveSpan('outer', async (outer) => {
    await null;
    const own = outer.spanContext();
    const inner = await tracer.startActiveSpan('inner', async (span) => {
      await new Promise(setImmediate);
      return { ...getLabels(), isChild: getLabels().trace_id === own.traceId && getLabels().span_id !== own.spanId };
    });
    const { span_id, trace_id, span_name } = getLabels();
    return { inner, isOwn: [span_id === own.spanId, trace_id === own.traceId, span_name], linked: outer.attributes['pyroscope.profile.id'] === own.spanId };
  });
  console.log(JSON.stringify({ ...outcome, inner: [outcome.inner.span_name, outcome.inner.isChild], after: getLabels() }));
  process.exit();
`;

/** The setup labels spans and links them, in a folder that has the packages. */
export async function labelsSpans(folder: Folder, node: string, setup: string): Promise<void> {
  folder.write('app.mjs', program(setup));
  const { code, stdout, stderr } = await run(node, ['app.mjs'], {
    cwd: folder.path,
    env: { OTEL_TRACES_EXPORTER: 'none', OTEL_METRICS_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'none' },
  });
  assert.equal(stderr, '');
  assert.equal(code, 0);
  assert.deepEqual(JSON.parse(stdout), {
    inner: ['inner', true],
    isOwn: [true, true, 'outer'],
    linked: true,
    after: {},
  });
}
