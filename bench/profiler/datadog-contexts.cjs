// @datadog/pprof with a context for each request, as its tracer uses it: by V8's own contexts where Node has them, and a profile each minute.
const { AsyncLocalStorage, createHook } = require('node:async_hooks');
const { encodeSync, time } = require('@datadog/pprof');

const useCPED = Number.parseInt(process.versions.node, 10) >= 24;
const everyMs = 60_000;

time.start({ intervalMicros: 10_000, durationMillis: everyMs, withContexts: true, useCPED });
setInterval(() => encodeSync(time.stop(true)), everyMs).unref();

const storage = new AsyncLocalStorage();
if (!useCPED) createHook({ before: () => time.setContext(storage.getStore()) }).enable();
globalThis.benchWithLabels = useCPED
  ? (labels, fn) => time.runWithContext(labels, fn)
  : (labels, fn) =>
      storage.run(labels, () => {
        time.setContext(labels);
        return fn();
      });
