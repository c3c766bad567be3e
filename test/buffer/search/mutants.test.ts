/** The search is worth what it finds: each of these faults, put into the shipped source, has to fail a check. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configurations, deaths } from './configurations.js';
import { explore } from './explore.js';
import { mutants } from './mutants.js';
import { ringSystem } from './ring-system.js';

for (const { name, configuration, check, mutations } of mutants) {
  test(`the search finds that ${name}`, (t) => {
    const searched = [...configurations, ...deaths].find((one) => one.name === configuration);
    assert.ok(searched, `no configuration is called ${configuration}`);
    const { failure, states } = explore(ringSystem(searched, mutations));
    assert.ok(failure, `the mutant survived ${states} states`);
    t.diagnostic(`${failure.check} after ${states} states, in ${failure.schedule.length} steps: ${failure.message}`);
    assert.equal(failure.check, check, failure.message);
  });
}
