// Turns its event loop 50 µs of work at a time, and tells how much CPU time of its thread each turn took, and an idle second.
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

const cpuNanos = () => Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'latin1').split(' ')[0]);

function work() {
  let sum = 0;
  for (let i = 0; i < 20_000; i++) sum += Math.sqrt(i);
  return sum;
}

async function turns(milliseconds) {
  const end = performance.now() + milliseconds;
  let count = 0;
  await new Promise((done) => {
    const turn = () => {
      work();
      count++;
      if (performance.now() < end) setImmediate(turn);
      else done();
    };
    turn();
  });
  return count;
}

await delay(500);
await turns(500);
const start = cpuNanos();
const nanosPerTurn = await turns(2000).then((count) => (cpuNanos() - start) / count);
await delay(500);
const idleStart = cpuNanos();
await delay(3000);
const idleMicrosPerSecond = (cpuNanos() - idleStart) / 3000;
console.log(JSON.stringify({ nanosPerTurn, idleMicrosPerSecond }));
