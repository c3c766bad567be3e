// Every request has a label set of its own, and many of them meet a sample.
import { setImmediate as immediate } from 'node:timers/promises';
import { startProfiler, withLabels } from 'profbuf';
import { programOptions } from '../run-program.js';
import { namedFunction, samplesOf } from './samples.js';

export interface ManySetsOptions {
  readonly sets: number;
  readonly workMicros: number;
}

export interface ManySetsResult {
  /** Bytes after a full collection, in even steps through the run. */
  readonly heapUsed: readonly number[];
  readonly requests: number;
  readonly samples: number;
  readonly wrong: number;
  readonly distinctRequests: number;
  /** By route: samples that carry its label and have its function on the stack. */
  readonly rightByRoute: Readonly<Record<string, number>>;
}

const [{ sets, workMicros }] = programOptions<[ManySetsOptions]>();
const steps = 6;
const routes = ['/a', '/b', '/c'].map((route) => ({ route, work: namedFunction(`route_${route.slice(1)}`) }));
const collectGarbage = globalThis.gc as () => void;

const profiler = await startProfiler({ sampleRate: 1000 });
const heapUsed: number[] = [];
let request = 0;
for (let step = 0; step < steps; step++) {
  for (let i = 0; i < sets / steps; i++) {
    const { route, work } = routes[request % 3] as (typeof routes)[number];
    withLabels({ route, request: `request ${request}` }, () => work(workMicros));
    request++;
    if (request % 200 === 0) await immediate();
  }
  // The end of a collection ends a window: the collector is past all switches before. The sets go when an epoch of 1024 is full.
  await profiler.collect({ seconds: 0.01 });
  for (let i = 0; i < 2048; i++) withLabels({ route: '/flush', request: `flush ${step} ${i}` }, () => {});
  collectGarbage();
  heapUsed.push(process.memoryUsage().heapUsed);
}
const profile = await profiler.stop();
const samples = samplesOf(profile).filter(({ functions }) => functions.some((name) => name.startsWith('route_')));
const sum = (of: typeof samples) => of.reduce((total, { count }) => total + count, 0);
const isRight = ({ functions, labels }: (typeof samples)[number]) =>
  functions.includes(`route_${String(labels.route).slice(1)}`);
const right = samples.filter(isRight);
const result: ManySetsResult = {
  heapUsed,
  requests: request,
  samples: sum(samples),
  wrong: sum(samples) - sum(right),
  distinctRequests: new Set(right.map(({ labels }) => labels.request)).size,
  rightByRoute: Object.fromEntries(
    routes.map(({ route }) => [route, sum(right.filter(({ labels }) => labels.route === route))]),
  ),
};
process.stdout.write(JSON.stringify(result));
