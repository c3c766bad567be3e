import assert from 'node:assert/strict';
import { closeSync, fstatSync, openSync } from 'node:fs';
import { test } from 'node:test';
import { CpuClock } from '#profbuf/collector/sampling/cpu-clock.js';
import { Folder } from '../../cli/command.js';

test('a clock that is closed twice closes no file that somebody else has opened since, and reads none', (t) => {
  const clock = CpuClock.open(process.pid);
  if (clock === undefined) return t.skip('only Linux has such clocks');
  assert.ok(clock.read());
  clock.close();
  const other = openSync(new Folder(t).write('other', '1 2 3'), 'r');
  assert.equal(other, clock.file, 'the system gives the lowest number that is free');
  assert.equal(clock.read(), undefined);
  clock.close();
  assert.ok(fstatSync(other).isFile());
  closeSync(other);
});
