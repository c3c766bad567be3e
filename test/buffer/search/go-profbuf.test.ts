/** Faults of the protocol that this one comes from, found in a port of it by the same search. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { explore } from './explore.js';
import { type GoConfiguration, goSystem } from './go-system.js';
import type { Check, Violation } from './violation.js';

const isEarlyEnd = ({ message }: Violation) => message.startsWith('the end came before');

test('Go’s protocol, while nothing is lost, has no fault but the early end', () => {
  const { failure, ends } = explore(goSystem({ words: 16, depths: [1, 3, 2] }), (violation) => !isEarlyEnd(violation));
  assert.equal(failure, null);
  assert.ok(ends > 1);
});

const faults: readonly (readonly [name: string, configuration: GoConfiguration, check: Check, message: RegExp])[] = [
  [
    'wakes a reader twice for one sleep',
    { words: 8, depths: [3, 3, 1] },
    'double wake-up',
    /^notewakeup - double wakeup$/,
  ],
  [
    'reports a loss ahead of records that came before it',
    { words: 8, depths: [2, 2], isBlocking: false },
    'stream',
    /^a loss of 1 from time \d+ on came when attempt \d was due$/,
  ],
  [
    'ends ahead of records that came before the end',
    { words: 16, depths: [1], isBlocking: false },
    'stream',
    /^the end came before attempt 0$/,
  ],
  [
    'loses a record that is longer than half the ring, although the ring is empty',
    { words: 8, depths: [0, 4], isBlocking: false },
    'starvation',
    /ring was empty/,
  ],
  [
    'loses the count of losses with a writer that dies',
    { words: 8, depths: [1, 2, 0], nextDepths: [0], isBlocking: false },
    'stream',
    /^record of attempt 3 came when attempt 1 was due$/,
  ],
];

for (const [name, configuration, check, message] of faults) {
  test(`Go’s protocol ${name}`, (t) => {
    const { failure, states } = explore(
      goSystem(configuration),
      (violation) => violation.check === check && message.test(violation.message),
    );
    assert.ok(failure, `not found in ${states} states`);
    t.diagnostic(`${states} states, ${failure.schedule.length} steps: ${failure.message}`);
  });
}
