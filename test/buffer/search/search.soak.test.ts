/** Exhaustive search of the shipped writer and reader: the same as search.test.ts, for minutes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { largeConfigurations } from './configurations.js';
import { explore } from './explore.js';
import { ringSystem } from './ring-system.js';

for (const configuration of largeConfigurations) {
  test(`no order of steps breaks the ring: ${configuration.name}`, (t) => {
    const { failure, states, ends, writerSteps } = explore(ringSystem(configuration));
    t.diagnostic(`${states} states, ${ends} ends, writes of at most ${writerSteps} steps`);
    if (failure !== null) assert.fail(`${failure.check}: ${failure.message}\n${failure.schedule.join('\n')}`);
    assert.ok(ends > 1, 'a search with one end or none has found no two orders');
  });
}

test('with one bit of generation, losses come back with an old time: the search finds it', (t) => {
  const depths = [6, 6, 6, 0, 2, 6, 0, 6];
  const { failure, states } = explore(ringSystem({ name: '', words: 16, internals: { generationBits: 1 }, depths }));
  t.diagnostic(`${states} states`);
  assert.equal(failure?.check, 'stream');
});
