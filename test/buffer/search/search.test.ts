/** Exhaustive search of the shipped writer and reader: every order of their accesses of shared memory, in small rings. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configurations } from './configurations.js';
import { explore } from './explore.js';
import { ringSystem } from './ring-system.js';

for (const configuration of configurations) {
  test(`no order of steps breaks the ring: ${configuration.name}`, (t) => {
    const { failure, states, ends, writerSteps } = explore(ringSystem(configuration));
    t.diagnostic(`${states} states, ${ends} ends, writes of at most ${writerSteps} steps`);
    if (failure !== null) assert.fail(`${failure.check}: ${failure.message}\n${failure.schedule.join('\n')}`);
    assert.ok(ends > 1, 'a search with one end or none has found no two orders');
  });
}
