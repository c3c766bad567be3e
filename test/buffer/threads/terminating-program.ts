/**
 * Ends one side of a ring in the middle of its work, again and again, while the other side goes on; a new thread takes over
 * each time. Prints what came of it; throws at the first attempt that is lost uncounted, repeated or damaged.
 */
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { allocate, ProfBufReader, ProfBufWriter } from 'profbuf/buffer';
import { checkRecord, HEADER_WORDS, scatter, sleep, writeAttempt } from './sequence.js';

export interface Terminations {
  side: 'writer' | 'reader';
  lives: number;
  attempts: number;
  delivered: number;
  lost: number;
  /** Attempts under way when their writer died that nothing tells of; or those that a second reader had again or not at all. */
  atTheEdges: number;
}

interface Side {
  side: 'writer' | 'reader';
  shared: SharedArrayBuffer;
  /** Of a writer: the next attempt. Of a reader: how many entries of its log are whole. */
  progress: Int32Array;
  /** Of a reader, two numbers for each record: its time, and how many it reports lost. */
  log: Float64Array;
}

const WORDS = 256;
/** Space is given back for at most a quarter of the ring at once; the shortest record has four words. */
const MOST_REPEATED = WORDS / 4 / 4 + 2;
const LOG_ENTRIES = 2 ** 20;

function newSide(side: Side['side']): Side {
  return {
    side,
    shared: allocate({ words: WORDS, headerWords: HEADER_WORDS }),
    progress: new Int32Array(new SharedArrayBuffer(4)),
    log: new Float64Array(new SharedArrayBuffer(LOG_ENTRIES * 2 * 8)),
  };
}

function writeForever({ shared, progress }: Side): void {
  const writer = new ProfBufWriter(shared);
  for (let i = Atomics.load(progress, 0); ; i++) {
    // An attempt begins when it has a number, so that the next writer does not use the number again.
    Atomics.store(progress, 0, i + 1);
    writeAttempt(writer, i);
    if (scatter(i) % 300 === 0) sleep(0.05);
  }
}

function readUntilEnd({ shared, progress, log }: Side): void {
  const reader = new ProfBufReader(shared);
  for (let entries = 0; !reader.ended; reader.wait()) {
    for (const record of reader) {
      if (record.lost === 0) checkRecord(record);
      log[2 * entries] = record.time;
      log[2 * entries + 1] = record.lost;
      Atomics.store(progress, 0, ++entries);
    }
  }
}

/** Resolves when the thread is at work. */
async function startThread(side: Side): Promise<Worker> {
  const thread = new Worker(fileURLToPath(import.meta.url), { workerData: side });
  thread.on('error', (error) => {
    throw error;
  });
  const start = Atomics.load(side.progress, 0);
  while (Atomics.load(side.progress, 0) === start) await setTimeout(1);
  return thread;
}

async function terminateWriters(lives: number): Promise<Terminations> {
  const side = newSide('writer');
  const reader = new ProfBufReader(side.shared);
  /** The last attempt of each writer that died. Nobody knows whether it was made; all others must be accounted for. */
  const uncertain: number[] = [];
  // What the stream told last: that `counted` attempts were lost from `start` on, or (0) that `start` comes next.
  let start = 0;
  let counted = 0;
  const result: Terminations = { side: 'writer', lives, attempts: 0, delivered: 0, lost: 0, atTheEdges: 0 };
  const arriveAt = (attempt: number) => {
    const missing = attempt - start - counted;
    // From `start`: losses on both sides of a death are one group, with or without the attempt between them.
    const most = uncertain.filter((last) => last >= start && last < attempt).length;
    if (missing < 0 || missing > most) {
      throw new Error(
        `${counted} lost from ${start} on, and then ${attempt}: ${missing} missing, at most ${most} may be`,
      );
    }
    result.atTheEdges += missing;
  };
  const readAll = () => {
    for (const record of reader) {
      arriveAt(record.time);
      if (record.lost === 0) checkRecord(record);
      start = record.lost === 0 ? record.time + 1 : record.time;
      counted = record.lost;
      result.lost += record.lost;
    }
  };
  for (let life = 0; life < lives; life++) {
    const thread = await startThread(side);
    const end = performance.now() + (scatter(life) % 100) / 10;
    for (let pause = 0; performance.now() < end; pause++) {
      readAll();
      sleep(scatter(pause) % 10 === 0 ? 2 : 0.1);
    }
    await thread.terminate();
    uncertain.push(Atomics.load(side.progress, 0) - 1);
  }
  new ProfBufWriter(side.shared).close();
  readAll();
  if (!reader.ended) throw new Error('the ring does not end');
  result.attempts = Atomics.load(side.progress, 0);
  arriveAt(result.attempts);
  return { ...result, delivered: reader.delivered };
}

