// A large warm program with half of a processor's time of work: the compiler of TypeScript, which translates a file of this repository
// 20 times a second or so, by a timer. It says by a message how long its event loop did not turn at the longest, and its CPU time.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const { transpileModule } = require('ts5') as typeof import('ts5');
const text = readFileSync(fileURLToPath(new URL('../../../src/collector/collector.ts', import.meta.url)), 'utf8');

let last = performance.now();
let longestGapMs = 0;
let before = process.cpuUsage();

setInterval(() => {
  const now = performance.now();
  longestGapMs = Math.max(longestGapMs, now - last);
  last = now;
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
