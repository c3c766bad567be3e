// Three functions with 10, 20 and 70 % of the time, in turns: what every profiler should have right.
const { busy, report, row } = require('./ledger.cjs');

function tenth() {
  return busy(15);
}
function fifth() {
  return busy(30);
}
function most() {
  return busy(105);
}

const rows = [tenth, fifth, most].map((work) => ({ work, row: row(work.name) }));
for (let i = 0; i < 10; i++) for (const { work, row } of rows) row.run(work);
report();
