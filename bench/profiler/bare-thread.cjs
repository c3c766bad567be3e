// The least that a profiler with a thread of its own can cost: V8's sampler from the first line on, where Node starts it by itself, and a
// worker thread with nothing in it, which has to be up before the program may end, as it is to write what was sampled.
const { startCpuProfile } = require('node:v8');
const { Worker } = require('node:worker_threads');

const up = new Int32Array(new SharedArrayBuffer(4));
const thread = new Worker(
  'const { workerData } = require("node:worker_threads"); Atomics.store(workerData, 0, 1); Atomics.notify(workerData, 0);',
  { eval: true, workerData: up, env: {}, execArgv: [] },
);
thread.unref();
const profile = startCpuProfile?.();
process.on('exit', () => {
  Atomics.wait(up, 0, 0);
  profile?.stop();
});
