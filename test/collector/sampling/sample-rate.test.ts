import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { SampleRate } from '#profbuf/collector/sampling/sample-rate.js';

const targetMs = 2;

/** @returns the rate after as many windows of 20 ms, each with this pause. */
function after(rate: SampleRate, windows: number, pauseMs: number, busyMs = 20): number {
  for (let i = 0; i < windows; i++) rate.learn(pauseMs, busyMs, 20);
  return rate.perSecond;
}

suite('the rate of a thread', () => {
  test('is what was asked for while pauses are bearable, however many there are', () => {
    assert.equal(after(new SampleRate(10_000, targetMs), 100, 8), 10_000);
    assert.equal(after(new SampleRate(10_000, 100), 100, 400), 10_000);
  });

  test('is lowered when three of the shortest windows in a row hold the thread up too long, by as much', () => {
    const rate = new SampleRate(10_000, targetMs);
    assert.equal(after(rate, 2, 10), 10_000);
    assert.equal(after(rate, 1, 10), 2000);
    assert.equal(rate.intervalMicros, 500);
  });

  test('is lowered by what windows of that length cost, if they are longer because the collector is behind', () => {
    assert.equal(after(new SampleRate(10_000, targetMs), 3, 60, 200), 3333);
    assert.equal(after(new SampleRate(10_000, targetMs), 3, 20, 200), 5000);
  });

  test('is not lowered for a long pause now and then', () => {
    const rate = new SampleRate(1000, targetMs);
    for (let i = 0; i < 100; i++) {
      after(rate, 2, 50);
      after(rate, 1, 1);
    }
    assert.equal(rate.perSecond, 1000);
  });

  test('is lowered to an eighth at the most in one step, and in all to 10 samples a second', () => {
    const rate = new SampleRate(10_000, targetMs);
    assert.equal(after(rate, 3, 10_000), 1250);
    assert.equal(after(rate, 300, 10_000), 10);
    assert.equal(after(new SampleRate(1, targetMs), 300, 10_000), 1);
  });
});
