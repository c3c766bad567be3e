import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Engine, runtimes } from '../../runtimes.js';
import { run } from './engines.js';
import { type Outcome, paces, ways } from './stream.js';

/** The reading threads check order, content and place of losses, and fail otherwise; here the counts are compared. */
export function specifyStreaming(attempts: number, minutes: number, engines: readonly Engine[] = runtimes): void {
  describe(`streams of ${attempts} attempts between two threads, read in every way at every pace`, () => {
    for (const engine of engines) {
      it(`arrive in order, whole, each loss in its place, on ${engine.name}`, async () => {
        const outcomes = await run<Outcome>(engine, './streaming-program.js', attempts, minutes);
        assert.equal(outcomes.length, 4 * ways.length * paces.length);
        for (const { delivered, lost, lostByWriter, isLossless } of outcomes) {
          assert.equal(delivered + lost, attempts);
          assert.equal(lost, lostByWriter);
          if (isLossless) assert.equal(lost, 0);
        }
        // Otherwise the paces were not such as to try anything.
        const lossy = outcomes.filter(({ isLossless }) => !isLossless);
        assert.ok(lossy.filter(({ losses }) => losses > 1).length > lossy.length / 4, 'few streams lost anything');
        assert.ok(lossy.every(({ delivered }) => delivered > 0));
      });
    }
  });
}
