// A program whose own memory is flat, with new code, new stacks and a request with a new id all the time. Reports the size of the
// process without the program's own heap, which comes and goes with its garbage: the median of each tenth of the time.
const ts = require('ts5');
const { withLabels } = require('profbuf');
const { readFileSync } = require('node:fs');
const { run } = require('./deep-stacks.cjs');
const source = readFileSync(require.resolve('ts5'), 'utf8');

const withIds = globalThis.benchWithLabels ?? withLabels;
const start = performance.now();
const milliseconds = Number(process.env.BENCH_MS);
const tenths = Array.from({ length: 10 }, () => []);
let steps = 0;
let at = 0;

function transpile() {
  ts.transpileModule(source.slice(at, at + 50_000), {});
  at = (at + 50_000) % 4_000_000;
}

function work() {
  const end = performance.now() + 0.5;
  while (performance.now() < end);
  return 1;
}

async function request(id) {
  const fresh = new Function('work', `return (function fresh${id}() { return work(); })();`);
  fresh(transpile);
  await null;
  run(performance.now() + 5, work);
}

function step() {
  steps++;
  withIds({ request: `request ${steps}` }, () => request(steps));
  const { rss, heapTotal } = process.memoryUsage();
  const elapsed = performance.now() - start;
  if (elapsed < milliseconds) {
    tenths[Math.floor((elapsed / milliseconds) * 10)].push(rss - heapTotal);
    setTimeout(step, 20);
  } else {
    const middle = (list) => list.sort((a, b) => a - b)[list.length >> 1] ?? 0;
    console.log(JSON.stringify(Object.fromEntries(tenths.map((tenth, i) => [`tenth${i + 1}`, middle(tenth)]))));
  }
}
step();
