import { equal } from 'node:assert/strict';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { Folder, root } from '../cli/command.js';
import { runtimes } from '../runtimes.js';
import { documentedSetups, labelsSpans } from './opentelemetry-setups.js';

/** The packages that are installed here are of line 2; both lines are tried in opentelemetry.soak.test.ts. */
describe('OpenTelemetry as docs/labels.md sets it up', () => {
  const folder = new Folder({ after });
  mkdirSync(join(folder.path, 'node_modules'));
  symlinkSync(root, join(folder.path, 'node_modules/profbuf'), 'junction');
  symlinkSync(join(root, 'node_modules/@opentelemetry'), join(folder.path, 'node_modules/@opentelemetry'), 'junction');
  const setups = documentedSetups();

  it('is there for each package of the SDK', () => {
    equal([...setups.keys()].join(), 'sdk-trace,sdk-trace-node,sdk-node');
  });

  for (const runtime of runtimes) {
    for (const sdk of ['sdk-trace', 'sdk-trace-node']) {
      it(`labels spans, by ${sdk} on ${runtime.name}`, async () => {
        await labelsSpans(folder, runtime.path, setups.get(sdk) ?? '');
      });
    }
  }
});
