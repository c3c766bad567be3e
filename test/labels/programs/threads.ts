// The main thread and two workers use labels at once. One worker ends by itself right after its work.
import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { startProfiler, withLabels } from 'profbuf';
import { namedFunction, samplesOf } from './samples.js';

const name = isMainThread ? 'main' : (workerData as string);
const busy = namedFunction(`work_of_${name}`);
const work = () => withLabels({ thread_name: name }, () => busy(300_000));

if (isMainThread) {
  const workers = ['stays', 'ends'].map((workerData) => new Worker(new URL(import.meta.url), { workerData }));
  await Promise.all(workers.map((worker) => once(worker, 'message')));
  const profiler = await startProfiler({ sampleRate: 1000 });
  // Worker threads are met some time after the start, and sampled some time after that.
  while (profiler.stats().threads < 3) await new Promise((resolve) => setTimeout(resolve, 10));
  await new Promise((resolve) => setTimeout(resolve, 500));
  for (const worker of workers) worker.postMessage('work');
  const ended = once(workers[1] as Worker, 'exit');
  work();
  await ended;
  await once(workers[0] as Worker, 'message');
  const profile = await profiler.stop();
  process.stdout.write(JSON.stringify({ samples: samplesOf(profile), stats: profiler.stats() }));
  await workers[0]?.terminate();
} else {
  parentPort?.once('message', () => {
    work();
    if (name === 'ends') parentPort?.unref();
    else {
      parentPort?.postMessage('done');
      parentPort?.on('message', () => {});
    }
  });
  parentPort?.postMessage('ready');
}
