// A profiled program that loads profbuf and never uses a label.
import asyncHooks from 'node:async_hooks';
import { syncBuiltinESMExports } from 'node:module';

let hooks = 0;
const { createHook } = asyncHooks;
asyncHooks.createHook = (callbacks) => {
  hooks++;
  return createHook(callbacks);
};
syncBuiltinESMExports();

const { getLabels, startProfiler } = await import('profbuf');
const profiler = await startProfiler();
getLabels();
await new Promise((resolve) => setTimeout(resolve, 100));
await profiler.stop();
process.stdout.write(JSON.stringify({ hooks, labelSwitches: profiler.stats().labelSwitches }));
