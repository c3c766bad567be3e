import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runtimes } from '../../runtimes.js';
import { run } from './engines.js';
import type { Terminations } from './terminating-program.js';

/** The program checks each attempt, and fails if one is lost uncounted, repeated or damaged; here the sums are compared. */
export function specifyTerminating(lives: number, minutes: number): void {
  describe(`${lives} threads that are terminated at any moment, one after another`, () => {
    for (const runtime of runtimes) {
      it(`leave a ring that the next can take over, on ${runtime.name}`, async () => {
        const [writers, readers] = await run<Terminations>(runtime, './terminating-program.js', lives, minutes);
        assert.ok(writers && readers);
        assert.equal(writers.delivered + writers.lost + writers.atTheEdges, writers.attempts);
        assert.ok(writers.atTheEdges <= lives);
        for (const { delivered, lost, attempts } of [writers, readers]) {
          assert.ok(delivered > 10 * lives && lost > 0, `${delivered} delivered, ${lost} lost`);
          assert.ok(attempts > 10 * lives);
        }
      });
    }
  });
}
