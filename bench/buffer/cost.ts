/** One queue, one thread: what a call costs when the other side is not there. Run as a worker; reports nanoseconds. */
import { parentPort, workerData } from 'node:worker_threads';
import { median } from '../median.js';
import { type QueueName, queues } from './queues.js';

export interface Cost {
  write: number;
  writeWhenFull: number;
  read: number;
}

/** Few enough for the ring and for the processor's nearest cache. */
const BATCH = 1000;
const BATCHES = 3000;

const queue = queues[workerData as QueueName];

const shared = queue.allocate(2 ** 13);
const writer = queue.writer(shared);
const reader = queue.reader(shared);
const writes: number[] = [];
const reads: number[] = [];
for (let batch = 0; batch < BATCHES; batch++) {
  const start = performance.now();
  for (let i = 0; i < BATCH; i++) writer.write(i);
  writer.publish();
  const written = performance.now();
  let sum = 0;
  for (let i = 0; i < BATCH; i++) sum += reader.read();
  const end = performance.now();
  if (reader.read() !== -1 || sum <= 0) throw new Error('what was written was not read');
  writes.push(written - start);
  reads.push(end - written);
}

while (writer.write(0));
const fulls: number[] = [];
for (let batch = 0; batch < BATCHES; batch++) {
  const start = performance.now();
  for (let i = 0; i < BATCH; i++) if (writer.write(i)) throw new Error('a full ring took a record');
  fulls.push(performance.now() - start);
}

const nanoseconds = (values: number[]) => (median(values.slice(BATCHES / 2)) / BATCH) * 1e6;
parentPort?.postMessage({
  write: nanoseconds(writes),
  writeWhenFull: nanoseconds(fulls),
  read: nanoseconds(reads),
} satisfies Cost);
