// Two functions of one name on one line, as transpiled and minified code has them.
const { busy, report, row } = require('./ledger.cjs');

// biome-ignore format: on one line
const [{ render: short }, { render: long }] = [{ render() { return busy(40); } }, { render() { return busy(120); } }];

const shortRow = row('render');
const longRow = row('render');
for (let i = 0; i < 9; i++) {
  shortRow.run(short);
  longRow.run(long);
}
report();
