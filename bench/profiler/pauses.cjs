// Deep stacks, no two alike, and a clock that is read without a break: every gap in it held the thread up.
// A gap counts only as far as the thread had a processor: the machine's other work is not ours. What a host takes away from
// a virtual machine cannot be told from work: so gaps in which the profiler was at work are told from the others, which a
// program without profiler has too.
const { readFileSync } = require('node:fs');
const { run } = require('./deep-stacks.cjs');

const waitNanos = () => Number(readFileSync('/proc/thread-self/schedstat', 'latin1').split(' ')[1]);
const gaps = [];
let waited = 0;
function noteGap(from, to) {
  const waits = waitNanos();
  gaps.push({ from, to, ms: to - from - (waits - waited) / 1e6 });
  waited = waits;
}
function work() {
  const end = performance.now() + 0.5;
  let last = performance.now();
  while (last < end) {
    const now = performance.now();
    if (now - last > 0.5) {
      noteGap(last, now);
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
const atWork = globalThis.benchWindowEnds ?? [];
const { rotate } = globalThis.benchProfiler ?? {};
for (let part = 0; part < 4; part++) {
  run(performance.now() + milliseconds / 4, work);
  if (rotate === undefined) continue;
  waited = waitNanos();
  const from = performance.now();
  rotate();
  const to = performance.now();
  noteGap(from, to);
  atWork.push({ from, to });
}
/** The shortest gap that is no shorter than this part of them. */
const quantile = (some, part) => {
  const sorted = some.map(({ ms }) => ms).sort((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * part) - 1] ?? 0;
};
const isAtWork = (gap) => atWork.some(({ from, to }) => from < gap.to && to > gap.from);
console.log(
  JSON.stringify({
    atWorkMs: quantile(gaps.filter(isAtWork), 1),
    mostlyMs: quantile(gaps.filter(isAtWork), 0.99),
    otherMs: quantile(
      gaps.filter((gap) => !isAtWork(gap)),
      1,
    ),
    timesAtWork: atWork.length,
  }),
);
