/** What the tests have done in the page, by name. */
import { allocate, type ProfBufError, ProfBufReader, ProfBufWriter } from 'profbuf/buffer';
import { type Growth, measureGrowths } from '../threads/allocation-ways.js';
import { Follower, HEADER_WORDS, writeAttempt } from '../threads/sequence.js';
import type { Arrived, Outcome, WriterTask } from './tasks.js';

const ATTEMPTS = 100_000;
const AUDIO_ATTEMPTS = 20_000;

function ring(): SharedArrayBuffer {
  return allocate({ words: 2048, headerWords: HEADER_WORDS });
}

const turn = () => new Promise((resolve) => setTimeout(resolve));

function answer<T>(from: Worker | MessagePort): Promise<T> {
  return new Promise((resolve, reject) => {
    from.onmessage = ({ data }: MessageEvent<T>) => resolve(data);
    if (from instanceof Worker) from.onerror = ({ message }) => reject(new Error(message));
  });
}

function inWorker<T>(file: string, message: unknown): Promise<T> {
  const worker = new Worker(new URL(file, import.meta.url), { type: 'module' });
  worker.postMessage(message);
  return answer(worker);
}

async function inAudioWorklet<T>(name: string, processorOptions: object): Promise<T> {
  const context = new AudioContext();
  await context.audioWorklet.addModule(new URL('./audio.js', import.meta.url));
  const node = new AudioWorkletNode(context, name, { processorOptions });
  node.connect(context.destination);
  await context.resume();
  const result = await answer<T>(node.port);
  await context.close();
  return result;
}

async function followAsleep(shared: SharedArrayBuffer): Promise<Arrived> {
  const reader = new ProfBufReader(shared);
  const follower = new Follower();
  for (; !reader.ended; await reader.waitAsync()) for (const record of reader) follower.add(record);
  return follower;
}

async function followPolling(shared: SharedArrayBuffer): Promise<Arrived> {
  const reader = new ProfBufReader(shared);
  const follower = new Follower();
  for (; !reader.ended; await turn()) for (const record of reader) follower.add(record);
  return follower;
}

async function followIterating(shared: SharedArrayBuffer): Promise<Arrived> {
  const follower = new Follower();
  for await (const record of new ProfBufReader(shared)) follower.add(record);
  return follower;
}

async function between(writer: Promise<number>, reader: Promise<Arrived>): Promise<Outcome> {
  const [lostByWriter, { delivered, lost, refusal }] = await Promise.all([writer, reader]);
  return { delivered, lost, lostByWriter, ...(refusal === undefined ? {} : { refusal }) };
}

function fromWorker(isLossless: boolean, follow: (shared: SharedArrayBuffer) => Promise<Arrived>): Promise<Outcome> {
  const shared = ring();
  const task: WriterTask = { shared, attempts: ATTEMPTS, isLossless };
  return between(inWorker('./writing-worker.js', task), follow(shared));
}

function fromAudioWorklet(follow: (shared: SharedArrayBuffer) => Promise<Arrived>): Promise<Outcome> {
  const shared = ring();
  return between(inAudioWorklet('writing', { shared, attempts: AUDIO_ATTEMPTS }), follow(shared));
}

/** Never blocks the page: waits for room in a turn of its own. */
async function writeFromPage(shared: SharedArrayBuffer, attempts: number): Promise<number> {
  const writer = new ProfBufWriter(shared);
  for (let i = 0; i < attempts; i++) {
    while (!writeAttempt(writer, i, 'tryWrite')) await turn();
  }
  writer.close();
  return writer.lost;
}

export const tasks = {
  isIsolated: async () => crossOriginIsolated,
  workerToPageAsleep: () => fromWorker(false, followAsleep),
  workerToPagePolling: () => fromWorker(false, followPolling),
  workerToPageIterating: () => fromWorker(true, followIterating),
  pageToWorker: () => {
    const shared = ring();
    return between(writeFromPage(shared, 10_000), inWorker('./reading-worker.js', shared));
  },
  audioToPage: () => fromAudioWorklet(followAsleep),
  audioToWorker: () => fromAudioWorklet((shared) => inWorker('./reading-worker.js', shared)),
  pageToAudio: () => {
    const shared = ring();
    return between(writeFromPage(shared, 10_000), inAudioWorklet('reading', { shared }));
  },
  /** What `wait` does on a page: with nothing to read, and with something. */
  waitOnPage: async () => {
    const shared = ring();
    const reader = new ProfBufReader(shared);
    let refusal = '';
    try {
      reader.wait();
    } catch (error) {
      refusal = (error as ProfBufError).code;
    }
    writeAttempt(new ProfBufWriter(shared), 0);
    return { refusal, isReady: reader.wait(), time: reader.next()?.time };
  },
  growths: (): Promise<Growth[]> =>
    measureGrowths(() => (performance as { memory?: { usedJSHeapSize: number } }).memory?.usedJSHeapSize ?? Number.NaN),
};

export type Tasks = typeof tasks;

(globalThis as { tasks?: Tasks }).tasks = tasks;
