// The main thread and two workers use labels at once. One worker ends by itself right after its work.
import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { startProfiler, withLabels } from 'profbuf';
import { namedFunction, samplesOf } from './samples.js';

const name = isMainThread ? 'main' : (workerData as string);
const begin = namedFunction(`begin_${name}`);
const busy = namedFunction(`work_of_${name}`);
const work = () => withLabels({ thread_name: name }, () => busy(300_000));

if (isMainThread) {
  const workers = ['stays', 'ends'].map((workerData) => new Worker(new URL(import.meta.url), { workerData }));
  await Promise.all(workers.map((worker) => once(worker, 'message')));
  const profiler = await startProfiler({ sampleRate: 1000 });
  // Worker threads are met some time after the start, and sampled some time after that.
  const sampled = new Set<string>();
  while (sampled.size < workers.length) {
    const names = samplesOf(await profiler.take()).flatMap(({ functions }) => functions);
    for (const name of names) if (name.startsWith('begin_')) sampled.add(name);
  }
  for (const worker of workers) worker.postMessage('work');
  const [stays, ends] = workers as [Worker, Worker];
  const over = Promise.all([once(stays, 'message'), once(ends, 'exit')]);
  work();
  await over;
  const profile = await profiler.stop();
  process.stdout.write(JSON.stringify({ samples: samplesOf(profile), stats: profiler.stats() }));
  await stays.terminate();
} else {
  let next = setImmediate(function keepBusy() {
    begin(2000);
    next = setImmediate(keepBusy);
  });
  parentPort?.once('message', () => {
    clearImmediate(next);
    work();
    if (name === 'ends') parentPort?.unref();
    else {
      parentPort?.postMessage('done');
      parentPort?.on('message', () => {});
    }
  });
  parentPort?.postMessage('ready');
}
