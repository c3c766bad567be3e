import { deepEqual } from 'node:assert/strict';
import { test } from 'node:test';
import { LifeCycle, type Phase } from '#profbuf/collector/life-cycle.js';

const phases: readonly Phase[] = ['starting', 'running', 'ending', 'over', 'unavailable'];

/** The phases that may follow after these. */
function followers(...path: Phase[]): Phase[] {
  return phases.filter((phase) => {
    const life = new LifeCycle();
    for (const step of path) life.enter(step);
    return life.enter(phase);
  });
}

test('the collector goes through its phases in one direction, and may fail in each but the last', () => {
  deepEqual(followers(), ['running', 'ending', 'unavailable']);
  deepEqual(followers('running'), ['ending', 'unavailable']);
  deepEqual(followers('ending'), ['over', 'unavailable']);
  deepEqual(followers('ending', 'over'), []);
  deepEqual(followers('unavailable'), []);
});

test('whoever waits for time to pass waits no longer once the end is near', async () => {
  const life = new LifeCycle();
  const waiting = life.pause(1000, new AbortController().signal);
  life.enter('ending');
  await waiting;
  await life.pause(1000, new AbortController().signal);
});
