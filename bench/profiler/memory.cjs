// A program whose own memory is flat, with new stacks all the time; reports the size of the process as it goes on.
const ts = require('ts5');
const { readFileSync } = require('node:fs');
const source = readFileSync(require.resolve('ts5'), 'utf8');

const start = performance.now();
const milliseconds = Number(process.env.BENCH_MS);
const sizes = [];
let at = 0;
(function step() {
  const fresh = new Function('work', `return (function fresh${sizes.length}_${at}() { return work(); })();`);
  fresh(() => ts.transpileModule(source.slice(at, at + 50_000), {}));
  at = (at + 50_000) % 4_000_000;
  if (at === 0) globalThis.gc?.();
  sizes.push(process.memoryUsage.rss());
  if (performance.now() - start < milliseconds) setTimeout(step, 20);
  else {
    const mean = (list) => list.reduce((sum, size) => sum + size, 0) / list.length;
    const tenth = Math.ceil(sizes.length / 10);
    console.log(JSON.stringify({ early: mean(sizes.slice(tenth * 3, tenth * 4)), late: mean(sizes.slice(-tenth)) }));
  }
})();
