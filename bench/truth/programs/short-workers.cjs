// Workers one after the other, each busy for 100 ms and then over: `terminated` by the main thread, or `ended` by themselves.
// The main thread works as long as all of them together, so that what is lost of them shows as a share.
const { once } = require('node:events');
const { isMainThread, Worker, workerData } = require('node:worker_threads');
const { busy, now, report, row } = require('./ledger.cjs');

const times = 12;
const isTerminated = isMainThread ? process.argv[2] === 'terminated' : workerData.isTerminated;

function job() {
  return busy(100);
}

function main() {
  return busy(times * 100);
}

async function runWorkers() {
  // Nanoseconds of CPU and wall.
  const spent = new BigInt64Array(new SharedArrayBuffer(16));
  const jobs = row('job');
  row('main').run(main);
  for (let i = 0; i < times; i++) {
    const worker = new Worker(__filename, { workerData: { spent, isTerminated } });
    const exit = once(worker, 'exit');
    if (isTerminated) {
      await once(worker, 'message');
      await worker.terminate();
    }
    await exit;
    jobs.cpu += Number(spent[0]);
    jobs.wall += Number(spent[1]);
  }
  // How threads begin, Node knows, and V8 has only partly as JavaScript.
  report('unknown');
}

if (isMainThread) runWorkers();
else {
  const { parentPort } = require('node:worker_threads');
  const begin = now();
  job();
  const end = now();
  workerData.spent[0] = BigInt(end.cpu - begin.cpu);
  workerData.spent[1] = BigInt(end.wall - begin.wall);
  parentPort.postMessage('over');
  // Until it is terminated.
  if (isTerminated) setInterval(() => {}, 1000);
}
