import { deepEqual, equal, ok } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runtimes } from '../runtimes.js';
import type { KindResult } from './programs/continuations.js';
import { runProgram } from './run-program.js';

for (const runtime of runtimes) {
  describe(`labels follow every kind of continuation, ${runtime.name}`, async () => {
    const results = await runProgram<Record<string, KindResult>>(runtime, 'continuations');
    const { none, ...kinds } = results;

    for (const [kind, { seen, samples }] of Object.entries(kinds)) {
      it(kind, () => {
        ok(seen.length > 0);
        deepEqual(new Set(seen), new Set([kind]));
        const right = samples[JSON.stringify(kind)] ?? 0;
        const all = Object.values(samples).reduce((sum, count) => sum + count, 0);
        ok(right > 0, `no sample of ${kind} among ${JSON.stringify(samples)}`);
        equal(right, all, JSON.stringify(samples));
      });
    }

    it('none inside a resource that was made without', () => {
      deepEqual(Object.keys(none?.samples ?? {}), ['{}']);
    });
  });
}
