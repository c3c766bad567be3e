/** A million records in each of several ways, and by how many bytes the heap grows meanwhile. Runs on Node and in browsers. */
import type { WriterOptions } from 'profbuf/buffer';
import { ring } from '../ring.js';

export interface Growth {
  way: string;
  bytes: number;
  /** When it was measured, on the clock of `performance.now`. */
  start: number;
  end: number;
}

const RECORDS = 1_000_000;
/** Records a call: a function that is called once and runs long would start uncompiled each time. */
const CALL = 1000;
const LAST_POSITION = 2 ** 29;

/** What asking for the figure and the engine's bookkeeping take. One object in 100 records would be ten times that. */
export const TOLERANCE = 16 * 1024;
const MOST_ROUNDS = 10;

const header = [7];
const stack = [1.5, 2.5, 3.5];
/** In an array: a variable of a module holds a fraction as an object of its own, which each addition makes anew. */
const sum = new Float64Array(1);

/** Each way is a function that handles about `records` records, made anew with a ring of its own. */
const ways: Record<string, () => (records: number) => void> = {
  'written and read': () => passing(2 ** 12, 0),
  'held, published and read': () => passing(2 ** 12, 0, { autoPublish: false }),
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

function passing(words: number, startPosition: number, writing: WriterOptions = {}): (records: number) => void {
  const { writer, reader } = ring({ words, headerWords: 1 }, { startPosition }, writing);
  return (records) => {
    for (let i = 0; i < records; i += 100) {
      for (let k = 0; k < 100; k++) writer.write(5, i + k, header, stack);
      writer.publish();
      for (let record = reader.next(); record !== null; record = reader.next()) {
        sum[0] = (sum[0] as number) + record.tag + record.time + record.header(0) + record.stack(record.depth - 1);
      }
    }
  };
}

async function measure(way: string, handle: (records: number) => void, heapUsed: () => number): Promise<Growth> {
  (globalThis as { gc?: () => void }).gc?.();
  heapUsed();
  const start = performance.now();
  const before = heapUsed();
  for (let i = 0; i < RECORDS; i += CALL) handle(CALL);
  const bytes = heapUsed() - before;
  const end = performance.now();
  // The engine compiles on other threads and installs what it compiled between two turns of the event loop.
  await new Promise((resolve) => setTimeout(resolve, 20));
  return { way, bytes, start, end };
}

/** Needs an engine that offers `gc` and has young generation enough that nothing is collected in between. */
export async function measureGrowths(heapUsed: () => number): Promise<Growth[]> {
  const growths: Growth[] = [];
  for (const [way, make] of Object.entries(ways)) {
    const handle = make();
    // Code that has not been compiled for good holds every fraction in an object of its own: the first rounds can grow.
    let growth = await measure(way, handle, heapUsed);
    for (let round = 1; round < MOST_ROUNDS && growth.bytes > TOLERANCE; round++) {
      growth = await measure(way, handle, heapUsed);
    }
    growths.push(growth);
  }
  if (!((sum[0] as number) > 0)) throw new Error('nothing was read');
  return growths;
}
