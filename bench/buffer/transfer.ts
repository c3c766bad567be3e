/** One side of a lossless transfer between two threads. Run as a worker, twice; the reading side reports records a second. */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { type QueueName, queues, sumOfRecord, WORDS_PER_RECORD } from './queues.js';

export type Transfer = QueueName | 'postMessage' | 'postMessage, in batches';

export interface TransferSide {
  transfer: Transfer;
  side: 'write' | 'read';
  /** The ring's memory, or this side's end of a channel. */
  channel: SharedArrayBuffer | MessagePort;
  /** Records before the clock starts, and with it running. */
  warmUp: number;
  records: number;
  /** 0 until both sides may start. */
  gate: Int32Array;
}

const BATCH = 1000;

const { transfer, side, channel, warmUp, records, gate } = workerData as TransferSide;
const total = warmUp + records;

/** Counts what arrives, checks it, and times it. */
class Arrival {
  #count = 0;
  #sum = 0;
  #start = 0;

  /** True when everything has arrived. */
  add(sum: number): boolean {
    this.#sum += sum;
    if (++this.#count === warmUp) this.#start = performance.now();
    return this.#count === total;
  }

  report(): void {
    const seconds = (performance.now() - this.#start) / 1000;
    let expected = 0;
    for (let i = 0; i < total; i++) expected += sumOfRecord(i);
    if (this.#sum !== expected) throw new Error(`${transfer}: the sum is ${this.#sum}, expected ${expected}`);
    parentPort?.postMessage(records / seconds);
  }
}

function writeQueue(name: QueueName): void {
  const writer = queues[name].writer(channel as SharedArrayBuffer);
  Atomics.wait(gate, 0, 0);
  for (let i = 0; i < total; i++) while (!writer.tryWrite(i));
  writer.publish();
}

let entropy = 1;

/**
 * Some 0.2 µs away from shared memory, for a reader that has just found nothing: one that looks again at once takes the
 * write position's cache line away from the writer for every record. The same for every queue.
 */
function lookAway(): void {
  for (let i = 0; i < 150; i++) entropy = (Math.imul(entropy, 1664525) + 1013904223) | 0;
}

function readQueue(name: QueueName): void {
  const reader = queues[name].reader(channel as SharedArrayBuffer);
  const arrival = new Arrival();
  Atomics.wait(gate, 0, 0);
  for (;;) {
    const sum = reader.read();
    if (sum === -1) lookAway();
    else if (arrival.add(sum)) break;
  }
  arrival.report();
}

function record(i: number): number[] {
  return [i & 1023, i, 7, i + 1, i + 2];
}

function writeMessages(port: MessagePort): void {
  Atomics.wait(gate, 0, 0);
  for (let i = 0; i < total; i++) port.postMessage(record(i));
}

function readMessages(port: MessagePort): void {
  const arrival = new Arrival();
  port.on('message', (message: number[]) => {
    let sum = 0;
    for (let i = 0; i < WORDS_PER_RECORD; i++) sum += message[i] as number;
    if (!arrival.add(sum)) return;
    arrival.report();
    port.close();
  });
}

function writeBatches(port: MessagePort): void {
  Atomics.wait(gate, 0, 0);
  for (let first = 0; first < total; first += BATCH) {
    const batch = new Float64Array(BATCH * WORDS_PER_RECORD);
    for (let i = 0; i < BATCH; i++) {
      const at = i * WORDS_PER_RECORD;
      batch[at] = (first + i) & 1023;
      batch[at + 1] = first + i;
      batch[at + 2] = 7;
      batch[at + 3] = first + i + 1;
      batch[at + 4] = first + i + 2;
    }
    port.postMessage(batch, [batch.buffer]);
  }
}

function readBatches(port: MessagePort): void {
  const arrival = new Arrival();
  port.on('message', (batch: Float64Array) => {
    for (let at = 0; at < batch.length; at += WORDS_PER_RECORD) {
      let sum = 0;
      for (let i = 0; i < WORDS_PER_RECORD; i++) sum += batch[at + i] as number;
      if (!arrival.add(sum)) continue;
      arrival.report();
      port.close();
    }
  });
}

if (transfer === 'postMessage') (side === 'write' ? writeMessages : readMessages)(channel as MessagePort);
else if (transfer === 'postMessage, in batches')
  (side === 'write' ? writeBatches : readBatches)(channel as MessagePort);
else (side === 'write' ? writeQueue : readQueue)(transfer);
