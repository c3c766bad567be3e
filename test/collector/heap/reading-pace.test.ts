import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { nextReadingMs } from '#profbuf/collector/heap/reading-pace.js';
import '../../seed.js';

const reading = fc.record({
  tookMs: fc.double({ min: 0, max: 5000, noNaN: true }),
  samples: fc.nat(1_000_000),
  spanMs: fc.double({ min: 0, max: 600_000, noNaN: true }),
});

test("V8's list stays bounded at whatever rate a program allocates, and reading takes 1 % of the time otherwise", () => {
  fc.assert(
    fc.property(reading, ({ tookMs, samples, spanMs }) => {
      const afterMs = nextReadingMs({ tookMs, samples, spanMs });
      const expected = (samples / Math.max(spanMs, 1)) * afterMs;
      assert.ok(expected <= 65_536 * 1.001, `${expected} samples`);
      if (expected < 65_000) assert.ok(afterMs >= tookMs * 100, `${afterMs} ms after one that took ${tookMs}`);
    }),
  );
});

test('an idle program is read every ten seconds, a busy one when a thousand samples are there', () => {
  assert.equal(nextReadingMs({ tookMs: 1, samples: 0, spanMs: 1000 }), 10_000);
  assert.equal(nextReadingMs({ tookMs: 1, samples: 2048, spanMs: 1000 }), 500);
  assert.equal(nextReadingMs({ tookMs: 1, samples: 100_000, spanMs: 1000 }), 100);
  assert.equal(nextReadingMs({ tookMs: 200, samples: 500, spanMs: 1000 }), 20_000);
});
