import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  digamma,
  inverseTrigamma,
  logGamma,
  regularizedBeta,
  trigamma,
  twoSidedQuantile,
  twoSidedTail,
} from '#profbuf/profile/diff/distributions.js';

const near = (value: number, expected: number, relative = 1e-9) =>
  assert.ok(Math.abs(value - expected) <= relative * Math.abs(expected), `${value} is not ${expected}`);

test("Student's t has the quantiles of the tables", () => {
  for (const [probability, degrees, expected] of [
    [0.05, 1, 12.7062047362],
    [0.05, 2, 4.3026527297],
    [0.05, 10, 2.228138852],
    [0.01, 30, 2.7499956536],
    [0.001, 5, 6.8688266259],
    [0.05, Number.POSITIVE_INFINITY, 1.9599639845],
  ] as const) {
    near(twoSidedQuantile(probability, degrees), expected, degrees === Number.POSITIVE_INFINITY ? 1e-4 : 1e-8);
    near(twoSidedTail(expected, degrees), probability, 1e-4);
  }
  assert.equal(twoSidedTail(0, 3), 1);
});

test('the beta and gamma functions have the values that are known in closed form', () => {
  near(regularizedBeta(0.3, 1, 1), 0.3);
  near(regularizedBeta(0.5, 7, 7), 0.5);
  near(regularizedBeta(0.2, 2, 3), 0.1808);
  near(regularizedBeta(0.25, 0.5, 0.5), 1 / 3);
  near(logGamma(0.5), Math.log(Math.PI) / 2);
  near(logGamma(6), Math.log(120));
  near(digamma(1), -0.5772156649015329);
  near(trigamma(1), Math.PI ** 2 / 6);
  near(trigamma(0.5), Math.PI ** 2 / 2);
  for (const x of [0.01, 0.5, 3, 40, 1e6]) near(inverseTrigamma(trigamma(x)), x, 1e-6);
});
