// A program whose own memory is flat, with new code and new stacks all the time. Reports the size of the process without the
// program's own heap, which comes and goes with its garbage: the median of each tenth of the time.
const ts = require('ts5');
const { readFileSync } = require('node:fs');
const source = readFileSync(require.resolve('ts5'), 'utf8');

const start = performance.now();
const milliseconds = Number(process.env.BENCH_MS);
const tenths = Array.from({ length: 10 }, () => []);
let steps = 0;
let at = 0;
(function step() {
  const fresh = new Function('work', `return (function fresh${steps++}() { return work(); })();`);
  fresh(() => ts.transpileModule(source.slice(at, at + 50_000), {}));
  at = (at + 50_000) % 4_000_000;
  const { rss, heapTotal } = process.memoryUsage();
  const elapsed = performance.now() - start;
  if (elapsed < milliseconds) {
    tenths[Math.floor((elapsed / milliseconds) * 10)].push(rss - heapTotal);
    setTimeout(step, 20);
  } else {
    const middle = (list) => list.sort((a, b) => a - b)[list.length >> 1] ?? 0;
    console.log(JSON.stringify(Object.fromEntries(tenths.map((tenth, i) => [`tenth${i + 1}`, middle(tenth)]))));
  }
})();
