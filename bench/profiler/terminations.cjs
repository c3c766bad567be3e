// Worker threads one after the other, each terminated right after its work: how long does that hold up whoever terminates it?
const { once } = require('node:events');
const { isMainThread, parentPort, Worker } = require('node:worker_threads');

const threads = 20;
const workMs = 60;

function work() {
  for (const until = performance.now() + workMs; performance.now() < until; );
}

async function main() {
  const heldUpMs = [];
  const endedMs = [];
  for (let i = 0; i < threads; i++) {
    const worker = new Worker(__filename);
    await once(worker, 'message');
    const begin = performance.now();
    const ended = worker.terminate();
    heldUpMs.push(performance.now() - begin);
    await ended;
    endedMs.push(performance.now() - begin);
  }
  const quantile = (times, part) => times.sort((a, b) => a - b)[Math.ceil(times.length * part) - 1];
  const [mostlyMs, longestMs] = [quantile(heldUpMs, 0.5), quantile(heldUpMs, 1)];
  console.log(JSON.stringify({ mostlyMs, longestMs, endedMs: quantile(endedMs, 0.5) }));
}

if (isMainThread) main();
else {
  work();
  parentPort.postMessage('done');
  // Until it is terminated.
  setInterval(() => {}, 1000);
}
