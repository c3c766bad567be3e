// As many busy worker threads as BENCH_THREADS says, each with stacks of its own and a clock that it reads without a break: the
// longest that one was held up, as far as it had a processor meanwhile, and what the collector took of one, for each second.
const { readdirSync, readFileSync } = require('node:fs');
const { isMainThread, parentPort, Worker } = require('node:worker_threads');

const milliseconds = Number(process.env.BENCH_MS);
/** Code is compiled and windows find their length. */
const warmUpMs = 2000;

async function main() {
  const workers = Array.from({ length: Number(process.env.BENCH_THREADS) }, () => new Worker(__filename));
  const longest = workers.map((worker) => new Promise((resolve) => worker.once('message', resolve)));
  for (const worker of workers) worker.postMessage('begin');
  await new Promise((resolve) => setTimeout(resolve, warmUpMs));
  const before = { cpu: collectorMs(), at: performance.now() };
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
  const collectorMsPerSecond = ((collectorMs() - before.cpu) / (performance.now() - before.at)) * 1000;
  console.log(JSON.stringify({ collectorMsPerSecond, longestMs: Math.max(...(await Promise.all(longest))) }));
}

/** The first thread that came with the preload; older Nodes give threads no names. None in a bare run. */
const collector = readdirSync('/proc/self/task').find((thread) => !globalThis.benchThreadsBefore?.has(thread));

/** CPU time of that thread. */
function collectorMs() {
  if (collector === undefined) return 0;
  return Number(readFileSync(`/proc/self/task/${collector}/schedstat`, 'latin1').split(' ')[0]) / 1e6;
}

/** What Linux says that this thread has waited for a processor. */
function waitedMs() {
  return Number(readFileSync('/proc/thread-self/schedstat', 'latin1').split(' ')[1]) / 1e6;
}

function longestGapMs() {
  const { run } = require('./deep-stacks.cjs');
  let longest = 0;
  let waited = waitedMs();
  const work = () => {
    const end = performance.now() + 0.5;
    let last = performance.now();
    while (last < end) {
      const now = performance.now();
      if (now - last > 0.5) {
        const waits = waitedMs();
        longest = Math.max(longest, now - last - (waits - waited));
        waited = waits;
        last = performance.now();
      } else {
        last = now;
      }
    }
    return 1;
  };
  run(performance.now() + warmUpMs, work);
  longest = 0;
  waited = waitedMs();
  run(performance.now() + milliseconds, work);
  return longest;
}

if (isMainThread) main();
else parentPort.once('message', () => parentPort.postMessage(longestGapMs()));
