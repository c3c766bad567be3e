import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BlockingAllowance } from '#profbuf/application/blocking-allowance.js';

function spin(ms: number): void {
  for (const until = performance.now() + ms; performance.now() < until; );
}

test('what may be waited for is used up, and comes back with the time, up to what there was', () => {
  const begin = performance.now();
  const allowance = new BlockingAllowance(10, 1 / 10);
  assert.equal(allowance.leftMs, 10);
  allowance.spend(() => spin(12));
  assert.ok(allowance.leftMs < 0);
  spin(50);
  const { leftMs } = allowance;
  const passedMs = performance.now() - begin;
  // It took 12 ms or more, and a tenth of all that passed came back at most.
  assert.ok(leftMs > -passedMs && leftMs <= -2 + passedMs / 10, `${leftMs} after ${passedMs}`);
  spin(50);
  assert.ok(allowance.leftMs >= Math.min(10, leftMs + 5));
  assert.ok(allowance.leftMs <= 10);
});

test('what fails has taken its time too', () => {
  const allowance = new BlockingAllowance(10, 0);
  assert.throws(() =>
    allowance.spend(() => {
      spin(5);
      throw new Error('failed');
    }),
  );
  assert.ok(allowance.leftMs <= 5);
});
