import { ok } from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { Runtime } from '../runtimes.js';
import type { ManySetsOptions, ManySetsResult } from './programs/many-sets.js';
import { runProgram } from './run-program.js';

/** Nothing of a set remains but what the latest epochs and the cache hold, in the first step of the run as in the last. */
export async function checkManySets(
  test: TestContext,
  runtime: Runtime,
  options: ManySetsOptions,
): Promise<ManySetsResult> {
  const result = await runProgram<ManySetsResult>(runtime, 'many-sets', options);
  const { heapUsed, samples, wrong, requests } = result;
  const megabytes = heapUsed.map((bytes) => (bytes / 2 ** 20).toFixed(1));
  test.diagnostic(`${requests} sets, ${samples} samples, heap in MB: ${megabytes.join(' ')}`);
  ok(wrong <= samples / 1000 + 1, `${wrong} of ${samples} samples have another route's label`);
  const [, early = 0] = heapUsed;
  const late = heapUsed.at(-1) ?? 0;
  ok(late - early < 4 * 2 ** 20, `the heap grew from ${early} to ${late} bytes`);
  return result;
}
