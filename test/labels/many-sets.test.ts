import { equal, ok } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runtimes } from '../runtimes.js';
import { checkManySets } from './check-many-sets.js';

describe('label sets that are never used again', () => {
  const runtime = runtimes.at(-1);
  it(`neither grow memory nor cost the other labels: 100,000 requests`, async (test) => {
    ok(runtime);
    const result = await checkManySets(test, runtime, { sets: 100_000, workMicros: 40 });
    equal(result.distinctRoutes, 3);
    // More requests met a sample than a profile tells apart.
    ok(result.distinctRequests <= 1001, `${result.distinctRequests} different requests`);
    ok(result.otherRequests > 0);
    const said = /^\d+ labels of samples are under \(other\): too many different values$/;
    ok(
      result.comments.some((comment) => said.test(comment)),
      result.comments.join('\n'),
    );
  });
});
