// One hot loop from the first line on. It is entered once, so what V8 compiles of it while it runs is known only to a profiler that
// runs already.
const { report, row } = require('./ledger.cjs');

function leaf(i) {
  let sum = 0;
  for (let k = 0; k < 200; k++) sum += Math.sqrt(i + k);
  return sum;
}

function loop() {
  let sum = 0;
  for (let i = 0; i < 5e6; i++) sum += leaf(i % 10_000);
  return sum;
}

row('loop').run(loop);
report();
