/**
 * Streams attempts between two threads, in both directions, through every way of reading at every pace, and prints what
 * arrived. The thread that reads follows the sequence and throws at the first attempt that is not where it belongs.
 */
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { allocate, ProfBufReader, type ProfBufRecord, ProfBufWriter } from 'profbuf/buffer';
import { Follower, HEADER_WORDS, scatter, sleep, writeAttempt, writeWhenThereIsRoom } from './sequence.js';
import { type Outcome, type Pace, paces, type Stream, type Way, ways } from './stream.js';

interface Side extends Stream {
  attempts: number;
  shared: SharedArrayBuffer;
}

function write({ shared, attempts, isLossless, way }: Side): number {
  // In every other way of reading the writer holds some 16 records at a time.
  const writer = new ProfBufWriter(shared, 0, { autoPublish: ways.indexOf(way) % 2 === 0 });
  for (let i = 0; i < attempts; i++) {
    if (scatter(i) % 16 === 0) writer.publish();
    if (isLossless) {
      writeWhenThereIsRoom(writer, i);
      continue;
    }
    writeAttempt(writer, i);
    // Stop now and then, so that the reader catches up, falls asleep, and reports losses itself.
    if (scatter(i) % 200 !== 0) continue;
    writer.publish();
    sleep(scatter(i + 7) % 5 === 0 ? 1 : 0.05);
  }
  const { lost } = writer;
  writer.close();
  return lost;
}

/** Sleeps where the pace says so. */
function keepPace(pace: Pace, records: number): void {
  if (pace === 'slow' && records % 100 === 0) sleep(0.1);
  if (pace === 'bursty' && records % 2000 === 0) sleep(3);
  if (pace === 'paused' && records % 10_000 === 5000) sleep(30);
}

async function read({ shared, way, pace, attempts }: Side): Promise<Follower> {
  const reader = new ProfBufReader(shared);
  const follower = new Follower();
  let records = 0;
  const take = (record: ProfBufRecord) => {
    follower.add(record);
    keepPace(pace, ++records);
  };
  const takeAll = () => {
    for (let record = reader.next(); record !== null; record = reader.next()) take(record);
  };
  // Each waits for something, if it waits at all, and takes at least some of what there is.
  const steps: Record<Exclude<Way, 'mixed' | 'async iterator'>, () => unknown> = {
    poll: takeAll,
    wait: () => {
      // Short timeouts too: they leave the sleeping bit behind.
      reader.wait(records % 3 === 0 ? 0.05 : 10_000);
      takeAll();
    },
    waitAsync: async () => {
      await Promise.all([reader.waitAsync(10_000), reader.waitAsync(records % 2), reader.waitAsync()]);
      takeAll();
    },
    iterator: () => {
      for (const record of reader) take(record);
    },
  };
  if (way === 'async iterator') for await (const record of reader) take(record);
  const names = Object.keys(steps) as (keyof typeof steps)[];
  for (let turn = 0; !reader.ended; turn++) {
    const step = way === 'mixed' ? names[scatter(turn) % names.length] : (way as keyof typeof steps);
    await steps[step as keyof typeof steps]();
  }
  if (reader.next() !== null || !reader.wait() || !(await reader.waitAsync()))
    throw new Error('the end was not the end');
  if (follower.next !== attempts || reader.delivered !== follower.delivered || reader.lost !== follower.lost) {
    throw new Error(`${follower.next} of ${attempts} attempts; ${reader.delivered} delivered, ${reader.lost} lost`);
  }
  return follower;
}

async function stream(options: Stream, attempts: number): Promise<Outcome> {
  const side: Side = { ...options, attempts, shared: allocate({ words: 1024, headerWords: HEADER_WORDS }) };
  const worker = new Worker(fileURLToPath(import.meta.url), { workerData: side });
  const other = new Promise<number | Follower>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  other.catch(() => {});
  const own = options.writer === 'main' ? write(side) : await read(side);
  const [lostByWriter, { delivered, lost, losses }] =
    typeof own === 'number' ? [own, (await other) as Follower] : [(await other) as number, own];
  return { ...options, attempts, delivered, lost, losses, lostByWriter };
}

if (isMainThread) {
  const attempts = Number(process.argv[2]);
  for (const writer of ['main', 'worker'] as const) {
    for (const isLossless of [true, false]) {
      for (const way of ways) {
        for (const pace of paces) {
          console.log(JSON.stringify(await stream({ writer, isLossless, way, pace }, attempts)));
        }
      }
    }
  }
} else {
  const side = workerData as Side;
  const result = side.writer === 'worker' ? write(side) : await read(side);
  parentPort?.postMessage(typeof result === 'number' ? result : { ...result });
}
