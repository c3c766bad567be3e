// How often the collector reads the clock of a thread that goes on under one and the same set of labels.
import { startProfiler, withLabels } from 'profbuf';
import type { LabelState } from '#profbuf/protocol/label-records.js';
import { spin } from './samples.js';

const profiler = await startProfiler();
const state = (globalThis as { [key: symbol]: unknown })[Symbol.for('profbuf.labels')] as LabelState;
let readings = 0;
const { implementation } = state;
if (implementation === undefined) throw new Error('no labels');
const { define } = implementation;
implementation.define = (tags) => {
  readings++;
  return define(tags);
};
const end = performance.now() + 14_000;
withLabels({ job: 'the same' }, () => {
  while (performance.now() < end) spin(10_000);
});
await profiler.stop();
process.stdout.write(JSON.stringify(readings));
