import { program, starting } from './program.js';
import type { Tool } from './tool.js';

/** Options and variables of Node's by which it looks closer, says more, writes files or allows less. */
export const options: Readonly<Record<string, Tool>> = {
  '--trace-exit': program(`process.on('exit', () => {}); setTimeout(() => process.exit(3), 20);`, {
    flags: ['--trace-exit'],
  }),
  '--trace-uncaught, --trace-warnings': program(
    `process.emitWarning('careful', { code: 'W1' }); Promise.reject(new TypeError('no'));`,
    { flags: ['--trace-uncaught', '--trace-warnings'] },
  ),
  '--pending-deprecation, --throw-deprecation': program(
    `setTimeout(() => { console.log('ran'); new (require('node:buffer').SlowBuffer ?? Buffer.alloc)(1); }, 50);`,
    { flags: ['--pending-deprecation', '--throw-deprecation'] },
  ),
  '--trace-event-categories of workers': program(`console.log('ran'); setTimeout(() => {}, 50);`, {
    flags: ['--trace-event-categories', 'v8', '--trace-event-file-pattern', 'trace.log'],
    namesAlone: /trace/,
  }),
  '--heapsnapshot-signal': program(
    `process.kill(process.pid, 'SIGUSR2'); setTimeout(() => { console.log('lives', process.listenerCount('SIGUSR2')); }, 1000);`,
    { flags: ['--heapsnapshot-signal=SIGUSR2'], namesAlone: /heapsnapshot/, varies: [/Heap\.\d+\.\d+\.\d+/g] },
  ),
  '--report-on-signal, --report-uncaught-exception': program(
    `process.kill(process.pid, 'SIGUSR2'); setTimeout(() => { throw new Error('reported'); }, 500);`,
    {
      flags: ['--report-on-signal', '--report-uncaught-exception', '--report-directory', 'reports'],
      namesAlone: /report/,
      varies: [/report\.\d+\.\d+\.\d+/g],
    },
  ),
  '--heap-prof and --cpu-prof-dir': program(
    `const kept = Array.from({ length: 1e5 }, () => ({})); console.log(kept.length);`,
    {
      flags: ['--heap-prof', '--cpu-prof', '--cpu-prof-dir=profs', '--heap-prof-dir=profs'],
      namesAlone: /profs/,
      varies: [/(CPU|Heap)\.\d+\.\d+\.\d+/g],
    },
  ),
  NODE_COMPILE_CACHE: {
    ...starting(
      `for (let n = 0; n < 2; n++) node(['cached.js'], { env: { ...process.env, NODE_COMPILE_CACHE: 'cache' } });
       const { readdirSync, rmSync } = require('node:fs'); console.log(readdirSync('cache', { recursive: true, withFileTypes: true }).filter((e) => e.isFile()).length); rmSync('cache', { recursive: true });`,
      { 'cached.js': `console.log(require('./part.js'));`, 'part.js': 'module.exports = 3;' },
    ),
    since: 22,
    known: 'Node keeps the preload there as it does modules of the program: one file more',
  },
  '--experimental-default-type=module': program(`console.log(import.meta.url.slice(-6), await 3);`, {
    flags: ['--no-warnings', '--experimental-default-type=module'],
  }),
  '--jitless, --single-threaded, --v8-pool-size=0': starting(
    `for (const flag of ['--jitless', '--single-threaded', '--v8-pool-size=0', '--no-opt', '--no-addons', '--stack-size=400', '--interrupt-budget=1000', '--max-semi-space-size=1']) node(['--no-warnings', flag, 'work.js']);`,
    {
      'work.js': `let sum = 0; for (let i = 0; i < 1e6; i++) sum += i % 7; console.log(sum); process.exitCode = 2;`,
    },
  ),
  'NODE_DEBUG=worker': {
    ...starting(`node(['-e', 'console.log(1)'], { env: { ...process.env, NODE_DEBUG: 'worker' } });`, {}),
    known: "Node's own log has lines of the collector's thread",
  },
  '--trace-gc': program(`console.log('ran');`, {
    flags: ['--trace-gc'],
    varies: [/(\[\d+:0x[^\n]*\n)+/g],
    known: "V8's log has collections of the collector's thread",
  }),
  '--expose-gc, finalizers and an observer of collections': program(
    `const registry = new FinalizationRegistry((held) => { console.log('gone', held); });
     const { PerformanceObserver } = require('node:perf_hooks');
     const kinds = new Set(); new PerformanceObserver((list) => { for (const { detail } of list.getEntries()) kinds.add(detail.kind); }).observe({ entryTypes: ['gc'] });
     (() => registry.register({}, 'it'))();
     setTimeout(() => { gc(); gc(); }, 30); setTimeout(() => console.log([...kinds].includes(4)), 400);`,
    { flags: ['--expose-gc'] },
  ),
  '--permission with what we need': {
    ...starting(
      `const flag = process.version.startsWith('v2' + '0') || process.version.startsWith('v22') ? '--experimental-permission' : '--permission';
       node(['--no-warnings', flag, '--allow-fs-read=*', '--allow-worker', 'main.js']);`,
      {
        'main.js': `try { require('node:fs').writeFileSync('x', ''); } catch (error) { console.log(error.code); } console.log(process.permission.has('fs.write'), process.permission.has('worker'));`,
      },
    ),
  },
  'sync hooks of modules': {
    ...program(`console.log(require('virtual:x').value); import('virtual:y').then((y) => console.log(y.value));`, {
      flags: ['--require', './hook.cjs'],
      files: {
        'hook.cjs': `const { registerHooks } = require('node:module');
        registerHooks?.({ resolve: (s, c, n) => (s.startsWith('virtual:') ? { url: s, format: s.endsWith('x') ? 'commonjs' : 'module', shortCircuit: true } : n(s, c)), load: (u, c, n) => (u.startsWith('virtual:') ? { format: c.format, source: u.endsWith('x') ? 'exports.value = 1' : 'export const value = 2', shortCircuit: true } : n(u, c)) });`,
      },
    }),
    since: 24,
  },
  '--test-isolation=none': {
    ...starting(`node(['--test', '--test-isolation=none', '--test-reporter=dot', 'a.test.js']);`, {
      'a.test.js': `require('node:test')('x', () => { if (process.argv.length > 9) throw 1; });`,
    }),
    since: 22,
  },
};
