// A minute (or BENCH_MS) of deep stacks, then process.exit: the parent measures what follows.
const { run } = require('./deep-stacks.cjs');

function work() {
  const end = performance.now() + 0.5;
  while (performance.now() < end);
  return 1;
}

run(performance.now() + Number(process.env.BENCH_MS), work);
console.log(JSON.stringify({ exitAt: Date.now(), rss: process.memoryUsage.rss() }));
process.exit();
