import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { startProfiler } from 'profbuf';
import { controlBytes } from '#profbuf/protocol/control-words.js';
import { ThreadDoors } from '#profbuf/protocol/thread-doors.js';

const descriptor = () => Object.getOwnPropertyDescriptor(Worker.prototype, 'terminate');

test('while a profiler runs, `terminate` looks and does as before, and afterwards it is the one from before', async () => {
  const before = descriptor();
  const profiler = await startProfiler();
  const during = descriptor();
  assert.notEqual(during?.value, before?.value);
  assert.deepEqual({ ...during, value: undefined }, { ...before, value: undefined });
  const [ours, own] = [during?.value, before?.value].map((method) => Object.getOwnPropertyDescriptors(method));
  assert.deepEqual(ours, own);
  const worker = new Worker('for (;;);', { eval: true });
  await once(worker, 'online');
  const ended = worker.terminate();
  assert.ok(ended instanceof Promise);
  assert.equal(await ended, 1);
  assert.equal(await worker.terminate(), undefined);
  assert.throws(() => Worker.prototype.terminate.call(undefined as never), TypeError);
  await profiler.stop();
  assert.deepEqual(descriptor(), before);
});

test('whoever has wrapped `terminate` meanwhile keeps his own', async () => {
  const before = descriptor() ?? {};
  const profiler = await startProfiler();
  const { terminate } = Worker.prototype;
  let calls = 0;
  Worker.prototype.terminate = function (this: Worker) {
    calls++;
    return terminate.call(this);
  };
  const theirs = Worker.prototype.terminate;
  await profiler.stop();
  assert.equal(Worker.prototype.terminate, theirs);
  const worker = new Worker('setInterval(() => {}, 1000)', { eval: true });
  await once(worker, 'online');
  assert.equal(await worker.terminate(), 1);
  assert.equal(calls, 1);
  Object.defineProperty(Worker.prototype, 'terminate', before);
});

test('a door is not waited at for ever where a program has stopped the clock of Date', (t) => {
  t.mock.timers.enable({ apis: ['Date'] });
  const doors = new ThreadDoors(new SharedArrayBuffer(controlBytes));
  assert.ok(doors.enter(7));
  assert.equal(doors.close(7, 20), false);
});

test('a door that is closed lets no command in, and tells when those that were let in are answered', () => {
  const doors = new ThreadDoors(new SharedArrayBuffer(controlBytes));
  assert.ok(doors.enter(7));
  assert.ok(doors.enter(7));
  assert.equal(doors.isEmpty(7), false);
  assert.equal(doors.close(7, 1), false);
  assert.equal(doors.enter(7), false);
  doors.leave(7);
  assert.equal(doors.isEmpty(7), false);
  doors.leave(7);
  assert.equal(doors.isEmpty(7), true);
  assert.equal(doors.close(7, 0), true);
  // Of a thread that comes long afterwards, and has the same word, nothing is closed; what is left of the first does not count.
  const later = 7 + 4096;
  assert.ok(doors.enter(later));
  doors.leave(7);
  assert.equal(doors.isEmpty(later), false);
  assert.equal(doors.isEmpty(7), true);
  assert.equal(doors.close(8, 0), true);
  assert.equal(doors.enter(8), false);
});
