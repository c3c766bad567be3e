import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readHandleProfile } from '#profbuf/collector/sampling/handle-profile.js';

/** As Node 26.10 gives it, but for the times. */
function textOf(startTime: number, endTime: number): string {
  const root = `{"id":1,"hitCount":0,"callFrame":{"functionName":"(root)","lineNumber":-1,"columnNumber":-1,"scriptId":"0","url":""}}`;
  return `{"nodes":[${root}],"startTime":${startTime},"endTime":${endTime},"samples":[1,1],"timeDeltas":[10,20]}`;
}

const turn = 2 ** 32;

// V8 writes the low 32 bits of the microseconds since the machine started: they begin anew after 71.6 minutes.
for (const [title, start] of [
  ['in its first 71 minutes', 5e6],
  ['after them', turn + 5e6],
  ['after a year', 365 * 86_400e6],
] as const) {
  test(`times of a profile handle are those of process.hrtime on a machine that is up: ${title}`, () => {
    const { startTime, endTime } = readHandleProfile(textOf(start % turn, (start + 250_000) % turn), start + 300_000);
    assert.deepEqual({ startTime, endTime }, { startTime: start, endTime: start + 250_000 });
  });
}

test('likewise where the profile was running when they began anew', () => {
  const profile = readHandleProfile(textOf(turn - 100_000, 150_000), turn + 200_000);
  assert.equal(profile.startTime, turn - 100_000);
  assert.equal(profile.endTime, turn + 150_000);
});

test('times that were written whole stay as they are', () => {
  const profile = readHandleProfile(textOf(3 * turn + 5, 3 * turn + 10), 3 * turn + 20);
  assert.equal(profile.startTime, 3 * turn + 5);
  assert.equal(profile.endTime, 3 * turn + 10);
});
