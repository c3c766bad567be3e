/**
 * Writes and reads a million records in each of several ways, and prints by how many bytes the heap grew meanwhile. To be
 * run with --expose-gc, and with young generation enough that nothing is collected in between.
 */
import { PerformanceObserver } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import { ring } from '../ring.js';

export interface Growth {
  way: string;
  bytes: number;
  /** Garbage collections while it was measured: with any, the growth says nothing. */
  collections: number;
}

const RECORDS = 1_000_000;
/** Records a call: a function that is called once and runs long would start uncompiled each time. */
const CALL = 1000;
const LAST_POSITION = 2 ** 29;

const collectionTimes: number[] = [];
new PerformanceObserver((list) => {
  for (const { startTime } of list.getEntries()) collectionTimes.push(startTime);
}).observe({ entryTypes: ['gc'] });

const header = [7];
const stack = [1.5, 2.5, 3.5];
/** In an array: a variable of a module holds a fraction as an object of its own, which each addition makes anew. */
const sum = new Float64Array(1);

/** Each way is a function that handles about `records` records, made anew with a ring of its own. */
const ways: Record<string, () => (records: number) => void> = {
  'written and read': () => passing(2 ** 12, 0),
  'written and read where positions wrap': () => passing(2 ** 12, LAST_POSITION - 3 * RECORDS),
  'written to a full ring, and lost': () => {
    const { writer } = ring({ words: 64, headerWords: 1 });
    return (records) => {
      for (let i = 0; i < records; i++) writer.write(5, i, header, stack);
    };
  },
  'lost, and reported by the reader': () => {
    const { writer, reader } = ring({ words: 64, headerWords: 1 });
    return (records) => {
      for (let i = 0; i < records; i += 20) {
        for (let k = 0; k < 20; k++) writer.write(5, i + k, header, stack);
        for (let record = reader.next(); record !== null; record = reader.next())
          sum[0] = (sum[0] as number) + record.lost;
      }
    };
  },
  'lost, and reported by the writer, where positions wrap': () => {
    const { writer, reader } = ring({ words: 64, headerWords: 1 }, { startPosition: LAST_POSITION - 2 ** 21 });
    return (records) => {
      for (let i = 0; i < records; i += 20) {
        for (let k = 0; k < 20; k++) writer.write(5, i + k, header, stack);
        // Enough room for the report and a record, and the losses are still the writer's to report.
        for (let k = 0; k < 9; k++) sum[0] = (sum[0] as number) + (reader.next()?.lost ?? 0);
      }
    };
  },
  // The control: if this does not show, nothing would.
  'kept in an object of its own': () => (records) => {
    for (let i = 0; i < records; i++) kept = { i, next: undefined };
    sum[0] = (sum[0] as number) + (kept?.i ?? 0);
  },
};
let kept: { i: number; next: undefined } | undefined;

function passing(words: number, startPosition: number): (records: number) => void {
  const { writer, reader } = ring({ words, headerWords: 1 }, { startPosition });
  return (records) => {
    for (let i = 0; i < records; i += 100) {
      for (let k = 0; k < 100; k++) writer.write(5, i + k, header, stack);
      for (let record = reader.next(); record !== null; record = reader.next()) {
        sum[0] = (sum[0] as number) + record.tag + record.time + record.header(0) + record.stack(record.depth - 1);
      }
    }
  };
}

/** What `process.memoryUsage` itself and the engine's bookkeeping take. One object in 100 records would be ten times that. */
const TOLERANCE = 16 * 1024;
const MOST_ROUNDS = 10;

async function measure(way: string, handle: (records: number) => void): Promise<Growth> {
  (globalThis as { gc?: () => void }).gc?.();
  process.memoryUsage();
  const start = performance.now();
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < RECORDS; i += CALL) handle(CALL);
  const bytes = process.memoryUsage().heapUsed - before;
  const end = performance.now();
  // The engine compiles on other threads, installs what it compiled between two turns of the event loop, and tells of
  // collections there.
  await setTimeout(20);
  return { way, bytes, collections: collectionTimes.filter((time) => time > start && time < end).length };
}

const growths: Growth[] = [];
for (const [way, make] of Object.entries(ways)) {
  const handle = make();
  // Code that has not been compiled for good holds every fraction in an object of its own, so the first rounds can grow.
  let growth = await measure(way, handle);
  for (let round = 1; round < MOST_ROUNDS && growth.bytes > TOLERANCE; round++) growth = await measure(way, handle);
  growths.push(growth);
}
if (!((sum[0] as number) > 0)) throw new Error('nothing was read');
console.log(JSON.stringify(growths));
