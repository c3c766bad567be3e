// The same with functions of another file, at lines that this file does not have; or, with an argument, at lines that it has.
const { budget, report, row } = require('./ledger.cjs');
const { mix, scale } = process.argv[2] ? require('./small-functions.cjs') : require('./far-functions.cjs');
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
const file = process.argv[2] ? 'small-functions.cjs' : 'far-functions.cjs';
const mixing = row({ functions: ['mix'], file });
const scaling = row({ functions: ['scale'], file });
for (const isSpent = budget(1600); !isSpent(); ) {
  mixing.run(turns, 100, 0);
  scaling.run(turns, 0, 300);
}
report();
