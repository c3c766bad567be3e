/** Exhaustive search of the shipped writer and reader, where one of them may die at any step and another takes over. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deaths } from './configurations.js';
import { explore } from './explore.js';
import { ringSystem } from './ring-system.js';

for (const configuration of deaths) {
  test(`no order of steps breaks the ring: ${configuration.name}`, (t) => {
    const { failure, states, ends, writerSteps } = explore(ringSystem(configuration));
    t.diagnostic(`${states} states, ${ends} ends, writes of at most ${writerSteps} steps`);
    if (failure !== null) assert.fail(`${failure.check}: ${failure.message}\n${failure.schedule.join('\n')}`);
    assert.ok(ends > 1, 'a search with one end or none has found no two orders');
  });
}
