// Two small functions that V8 inlines into the loop of a third. Each turn of the loop is given to one of them (the other one is
// called for nothing), so that the clock tells their times while the compiled code is the same.
const { budget, report, row } = require('./ledger.cjs');

function validate(i, times) {
  let sum = 0;
  for (let k = 0; k < times; k++) sum += Math.sqrt(i + k);
  return sum;
}

function render(i, times) {
  let sum = 0;
  for (let k = 0; k < times; k++) sum += Math.sqrt(i ^ k);
  return sum;
}

function handler(i, validations, renderings) {
  return validate(i, validations) + render(i, renderings);
}

function turn(validations, renderings) {
  let sum = 0;
  for (let i = 0; i < 1000; i++) sum += handler(i, validations, renderings);
  return sum;
}

function turns(validations, renderings) {
  let sum = 0;
  for (let i = 0; i < 10; i++) sum += turn(validations, renderings);
  return sum;
}

module.exports = { turns };

if (require.main === module) {
  const validating = row('validate');
  const rendering = row('render');
  // Until it is compiled, in both uses.
  for (const isSpent = budget(100); !isSpent(); ) {
    validating.run(turns, 600, 0);
    rendering.run(turns, 0, 600);
  }
  for (const isSpent = budget(1500); !isSpent(); ) {
    validating.run(turns, 1000, 0);
    rendering.run(turns, 0, 2000);
  }
  report();
}
