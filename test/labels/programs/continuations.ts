// Starts every kind of continuation under a label of its own, and has it work in a function of its own.
import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import { EventEmitter, EventEmitterAsyncResource, once } from 'node:events';
import { readFile } from 'node:fs';
import { readFile as readFileLater } from 'node:fs/promises';
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { MessageChannel, Worker } from 'node:worker_threads';
import { getLabels, setLabels, startProfiler, withLabels } from 'profbuf';
import { type LabelledSample, namedFunction, samplesOf } from './samples.js';

type Work = () => void;
const later = () => new Promise<void>((resolve) => setImmediate(resolve));
const self = new URL(import.meta.url);

/** Each calls `work` once or several times, always where the labels that it was started under should be in force. */
const kinds: Record<string, (work: Work) => unknown> = {
  sync: (work) => work(),
  await: async (work) => {
    await null;
    work();
    await later();
    work();
  },
  'promise reactions': (work) =>
    Promise.resolve()
      .then(work)
      .then(() => Promise.reject(new Error('expected')))
      .catch(work)
      .finally(work),
  'Promise.all': async (work) => {
    const part = async () => {
      await later();
      work();
    };
    await Promise.all([part(), part()]);
    work();
  },
  thenable: async (work) => {
    // biome-ignore lint/suspicious/noThenProperty: a thenable is the kind of continuation that is shown here
    await { then: (resolve: (value: unknown) => void) => resolve(work()) };
    work();
  },
  'async generator': async (work) => {
    async function* generate() {
      for (let i = 0; i < 3; i++) {
        work();
        await later();
        yield i;
      }
    }
    for await (const _ of generate()) work();
  },
  setTimeout: (work) => new Promise<void>((resolve) => setTimeout(() => resolve(work()), 2)),
  setInterval: (work) =>
    new Promise<void>((resolve) => {
      let rest = 2;
      const interval = setInterval(() => {
        work();
        if (--rest > 0) return;
        clearInterval(interval);
        resolve();
      }, 2);
    }),
  setImmediate: (work) => new Promise<void>((resolve) => setImmediate(() => resolve(work()))),
  nextTick: (work) => new Promise<void>((resolve) => process.nextTick(() => resolve(work()))),
  queueMicrotask: (work) => new Promise<void>((resolve) => queueMicrotask(() => resolve(work()))),
  'callback of the file system': (work) => new Promise<void>((resolve) => readFile(self, () => resolve(work()))),
  'promise of the file system': async (work) => {
    await readFileLater(self);
    work();
  },
  'promisified callback': async (work) => {
    await promisify(readFile)(self);
    work();
  },
  stream: async (work) => {
    const transform = new Transform({
      objectMode: true,
      transform(chunk, _encoding, done) {
        work();
        setImmediate(done, null, chunk);
      },
    });
    await pipeline(Readable.from([1, 2]), transform, async (chunks) => {
      for await (const _ of chunks) work();
    });
    work();
  },
  'event emitter bound by AsyncResource': async (work) => {
    const emitter = new EventEmitter();
    emitter.on('event', AsyncResource.bind(work));
    await outside(() => emitter.emit('event'));
  },
  EventEmitterAsyncResource: async (work) => {
    const emitter = new EventEmitterAsyncResource({ name: 'test' });
    emitter.on('event', work);
    await outside(() => emitter.emit('event'));
  },
  'AsyncResource of no labels inside': (work) => {
    unlabelled.runInAsyncScope(() => namedFunctions.get('none')?.(6000));
    work();
  },
  'AsyncLocalStorage.snapshot': async (work) => {
    const restore = AsyncLocalStorage.snapshot();
    await outside(() => restore(work));
  },
  'http request': async (work) => {
    const server = createServer((_request, response) => response.end('hello')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    await new Promise<void>((resolve) => {
      get({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', agent: false }, (response) => {
        work();
        response.on('data', work);
        response.on('end', () => resolve(work()));
      });
    });
    server.close();
  },
  'message port': async (work) => {
    const { port1, port2 } = new MessageChannel();
    await new Promise<void>((resolve) => {
      port1.on('message', () => resolve(work()));
      port2.postMessage('hello');
    });
    port1.close();
  },
  'message of a worker': async (work) => {
    const worker = new Worker("require('node:worker_threads').parentPort.postMessage('hello')", { eval: true });
    await new Promise<void>((resolve) => worker.on('message', () => resolve(work())));
    await worker.terminate();
  },
  'setLabels and what follows': async (work) => {
    const { kind } = getLabels();
    await withLabels({ kind: 'before' }, async () => {
      setLabels({ kind: kind ?? '' });
      work();
      await later();
      work();
    });
    work();
  },
  'labels inside labels': async (work) => {
    await Promise.all([
      withLabels({ inner: 1 }, async () => {
        await later();
        work();
      }),
      (async () => {
        await later();
        work();
      })(),
    ]);
    work();
  },
  'after an error': async (work) => {
    try {
      await withLabels({ kind: 'failed' }, async () => {
        await null;
        throw new Error('expected');
      });
    } catch {
      work();
    }
    work();
  },
};

const unlabelled = new AsyncResource('unlabelled');
const outsider = withLabels({ kind: 'outside' }, () => new AsyncResource('outsider'));
/** Runs `action` where other labels are in force. */
async function outside(action: () => void): Promise<void> {
  await later();
  outsider.runInAsyncScope(action);
  await later();
}

const namedFunctions = new Map<string, (microseconds: number) => void>();
const nameOf = (kind: string) => `in_${kind.replace(/\W/g, '_')}`;
for (const kind of ['none', ...Object.keys(kinds)]) namedFunctions.set(kind, namedFunction(nameOf(kind)));

export interface KindResult {
  /** Labels that getLabels gave where they should be those of the kind. */
  readonly seen: readonly (string | number | undefined)[];
  /** Samples of the kind's own function by the value of their label. */
  readonly samples: Readonly<Record<string, number>>;
}

class Result implements KindResult {
  readonly kind: string;
  readonly seen: (string | number | undefined)[] = [];
  readonly samples: Record<string, number> = {};

  constructor(kind: string) {
    this.kind = kind;
  }

  get isSampled(): boolean {
    return Object.keys(this.samples).length > 0;
  }

  add(samples: readonly LabelledSample[]): void {
    for (const { functions, labels, count } of samples) {
      if (!functions.includes(nameOf(this.kind))) continue;
      const label = JSON.stringify(labels.kind ?? labels);
      this.samples[label] = (this.samples[label] ?? 0) + count;
    }
  }
}

const profiler = await startProfiler({ sampleRate: 1000 });
const results = new Map(['none', ...Object.keys(kinds)].map((kind) => [kind, new Result(kind)]));
// A machine that is busy otherwise may take no sample for many milliseconds: what was not sampled goes again.
for (let round = 0; round < 30; round++) {
  const unseen = [...results.values()].filter(({ isSampled }) => !isSampled);
  if (unseen.length === 0) break;
  for (const { kind, seen } of unseen)
    await runKind(kind === 'none' ? 'AsyncResource of no labels inside' : kind, seen);
  const samples = samplesOf(await profiler.take());
  for (const result of results.values()) result.add(samples);
}
await profiler.stop();
process.stdout.write(JSON.stringify(Object.fromEntries(results)));

async function runKind(kind: string, seen: (string | number | undefined)[]): Promise<void> {
  const work = () => {
    seen.push(getLabels().kind);
    namedFunctions.get(kind)?.(6000);
  };
  // Two at a time, so that each switch is to other labels.
  const other = withLabels({ kind: 'other' }, async () => {
    for (let i = 0; i < 20; i++) await later();
  });
  await withLabels({ kind }, () => kinds[kind]?.(work));
  await other;
}
