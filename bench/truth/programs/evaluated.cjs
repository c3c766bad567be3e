// Functions of one name made by `new Function`, as template engines and validators make them.
const { busy, report, row } = require('./ledger.cjs');

const renders = [40, 120].map((milliseconds) => ({
  render: new Function('busy', `return function render() { return busy(${milliseconds}); }`)(busy),
  row: row('render'),
}));
for (let i = 0; i < 9; i++) for (const { render, row } of renders) row.run(render);
report();
