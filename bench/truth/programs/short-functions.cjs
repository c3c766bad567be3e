// Eight short functions, all of which V8 inlines into one loop. Each turn of it is given to one of them, 1 to 8 times as long (the others
// are called for nothing), so that the clock tells their times while the compiled code is the same.
const { budget, report, row } = require('./ledger.cjs');

const table = Array.from({ length: 64 }, (_, i) => Math.imul(i + 1, 0x9e3779b1));

function short1(sum, times) {
  for (let k = 0; k < times; k++) sum = Math.imul(sum ^ table[k & 63], 0x2c1b3c6d);
  return sum;
}
function short2(sum, times) {
  for (let k = 0; k < times; k++) sum = Math.imul(sum ^ table[k & 63], 0x2c1b3c6d);
  return sum;
}
function short3(sum, times) {
  for (let k = 0; k < times; k++) sum = Math.imul(sum ^ table[k & 63], 0x2c1b3c6d);
  return sum;
}
function short4(sum, times) {
  for (let k = 0; k < times; k++) sum = Math.imul(sum ^ table[k & 63], 0x2c1b3c6d);
  return sum;
}
function short5(sum, times) {
  for (let k = 0; k < times; k++) sum = Math.imul(sum ^ table[k & 63], 0x2c1b3c6d);
  return sum;
}
function short6(sum, times) {
  for (let k = 0; k < times; k++) sum = Math.imul(sum ^ table[k & 63], 0x2c1b3c6d);
  return sum;
}
function short7(sum, times) {
  for (let k = 0; k < times; k++) sum = Math.imul(sum ^ table[k & 63], 0x2c1b3c6d);
  return sum;
}
function short8(sum, times) {
  for (let k = 0; k < times; k++) sum = Math.imul(sum ^ table[k & 63], 0x2c1b3c6d);
  return sum;
}

function all(a, b, c, d, e, f, g, h) {
  let sum = 1;
  for (let i = 0; i < 1000; i++) {
    sum = short8(short7(short6(short5(short4(short3(short2(short1(sum, a), b), c), d), e), f), g), h);
  }
  return sum;
}

const shorts = [short1, short2, short3, short4, short5, short6, short7, short8];
const turns = shorts.map(({ name }, i) => ({
  row: row(name),
  times: shorts.map((_, k) => (k === i ? 500 * (i + 1) : 0)),
}));
for (const isSpent = budget(2400); !isSpent(); ) for (const { row, times } of turns) row.run(all, ...times);
report();
