// Counts the hooks that are in place, from before profbuf is loaded.
import asyncHooks from 'node:async_hooks';
import { syncBuiltinESMExports } from 'node:module';

let hooks = 0;
const { createHook } = asyncHooks;
asyncHooks.createHook = (callbacks) => {
  const hook = createHook(callbacks);
  const { enable, disable } = hook;
  let isEnabled = false;
  hook.enable = () => {
    if (!isEnabled) hooks++;
    isEnabled = true;
    return enable.call(hook);
  };
  hook.disable = () => {
    if (isEnabled) hooks--;
    isEnabled = false;
    return disable.call(hook);
  };
  return hook;
};
syncBuiltinESMExports();

const { startProfiler, withLabels } = await import('profbuf');
const counts: Record<string, number> = {};
await withLabels({ a: 1 }, async () => null);
counts['labels without a profiler'] = hooks;

const first = await startProfiler();
counts['a profiler, and labels used before'] = hooks;
await first.stop();
counts['the profiler stopped'] = hooks;

const second = await startProfiler();
withLabels({ a: 1 }, () => {});
withLabels({ a: 2 }, () => {});
counts['started again, with labels'] = hooks;
await second.stop();
counts['stopped again'] = hooks;
process.stdout.write(JSON.stringify(counts));
