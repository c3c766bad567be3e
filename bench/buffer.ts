/**
 * The buffer against its peers, in one run: `npm run bench:buffer`, or `ROUNDS=3 npm run bench:buffer` for a quick
 * look. Rounds of all contenders alternate, so that whatever else the machine does hits all of them. Each figure is the
 * median of the rounds, and each ratio the median of the rounds' ratios.
 */
import { cpus } from 'node:os';
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { allocate } from 'profbuf/buffer';
import type { Cost } from './buffer/cost.js';
import type { LatencySide, Waiting } from './buffer/latency.js';
import { type QueueName, queues } from './buffer/queues.js';
import type { Transfer, TransferSide } from './buffer/transfer.js';
import { median } from './median.js';

const ROUNDS = Number(process.env.ROUNDS ?? 15);

function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] as number;
}

/** Runs a worker to its end; resolves with the one message that it sent, if it sent one. */
async function run<T>(file: string, workerData: unknown, transferList: MessagePort[] = []): Promise<T | undefined> {
  const worker = new Worker(new URL(file, import.meta.url), { workerData, transferList });
  let result: T | undefined;
  worker.on('message', (message: T) => {
    result = message;
  });
  await new Promise((resolve, reject) => {
    worker.once('error', reject);
    worker.once('exit', resolve);
  });
  return result;
}

/** Runs the two sides of a test, opens their gate, and resolves with what the reading side reports. */
async function runSides<T>(
  file: string,
  channels: { write: SharedArrayBuffer | MessagePort; read: SharedArrayBuffer | MessagePort },
  rest: object,
): Promise<T> {
  const gate = new Int32Array(new SharedArrayBuffer(4));
  const [report] = await Promise.all(
    (['read', 'write'] as const)
      .map((side) => {
        const channel = channels[side];
        const ports = channel instanceof SharedArrayBuffer ? [] : [channel];
        return run<T>(file, { ...rest, side, channel, gate }, ports);
      })
      .concat([openLater(gate)]),
  );
  if (report === undefined) throw new Error(`${file}: the reading side reported nothing`);
  return report;
}

/** Both sides have loaded by then; one that has not would find the gate open, and the other warming up. */
async function openLater(gate: Int32Array): Promise<undefined> {
  await new Promise((resolve) => setTimeout(resolve, 150));
  Atomics.store(gate, 0, 1);
  Atomics.notify(gate, 0);
}

function channelsOf(shared: SharedArrayBuffer | undefined) {
  if (shared !== undefined) return { write: shared, read: shared };
  const { port1, port2 } = new MessageChannel();
  return { write: port1, read: port2 };
}

interface Row {
  transfer: Transfer;
  /** Of a ring's memory. */
  words?: number;
  warmUp: number;
  records: number;
}

/**
 * Two sizes, because they find different limits. A small ring stays in the processors' own caches, so that each line of it
 * must be fetched from the other's; one that is larger than these comes from the cache that they share.
 */
const SMALL = 2 ** 15;
const LARGE = 2 ** 20;

const rows: Row[] = [
  { transfer: 'profbuf', words: SMALL, warmUp: 400_000, records: 1_000_000 },
  { transfer: 'profbuf, 32 at once', words: SMALL, warmUp: 400_000, records: 1_000_000 },
  { transfer: 'ringbuf.js', words: SMALL, warmUp: 400_000, records: 1_000_000 },
  { transfer: 'profbuf', words: LARGE, warmUp: 400_000, records: 1_000_000 },
  { transfer: 'profbuf, 32 at once', words: LARGE, warmUp: 400_000, records: 1_000_000 },
  { transfer: 'ringbuf.js', words: LARGE, warmUp: 400_000, records: 1_000_000 },
  { transfer: 'postMessage', warmUp: 20_000, records: 100_000 },
  { transfer: 'postMessage, in batches', warmUp: 400_000, records: 1_000_000 },
];

const waitings: Waiting[] = ['profbuf wait()', 'profbuf waitAsync()', 'postMessage', 'bare Atomics.wait'];
const WAKE_UPS = 500;

const throughput = new Map<Row, number[]>();
const costs = new Map<QueueName, Cost[]>();
const latencies = new Map<Waiting, { median: number; p99: number }[]>();

function add<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  map.set(key, [...(map.get(key) ?? []), value]);
}

for (let round = 0; round < ROUNDS; round++) {
  for (const row of rows) {
    const shared = row.words === undefined ? undefined : queues[row.transfer as QueueName].allocate(row.words);
    const rest = row satisfies Partial<TransferSide>;
    add(throughput, row, await runSides<number>('./buffer/transfer.js', channelsOf(shared), rest));
  }
  for (const name of Object.keys(queues) as QueueName[]) {
    const cost = await run<Cost>('./buffer/cost.js', name);
    if (cost !== undefined) add(costs, name, cost);
  }
  for (const waiting of waitings) {
    const channels = channelsOf(waiting === 'postMessage' ? undefined : allocate({ words: 1024 }));
    const rest = { waiting, records: WAKE_UPS } satisfies Partial<LatencySide>;
    // A bare wait sleeps on the memory's first word, where a ring has its magic.
    if (waiting === 'bare Atomics.wait') channels.read = channels.write = new SharedArrayBuffer(256);
    const values = await runSides<number[]>('./buffer/latency.js', channels, rest);
    add(latencies, waiting, { median: median(values), p99: percentile(values, 0.99) });
  }
  process.stderr.write(`round ${round + 1} of ${ROUNDS}\n`);
}

function table(head: string[], rows: string[][]): void {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  for (const row of [head, ...rows]) {
    const cells = row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)));
    console.log(cells.join('   ').trimEnd());
  }
  console.log();
}

const times = (ratio: number) => `${ratio.toFixed(ratio < 10 ? 2 : 0)} x`;

console.log(`Node ${process.versions.node}, ${cpus()[0]?.model.trim()}, ${cpus().length} cores, ${ROUNDS} rounds\n`);

/** Round by round, since both contenders of a round met the same machine. */
function ratio(our: Transfer, row: Row, values: number[]): string {
  const ours = rows.find(({ transfer, words }) => transfer === our && words === (row.words ?? SMALL));
  const ourValues = (ours && throughput.get(ours)) ?? [];
  return times(median(values.map((value, round) => (ourValues[round] ?? Number.NaN) / value)));
}

table(
  [
    'lossless, between two threads, 5-word records',
    'ring KiB',
    'million/s',
    'lowest',
    'highest',
    'profbuf is',
    '32 at once',
  ],
  [...throughput].map(([row, values]) => [
    row.transfer,
    row.words === undefined ? '-' : String((row.words * 8) / 1024),
    ...[median(values), Math.min(...values), Math.max(...values)].map((value) => (value / 1e6).toFixed(2)),
    ratio('profbuf', row, values),
    ratio('profbuf, 32 at once', row, values),
  ]),
);

table(
  ['one call, other side absent', 'write ns', 'write when full ns', 'read ns'],
  [...costs].map(([name, values]) => [
    name,
    ...(['write', 'writeWhenFull', 'read'] as const).map((key) => median(values.map((cost) => cost[key])).toFixed(1)),
  ]),
);

table(
  ['wake-up of a sleeping reader', 'median us', 'p99 us'],
  [...latencies].map(([name, values]) => [
    name,
    ...(['median', 'p99'] as const).map((key) => median(values.map((value) => value[key])).toFixed(1)),
  ]),
);
