import { deepEqual, ok } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runtimes } from '../runtimes.js';
import type { CallbacksResult } from './programs/callbacks.js';
import { runProgram } from './run-program.js';

for (const runtime of runtimes) {
  describe(`labels that a callback sets, ${runtime.name}`, async () => {
    const { begun, scopes } = await runProgram<CallbacksResult>(runtime, 'callbacks');

    for (const [kind, seen] of Object.entries(begun)) {
      it(`are not in force in the next one, but in what it has started: ${kind}`, () => {
        deepEqual(seen, [
          [{}, { [kind]: 1 }],
          [{}, { [kind]: 2 }],
          [{}, {}],
        ]);
      });
    }

    it('are not those of samples after the scope that they were set in', () => {
      for (const { sampled, inForce } of scopes) {
        deepEqual(inForce, { a: 1 });
        deepEqual(new Set(sampled.map((labels) => JSON.stringify(labels))), new Set(['{"a":1}']));
      }
    });
  });

  describe(`a label whose value was cut out of a text, ${runtime.name}`, () => {
    it('does not keep the text', async () => {
      const bytes = await runProgram<number>(runtime, 'cut-values');
      ok(bytes < 10_000, `${bytes} bytes for each value of 29 characters`);
    });
  });
}
