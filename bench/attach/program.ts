// A large warm program with half of a processor's time of work: the compiler of TypeScript, which translates a file of this repository
// 20 times a second or so, by a timer. It says by a message how long its event loop did not turn at the longest, without the time in which
// the machine ran others, and its CPU time.
import { openSync, readFileSync, readSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const { transpileModule } = require('ts5') as typeof import('ts5');
const text = readFileSync(fileURLToPath(new URL('../../../src/collector/collector.ts', import.meta.url)), 'utf8');

const schedstat = openSync('/proc/thread-self/schedstat', 'r');
const bytes = Buffer.alloc(96);

/** How long the thread has waited for a processor, in milliseconds. */
function waitedMs(): number {
  const length = readSync(schedstat, bytes, 0, bytes.length, 0);
  return Number(bytes.toString('latin1', 0, length).split(' ')[1]) / 1e6;
}

let last = performance.now();
let lastWaitedMs = waitedMs();
let longestGapMs = 0;
let before = process.cpuUsage();

setInterval(() => {
  const now = performance.now();
  const waited = waitedMs();
  longestGapMs = Math.max(longestGapMs, now - last - (waited - lastWaitedMs));
  last = now;
  lastWaitedMs = waited;
}, 1);
setInterval(() => transpileModule(text, { compilerOptions: {} }), 50);

process.on('message', () => {
  const { user, system } = process.cpuUsage(before);
  process.send?.({ longestGapMs, cpuMs: (user + system) / 1000 });
  before = process.cpuUsage();
  longestGapMs = 0;
});

// It is warm by then.
setTimeout(() => process.send?.('ready'), 4000);
