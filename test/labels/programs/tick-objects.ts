// How many objects of ticks are left after V8 has collected garbage as often as it takes to forget their map.
import { createHook } from 'node:async_hooks';
import { setImmediate } from 'node:timers/promises';
import { startProfiler, withLabels } from 'profbuf';
import { programOptions } from '../run-program.js';

const [hasLabels] = programOptions<[boolean]>();
const ticks: WeakRef<object>[] = [];
createHook({
  init(_id, type, _trigger, resource) {
    if (type === 'TickObject') ticks.push(new WeakRef(resource));
  },
}).enable();

const profiler = await startProfiler();
for (let i = 0; i < 10; i++) {
  const tick = () => process.nextTick(() => {});
  if (hasLabels) withLabels({ tick: i }, tick);
  else tick();
  await setImmediate();
}
for (let i = 0; i < 5; i++) {
  globalThis.gc?.();
  await setImmediate();
}
const left = ticks.filter((tick) => tick.deref() !== undefined).length;
await profiler.stop();
process.stdout.write(JSON.stringify({ seen: ticks.length >= 10, left }));
