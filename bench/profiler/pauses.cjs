// Deep stacks, no two alike, and a clock that is read without a break: every gap in it held the thread up.
// A gap counts only as far as the thread had a processor: the machine's other work is not ours.
const { readFileSync } = require('node:fs');
const { run } = require('./deep-stacks.cjs');

const waitNanos = () => Number(readFileSync('/proc/thread-self/schedstat', 'latin1').split(' ')[1]);
const gaps = [];
let waited = 0;
function work() {
  const end = performance.now() + 0.5;
  let last = performance.now();
  while (last < end) {
    const now = performance.now();
    if (now - last > 0.5) {
      const waits = waitNanos();
      gaps.push(now - last - (waits - waited) / 1e6);
      waited = waits;
      last = performance.now();
    } else {
      last = now;
    }
  }
  return 1;
}

const milliseconds = Number(process.env.BENCH_MS);
// Code is compiled and windows find their length.
run(performance.now() + 2000, work);
gaps.length = 0;
waited = waitNanos();
const { rotate = () => {} } = globalThis.benchProfiler ?? {};
for (let part = 0; part < 4; part++) {
  run(performance.now() + milliseconds / 4, work);
  const start = performance.now();
  const waits = waitNanos();
  rotate();
  gaps.push(performance.now() - start - (waitNanos() - waits) / 1e6);
  waited = waitNanos();
}
gaps.sort((a, b) => b - a);
console.log(JSON.stringify({ longestMs: gaps[0] ?? 0, gaps: gaps.length }));