async function terminateReaders(lives: number): Promise<Terminations> {
  const side = newSide('reader');
  const writer = new ProfBufWriter(side.shared);
  /** Of each attempt, whether it was written: what `write` returned. */
  const wasWritten: boolean[] = [];
  /** What the readers had so far. */
  let next = 0;
  const result: Terminations = { side: 'reader', lives, attempts: 0, delivered: 0, lost: 0, atTheEdges: 0 };
  const check = (from: number, to: number, expected: boolean) => {
    for (let i = from; i < to; i++) {
      if (wasWritten[i] !== expected)
        throw new Error(`attempt ${i} was ${expected ? 'lost' : 'written'}, and read otherwise`);
    }
  };
  /** What one reader had: nothing twice but what it began with, and nothing left out. */
  const followLife = (entries: number) => {
    for (let entry = 0; entry < entries; entry++) {
      const time = side.log[2 * entry] as number;
      const lost = side.log[2 * entry + 1] as number;
      if (entry === 0 && time < next) {
        const records = wasWritten.slice(time, next).filter(Boolean).length;
        if (records > MOST_REPEATED) throw new Error(`read again from ${time} on, although ${next} was next`);
        result.atTheEdges += next - time;
      } else if (time !== next) {
        if (entry !== 0 || time < next) throw new Error(`expected attempt ${next}, got ${time}`);
        // The reader before took these losses from the writer and died before it could hand them out.
        check(next, time, false);
        result.atTheEdges += time - next;
      }
      if (lost > 0) check(time, time + lost, false);
      else check(time, time + 1, true);
      result.delivered += lost > 0 ? 0 : 1;
      result.lost += lost;
      next = time + (lost || 1);
    }
  };
  const write = (count: number) => {
    for (let i = 0; i < count; i++) wasWritten.push(writeAttempt(writer, wasWritten.length));
  };
  for (let life = 0; life < lives; life++) {
    Atomics.store(side.progress, 0, 0);
    // For the reader to show that it is there.
    write(1);
    const thread = await startThread(side);
    const end = performance.now() + (scatter(life) % 100) / 10;
    for (let burst = 0; performance.now() < end; burst++) {
      write(scatter(burst) % 60);
      sleep(0.05);
    }
    await thread.terminate();
    followLife(Atomics.load(side.progress, 0));
    write(scatter(life) % 20);
  }
  writer.close();
  Atomics.store(side.progress, 0, 0);
  readUntilEnd(side);
  followLife(Atomics.load(side.progress, 0));
  if (next !== wasWritten.length) throw new Error(`${wasWritten.length} attempts, read up to ${next}`);
  return { ...result, attempts: next };
}

if (isMainThread) {
  const lives = Number(process.argv[2]);
  console.log(JSON.stringify(await terminateWriters(lives)));
  console.log(JSON.stringify(await terminateReaders(lives)));
} else {
  const side = workerData as Side;
  if (side.side === 'writer') writeForever(side);
  else readUntilEnd(side);
}
