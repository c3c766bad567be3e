import { describe, it } from 'node:test';
import { runtimes } from '../runtimes.js';
import { checkManySets } from './check-many-sets.js';

// 800 requests a second for an hour.
const hour = 2_880_000;

describe("an hour's worth of label sets in a minute", () => {
  for (const runtime of runtimes) {
    it(`leaves memory as it was, ${runtime.name}`, async (test) => {
      await checkManySets(test, runtime, { sets: hour, workMicros: 10 });
    });
  }
});
