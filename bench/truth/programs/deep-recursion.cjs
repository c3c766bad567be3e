// Two jobs that walk a list by recursion: `shallow` with stacks of 150 frames, `deep` with more than the 254 that V8 keeps of
// a stack (those next to the leaf).
const { busy, report, row } = require('./ledger.cjs');

function walk(depth, milliseconds) {
  return depth === 0 ? busy(milliseconds) : walk(depth - 1, milliseconds) + 1;
}

const depth = process.argv[2] === 'deep' ? 400 : 150;

function cheapJob() {
  return walk(depth, 30) + 1;
}

function dearJob() {
  return walk(depth, 210) + 1;
}

const cheap = row('cheapJob');
const dear = row('dearJob');
for (let i = 0; i < 6; i++) {
  cheap.run(cheapJob);
  dear.run(dearJob);
}
report();
