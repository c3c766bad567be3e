import { ok } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runtimes } from '../runtimes.js';
import { checkManySets } from './check-many-sets.js';

describe('label sets that are never used again', () => {
  for (const runtime of runtimes) {
    it(`do not grow memory, and each sample has its own: 100,000 requests, ${runtime.name}`, async (test) => {
      const { samples, distinctRequests, rightByRoute } = await checkManySets(test, runtime, {
        sets: 100_000,
        workMicros: 20,
      });
      // Each route does a third of the work.
      for (const [route, right] of Object.entries(rightByRoute)) {
        ok(right > samples / 5, `${right} of ${samples} samples are right for ${route}`);
      }
      ok(distinctRequests > samples / 2, `${distinctRequests} requests in ${samples} samples`);
    });
  }
});
