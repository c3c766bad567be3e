// One hot loop from the first line on, in the main thread, or with `worker` in a worker thread. The loop is entered once, so what
// V8 compiles of it while it runs is known only to a profiler that runs already.
const { isMainThread, Worker } = require('node:worker_threads');
const { report, row } = require('./ledger.cjs');

function leaf(i) {
  let sum = 0;
  for (let k = 0; k < 200; k++) sum += Math.sqrt(i + k);
  return sum;
}

function loop(milliseconds) {
  const end = Date.now() + milliseconds;
  let sum = 0;
  while (Date.now() < end) for (let i = 0; i < 20_000; i++) sum += leaf(i);
  return sum;
}

if (isMainThread && process.argv[2] === 'worker') new Worker(__filename);
else {
  row('loop').run(loop, 1500);
  report();
}
