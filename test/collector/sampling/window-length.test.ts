import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { WindowLength } from '#profbuf/collector/sampling/window-length.js';

const limits = { shortestBusyMs: 20, longestBusyMs: 250 };
const every10ms = 10_000;
const targetMs = 2;

/** Windows of which every millisecond of work costs so much at the end, and every window so much besides. */
function settle(length: WindowLength, windows: number, perMs: number, perWindow = 0): number[] {
  return Array.from({ length: windows }, () => {
    const pauseMs = perWindow + length.ms * perMs;
    length.learn(pauseMs, length.ms);
    return pauseMs;
  });
}

suite('the length of a window', () => {
  test('is four samples to begin with', () => {
    assert.equal(new WindowLength(limits, every10ms, targetMs).ms, 40);
    assert.equal(new WindowLength(limits, 1000, targetMs).ms, limits.shortestBusyMs);
    assert.equal(new WindowLength(limits, 1e6, targetMs).ms, limits.longestBusyMs);
  });

  test('comes to where pauses are below the target, and not far below', () => {
    for (const perMs of [0.01, 0.015, 0.03]) {
      const pauses = settle(new WindowLength(limits, every10ms, targetMs), 20, perMs, 0.3);
      assert.ok(Math.max(...pauses) < targetMs, `${pauses}`);
      assert.ok((pauses.at(-1) as number) > targetMs / 2, `${pauses}`);
    }
  });

  test('is the longest where pauses are short anyway, and the shortest where they never are', () => {
    const cheap = new WindowLength(limits, every10ms, targetMs);
    settle(cheap, 20, 0.001);
    assert.equal(cheap.ms, limits.longestBusyMs);
    const dear = new WindowLength(limits, every10ms, targetMs);
    settle(dear, 20, 1);
    assert.equal(dear.ms, 40);
  });

  test('does not grow by windows that were ended early', () => {
    const length = new WindowLength(limits, every10ms, targetMs);
    for (let i = 0; i < 20; i++) length.learn(0.1, 5);
    assert.equal(length.ms, 40);
  });

  test('is upset by one odd pause for a few windows only', () => {
    const length = new WindowLength(limits, every10ms, targetMs);
    settle(length, 20, 0.01);
    const settled = length.ms;
    length.learn(100, settled);
    assert.equal(length.ms, settled / 2);
    settle(length, 5, 0.01);
    assert.ok(length.ms > settled * 0.9, `${length.ms} of ${settled}`);
  });

  test('stays within its limits, whatever pauses there are', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.double({ min: 0, max: 1e4, noNaN: true }), fc.nat(5000))), (windows) => {
        const length = new WindowLength(limits, every10ms, targetMs);
        for (const [pauseMs, busyMs] of windows) {
          length.learn(pauseMs, busyMs);
          assert.ok(length.ms >= 40 && length.ms <= limits.longestBusyMs);
        }
      }),
    );
  });
});
