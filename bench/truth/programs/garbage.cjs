// One function that computes and one that has V8 collect garbage all the time: many objects, of which a tenth lives on for a while.
// Collections have a frame of their own in profiles, without a caller, so both together are held against the function's time.
const { budget, busy, report, row } = require('./ledger.cjs');

function compute() {
  return busy(60);
}

const kept = new Array(20_000);
let next = 0;

function allocate() {
  for (const isSpent = budget(60); !isSpent(); ) {
    for (let i = 0; i < 20_000; i++) {
      const object = { left: { value: i }, right: [i, i + 1, i + 2] };
      if (i % 10 === 0) kept[next++ % kept.length] = object;
    }
  }
}

const computing = row('compute');
const allocating = row({ functions: ['allocate', '(garbage collector)'] });
for (let i = 0; i < 12; i++) {
  computing.run(compute);
  allocating.run(allocate);
}
report();
