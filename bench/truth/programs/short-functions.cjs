// Eight short functions, called in turns by the hundred thousand from one loop. Their own loops do the same and are 1 to 8 times as
// long, so that their shares are known by construction.
const { budget, now, report, row } = require('./ledger.cjs');

function short1(sum) {
  for (let k = 0; k < 100; k++) sum = Math.imul(sum ^ (sum >>> 15), 0x2c1b3c6d);
  return sum;
}
function short2(sum) {
  for (let k = 0; k < 200; k++) sum = Math.imul(sum ^ (sum >>> 15), 0x2c1b3c6d);
  return sum;
}
function short3(sum) {
  for (let k = 0; k < 300; k++) sum = Math.imul(sum ^ (sum >>> 15), 0x2c1b3c6d);
  return sum;
}
function short4(sum) {
  for (let k = 0; k < 400; k++) sum = Math.imul(sum ^ (sum >>> 15), 0x2c1b3c6d);
  return sum;
}
function short5(sum) {
  for (let k = 0; k < 500; k++) sum = Math.imul(sum ^ (sum >>> 15), 0x2c1b3c6d);
  return sum;
}
function short6(sum) {
  for (let k = 0; k < 600; k++) sum = Math.imul(sum ^ (sum >>> 15), 0x2c1b3c6d);
  return sum;
}
function short7(sum) {
  for (let k = 0; k < 700; k++) sum = Math.imul(sum ^ (sum >>> 15), 0x2c1b3c6d);
  return sum;
}
function short8(sum) {
  for (let k = 0; k < 800; k++) sum = Math.imul(sum ^ (sum >>> 15), 0x2c1b3c6d);
  return sum;
}

function all(times) {
  let sum = 1;
  for (let i = 0; i < times; i++) {
    sum = short8(short7(short6(short5(short4(short3(short2(short1(sum))))))));
  }
  return sum;
}

const rows = [short1, short2, short3, short4, short5, short6, short7, short8].map(({ name }) => row(name));
const begin = now();
for (const isSpent = budget(2400); !isSpent(); ) all(5000);
rows.forEach((row, i) => {
  row.add(begin, (i + 1) / 36);
});
report();
