// The same work each time, in turns of the event loop, under labels: what it takes, and the longest turn.
import { withLabels } from '../../dist/index.js';

const turns = Number(process.argv[2]);

function work() {
  let sum = 0;
  for (let i = 0; i < 300_000; i++) sum += Math.sqrt(i);
  return sum;
}

for (let i = 0; i < 200; i++) work();
const begin = process.cpuUsage();
const lengths = [];
for (let i = 0; i < turns; i++) {
  const start = performance.now();
  withLabels({ route: `/page/${i % 10}` }, work);
  lengths.push(performance.now() - start);
  await new Promise((resolve) => setTimeout(resolve, 1));
}
const { user, system } = process.cpuUsage(begin);
lengths.sort((a, b) => a - b);
const longestMs = lengths[Math.floor(turns * 0.999)];
console.log(JSON.stringify({ cpuMs: (user + system) / 1000, longestMs, medianMs: lengths[turns >> 1] }));
