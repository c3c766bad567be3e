/**
 * How long a sleeping reader takes to have the record that wakes it. Run as a worker, twice; the reading side reports
 * microseconds, one figure a record.
 */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { ProfBufReader, ProfBufWriter } from 'profbuf/buffer';

export type Waiting = 'profbuf wait()' | 'profbuf waitAsync()' | 'postMessage' | 'bare Atomics.wait';

export interface LatencySide {
  waiting: Waiting;
  side: 'write' | 'read';
  /** The ring's memory (for the bare wait, any shared memory), or this side's end of a channel. */
  channel: SharedArrayBuffer | MessagePort;
  records: number;
  gate: Int32Array;
}

const { waiting, side, channel, records, gate } = workerData as LatencySide;

/** One clock for all threads, in microseconds. */
function now(): number {
  return Number(process.hrtime.bigint()) / 1000;
}

/** Long enough for the reader to fall asleep. */
const PAUSE_MS = 0.5;

function write(send: (time: number) => void): void {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  Atomics.wait(gate, 0, 0);
  for (let i = 0; i < records; i++) {
    Atomics.wait(pause, 0, 0, PAUSE_MS);
    send(now());
  }
}

const latencies: number[] = [];

function arrived(sentAt: number): void {
  latencies.push(now() - sentAt);
  if (latencies.length === records) parentPort?.postMessage(latencies);
}

const nothing: number[] = [];

if (waiting === 'postMessage') {
  const port = channel as MessagePort;
  if (side === 'write') write((time) => port.postMessage(time));
  else {
    port.on('message', (sentAt: number) => {
      arrived(sentAt);
      if (latencies.length === records) port.close();
    });
  }
} else if (waiting === 'bare Atomics.wait') {
  const shared = channel as SharedArrayBuffer;
  const count = new Int32Array(shared, 0, 1);
  const time = new Float64Array(shared, 128, 1);
  if (side === 'write') {
    write((sentAt) => {
      time[0] = sentAt;
      Atomics.add(count, 0, 1);
      Atomics.notify(count, 0);
    });
  } else {
    for (let seen = 0; seen < records; seen++) {
      Atomics.wait(count, 0, seen);
      arrived(time[0] as number);
    }
  }
} else if (side === 'write') {
  const writer = new ProfBufWriter(channel as SharedArrayBuffer);
  write((time) => writer.write(0, time, nothing, nothing));
} else {
  const reader = new ProfBufReader(channel as SharedArrayBuffer);
  while (latencies.length < records) {
    if (waiting === 'profbuf wait()') reader.wait();
    else await reader.waitAsync();
    for (const record of reader) arrived(record.time);
  }
}
