/** Faults of the protocol that this one comes from, found in a port of it by the same search. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { explore } from './explore.js';
import { findGoFault, goFaults } from './go-faults.js';
import { goSystem } from './go-system.js';
import type { Violation } from './violation.js';

const isEarlyEnd = ({ message }: Violation) => message.startsWith('the end came before');

test('Go’s protocol, while nothing is lost, has no fault but the early end', () => {
  const { failure, ends } = explore(goSystem({ words: 16, depths: [1, 3, 2] }), (violation) => !isEarlyEnd(violation));
  assert.equal(failure, null);
  assert.ok(ends > 1);
});

for (const fault of goFaults) {
  test(`Go’s protocol ${fault.name}`, (t) => {
    const { failure, states } = findGoFault(fault);
    assert.ok(failure, `not found in ${states} states`);
    t.diagnostic(`${states} states, ${failure.schedule.length} steps: ${failure.message}`);
  });
}
