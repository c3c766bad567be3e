// The same with functions of another file, at lines that this file does not have.
const { budget, report, row } = require('./ledger.cjs');
const { mix, scale } = require('./small-functions.cjs');
function turn(mixes, scalings) {
  let sum = 1;
  for (let i = 0; i < 5000; i++) sum = (sum + mix(i, mixes) + scale(i, scalings)) | 0;
  return sum;
}
function turns(mixes, scalings) {
  let sum = 0;
  for (let i = 0; i < 10; i++) sum ^= turn(mixes, scalings);
  return sum;
}
const mixing = row({ functions: ['mix'], file: 'small-functions.cjs' });
const scaling = row({ functions: ['scale'], file: 'small-functions.cjs' });
for (const isSpent = budget(1600); !isSpent(); ) {
  mixing.run(turns, 100, 0);
  scaling.run(turns, 0, 300);
}
report();
