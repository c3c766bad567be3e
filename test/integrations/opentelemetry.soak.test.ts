import { after, describe, it } from 'node:test';
import { Folder } from '../cli/command.js';
import { install, pack } from '../package/packed.js';
import { runtimes } from '../runtimes.js';
import { documentedSetups, labelsSpans } from './opentelemetry-setups.js';

/** The newest of each line at the time of writing. They need different versions of the API, so each has a folder. */
const lines = {
  2: {
    oldestNode: 20,
    packages: [
      'api@1.9.1',
      'context-async-hooks@2.12.1',
      'sdk-trace@2.12.1',
      'sdk-trace-node@2.12.1',
      'sdk-node@0.223.0',
    ],
    setups: ['sdk-trace', 'sdk-trace-node', 'sdk-node'],
  },
  3: {
    oldestNode: 22,
    packages: ['api@1.10.0', 'context-async-hooks@3.1.1', 'sdk-trace@3.1.1', 'sdk-node@0.301.0'],
    setups: ['sdk-trace', 'sdk-node'],
  },
};

for (const [line, { oldestNode, packages, setups }] of Object.entries(lines)) {
  describe(`OpenTelemetry ${line} as docs/labels.md sets it up`, () => {
    const folder = new Folder({ after });
    folder.write('package.json', '{}');
    install(folder.path, pack(folder.path), ...packages.map((name) => `@opentelemetry/${name}`));
    const documented = documentedSetups();
    for (const { major, name, path } of runtimes) {
      if (major < oldestNode) continue;
      for (const sdk of setups) {
        it(`labels spans, by ${sdk} on ${name}`, async () => {
          await labelsSpans(folder, path, documented.get(sdk) ?? '');
        });
      }
    }
  });
}
