// The least that live windows can cost, whoever takes them: V8's sampler from the first line on, and a worker thread that has the
// program's thread end a window and begin the next one every 100 ms, as profbuf does in a compile, and throws what comes away.
const v8 = require('node:v8');
const { Worker } = require('node:worker_threads');

const intervalMicros = 10_000;
const windowMs = 100;
const hasHandles = 'startCpuProfile' in v8;

const begin = () => v8.startCpuProfile({ sampleInterval: intervalMicros / 1000 });

function beginHandles() {
  // Node 24 looks at V8's flag, and not at the option.
  v8.setFlagsFromString(`--cpu-profiler-sampling-interval=${intervalMicros}`);
  let running = begin();
  v8.setFlagsFromString('--cpu-profiler-sampling-interval=1000');
  const channel = new BroadcastChannel('windows-alone');
  channel.unref();
  globalThis.benchRotate = () => {
    const next = begin();
    channel.postMessage(running.stop());
    running = next;
  };
}
if (hasHandles) beginHandles();

new Worker(
  `
  const { Session } = require('node:inspector');
  const { workerData } = require('node:worker_threads');
  const channel = new BroadcastChannel('windows-alone');
  channel.onmessage = () => {};
  const session = new Session();
  session.connectToMainThread();
  let number = 0;
  const post = (method, params) => new Promise((resolve) => session.post(method, params, resolve));
  const evaluate = (expression) => post('Runtime.evaluate', { expression, includeCommandLineAPI: true });
  const first = async () => {
    if (workerData.hasHandles) return;
    await post('Profiler.enable');
    await post('Profiler.setSamplingInterval', { interval: workerData.intervalMicros });
    await evaluate('profile("0")');
  };
  const rotate = async () => {
    const expression = workerData.hasHandles
      ? 'benchRotate()'
      : 'profile("' + (number + 1) + '");profileEnd("' + number + '")';
    await evaluate(expression);
    number++;
    setTimeout(rotate, workerData.windowMs);
  };
  first().then(() => setTimeout(rotate, workerData.windowMs));
  `,
  { eval: true, workerData: { hasHandles, intervalMicros, windowMs }, env: {}, execArgv: [] },
).unref();
