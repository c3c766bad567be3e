// @datadog/pprof as its tracer uses it, with CPU time and contexts, in each thread. Rate and place are the harness's.
const { createHook, AsyncLocalStorage } = require('node:async_hooks');
const { writeFileSync } = require('node:fs');
const { threadId } = require('node:worker_threads');
const { encodeSync, time } = require('@datadog/pprof');

/** Whether contexts are in V8's frames, not on the resources of async_hooks. */
const hasFrames = Number.parseInt(process.versions.node, 10) >= 24;

function start() {
  time.start({
    intervalMicros: 1e6 / Number(process.env.TRUTH_RATE),
    durationMillis: 60_000,
    withContexts: true,
    collectCpuTime: true,
    useCPED: hasFrames,
  });
}

function stop() {
  writeFileSync(`profile.${threadId}.pb.gz`, encodeSync(time.stop()));
}

const storage = new AsyncLocalStorage();
globalThis.ledgerLabels = {
  withLabels(labels, run) {
    if (hasFrames) return time.runWithContext(labels, run);
    return storage.run(labels, () => {
      time.setContext(labels);
      return run();
    });
  },
};

if (process.env.TRUTH_LATE === '1') globalThis.lateProfiler = { start, stop };
else {
  start();
  if (!hasFrames) createHook({ before: () => time.setContext(storage.getStore()) }).enable();
  // Before its own listener, which ends the profile unwritten.
  process.prependListener('exit', stop);
}
