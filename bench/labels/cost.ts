// What single calls cost, in nanoseconds: the least of many batches, since whatever else runs can only add to it.
import { AsyncLocalStorage } from 'node:async_hooks';
import { startProfiler, withLabels } from 'profbuf';
import { ThreadChannel } from '#profbuf/collector/inspector/thread-channel.js';
import { LabelTimeline } from '#profbuf/collector/labels/label-timeline.js';
import { LabelContext } from '#profbuf/labels/label-context.js';
import { noLabels } from '#profbuf/labels/label-set.js';
import { Recorder } from '#profbuf/labels/recorder.js';
import { type LabelState, labelProtocolVersion, type SwitchRing } from '#profbuf/protocol/label-records.js';
import { nowMicros } from '#profbuf/protocol/monotonic-clock.js';

const batch = 1000;
const batches = 300;
const sink = { calls: 0 };
let number = 0;

function nanoseconds(call: () => void, prepare = () => {}): number {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < batches; i++) {
    prepare();
    const start = process.hrtime.bigint();
    for (let k = 0; k < batch; k++) call();
    least = Math.min(least, Number(process.hrtime.bigint() - start) / batch);
  }
  return least;
}

/** One switch: the clock, the record, and its publication. */
function switchCost(): number {
  const state: LabelState = { version: labelProtocolVersion };
  const recorder = new Recorder(state, new LabelContext());
  let timeline: LabelTimeline | undefined;
  const channel = new ThreadChannel('bench', (message) => {
    timeline = new LabelTimeline(message as SwitchRing);
  });
  state.reader = { channel: channel.name, threadId: 0, words: 2 ** 17 };
  const [one, two] = [noLabels.with({ switch: 1 }), noLabels.with({ switch: 2 })];
  recorder.enter(one);
  channel.receive();
  let isOne = true;
  const cost = nanoseconds(
    () => {
      isOne = !isOne;
      recorder.enter(isOne ? one : two);
    },
    () => {
      timeline?.drain();
      timeline?.at(nowMicros());
      timeline?.resolve();
    },
  );
  delete state.reader;
  recorder.readerChanged();
  channel.close();
  return cost;
}

const storage = new AsyncLocalStorage<object>();
const store = {};
const body = () => {
  sink.calls++;
};
const seen = () => withLabels({ route: '/users/:id', tenant: 'acme' }, body);
const fresh = () => withLabels({ route: '/users/:id', request: ++number }, body);

const costs = {
  'AsyncLocalStorage.run': nanoseconds(() => storage.run(store, body)),
  'withLabels, labels seen before': nanoseconds(seen),
  'withLabels, new labels': nanoseconds(fresh),
  'one switch': switchCost(),
  'withLabels with a profiler, labels seen before': 0,
  'withLabels with a profiler, new labels': 0,
};
const profiler = await startProfiler({ labelBufferWords: 2 ** 22 });
// Between batches the collector empties the ring, which has room for all of them if it does not get to it.
const pause = () => {
  const end = performance.now() + 1;
  while (performance.now() < end);
};
costs['withLabels with a profiler, labels seen before'] = nanoseconds(seen, pause);
costs['withLabels with a profiler, new labels'] = nanoseconds(fresh, pause);
await profiler.stop();
if (profiler.stats().lostLabelSwitches > 0) throw new Error('the ring was full: what was measured is not the cost');
process.stdout.write(JSON.stringify(costs));
