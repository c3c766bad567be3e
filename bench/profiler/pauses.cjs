// Deep stacks, no two alike, and a clock that is read without a break: every gap in it held the thread up.
// A gap counts only as far as the thread had a processor: the machine's other work is not ours.
const { readFileSync } = require('node:fs');

const depth = 60;
const functions = Array.from(
  { length: 40 },
  (_, i) =>
    new Function(
      'functions',
      'work',
      'depth',
      'seed',
      `
    return depth === 0 ? work() : functions[(seed * 7 + depth * ${i + 3}) % functions.length](functions, work, depth - 1, (seed * 31 + depth) % 9973) + ${i};
  `,
    ),
);

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
const run = (until) => {
  for (let i = 0; performance.now() < until; i++) functions[i % functions.length](functions, work, depth, i % 9973);
};

// Code is compiled and windows find their length.
run(performance.now() + 2000);
gaps.length = 0;
waited = waitNanos();
const { rotate = () => {} } = globalThis.benchProfiler ?? {};
for (let part = 0; part < 4; part++) {
  run(performance.now() + milliseconds / 4);
  const start = performance.now();
  const waits = waitNanos();
  rotate();
  gaps.push(performance.now() - start - (waitNanos() - waits) / 1e6);
  waited = waitNanos();
}
gaps.sort((a, b) => b - a);
console.log(JSON.stringify({ longestMs: gaps[0] ?? 0, gaps: gaps.length }));
