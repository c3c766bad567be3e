import { inShell, program, starting } from './program.js';
import type { Tool } from './tool.js';

/** What people reported of other profilers, agents, preloads and process managers: each as a small program. */
export const reports: Readonly<Record<string, Tool>> = {
  'preloads that are added for a worker thread': program(
    `const { Worker, isMainThread, SHARE_ENV } = require('node:worker_threads');
     if (isMainThread) (async () => {
       process.execArgv = ['--require', require('node:path').resolve('pre.cjs'), ...process.execArgv];
       process.env.NODE_OPTIONS = (process.env.NODE_OPTIONS ?? '') + ' --require ' + require('node:path').resolve('pre.cjs');
       for (const options of [{}, { env: process.env }, { env: SHARE_ENV }, { execArgv: process.execArgv }, { execArgv: [] }])
         await new Promise((resolve) => new Worker(__filename, options).on('error', (error) => console.log(error.code)).on('exit', (code) => resolve(console.log(code))));
     })(); else console.log('in the worker', globalThis.preloaded, process.execArgv.length);`,
    { files: { 'pre.cjs': `globalThis.preloaded = (globalThis.preloaded ?? 0) + 1;` } },
  ),
  'a fork that puts execArgv and NODE_OPTIONS together': program(
    `const { fork } = require('node:child_process');
     if (process.send) { process.send([process.execArgv.filter((a) => !a.includes('register')).length, globalThis.preloaded]); process.disconnect(); }
     else fork(__filename, { execArgv: [], env: { ...process.env, NODE_OPTIONS: [...process.execArgv, process.env.NODE_OPTIONS ?? ''].join(' ').trim() } }).on('message', (m) => console.log(m)).on('exit', (...e) => console.log(...e));`,
    {
      flags: ['--require', './pre.cjs', '--no-warnings'],
      files: { 'pre.cjs': `globalThis.preloaded = (globalThis.preloaded ?? 0) + 1;` },
    },
  ),
  'a worker thread that a preload starts': program(
    `setTimeout(() => console.log('main', process.argv.length, require.main === module), 400);`,
    {
      flags: ['--require', './pre.cjs'],
      files: {
        'pre.cjs': `const { Worker, isMainThread, workerData } = require('node:worker_threads');
          if (isMainThread) new Worker('console.log("worker", require("node:worker_threads").workerData)', { eval: true, workerData: 3, execArgv: [] }).unref();`,
      },
    },
  ),
  'a preload that ends the process with its stdin': program(
    `const { fork } = require('node:child_process');
     if (process.argv[2] === 'child') { console.log('child', process.execArgv.length > 0); }
     else { const child = fork(__filename, ['child'], { stdio: ['pipe', 'inherit', 'inherit', 'ipc'] }); setTimeout(() => child.stdin.end(), 500); child.on('exit', (...e) => { console.log(...e); process.exit(); }); }`,
    {
      flags: ['--require', './watch.cjs'],
      files: {
        'watch.cjs': `if (process.argv[2] === 'child') { process.stdin.resume(); process.stdin.once('end', () => process.kill(process.pid, 'SIGTERM')); }`,
      },
    },
  ),
  'a worker thread with the environment of its parent, under options of V8': program(
    `const { Worker, isMainThread } = require('node:worker_threads');
     if (isMainThread) for (const env of [process.env, { ...process.env }, { ...process.env, NODE_OPTIONS: '--max-old-space-size=400' }]) {
       try { new Worker(__filename, { env }).on('error', (error) => console.log(error.code)).on('exit', (code) => console.log(code)); } catch (error) { console.log(error.code, error.message); }
     } else { gc(); console.log('worker'); }`,
    { flags: ['--expose-gc', '--stack-size=900'], varies: [/^(worker|0)\n/gm] },
  ),
  'sixteen worker threads under --cpu-prof': program(
    `const { Worker, isMainThread, parentPort } = require('node:worker_threads');
     if (!isMainThread) parentPort.on('message', () => { parentPort.postMessage('hello'); parentPort.close(); });
     else { let answers = 0; for (let n = 0; n < 16; n++) { const worker = new Worker(__filename); worker.on('message', () => { if (++answers === 16) console.log('all'); }); worker.postMessage(''); } }`,
    { flags: ['--cpu-prof', '--cpu-prof-dir=profs'], namesAlone: /profs/, varies: [/CPU\.\d+\.\d+\.\d+\.\d+\.\d+/g] },
  ),
  'process.exit while worker threads work': starting(
    `for (const how of ['process.exit(3)', 'worker.terminate().then((code) => console.log(code))', 'worker.terminate(); process.exit(4)', 'process.kill(process.pid, "SIGKILL")'])
       node(['-e', 'const { Worker } = require("node:worker_threads"); const worker = new Worker("let n = 0; for (;;) { n += [1, 2, 3].map((x) => x + n).length; }", { eval: true }); worker.once("online", () => setTimeout(() => { ' + how + ' }, 200));']);`,
    {},
  ),
  '--minor-ms and other collectors': starting(
    `for (const flag of ['--minor-ms', '--single-threaded-gc', '--stress-compaction', '--gc-interval=500', '--no-concurrent-marking', '--predictable-gc-schedule', '--optimize-for-size', '--lite-mode', '--max-lazy', '--always-sparkplug'])
       node([flag, 'garbage.js']);`,
    {
      'garbage.js': `let kept; for (let i = 0; i < 300000; i++) kept = { i, kept: i % 100 ? kept : undefined }; console.log(typeof kept);`,
    },
  ),
  'what a script knows of being the main one': starting(
    `node(['main.cjs', 'a', '--b=c', '-r']); node(['main.mjs', 'a']); node(['--import', './pre.mjs', 'main.mjs']); node(['--require', './main.cjs', 'main.mjs']);`,
    {
      'main.cjs': `console.log(require.main === module, module.parent === null, module.id, process.argv.slice(1).map((a) => a.split('/').pop()), process.argv0.length > 0, __filename.slice(-8), module.paths.length > 0);`,
      'main.mjs': `console.log(import.meta.main, import.meta.url.slice(-8), process.argv.length, typeof require, process.mainModule?.filename?.slice(-8));`,
      'pre.mjs': `console.log('pre', import.meta.main, process.argv[1]?.slice(-8));`,
    },
  ),
  'a preload that is found from the working folder': starting(
    `const { mkdirSync, writeFileSync } = require('node:fs'); mkdirSync('app/node_modules/own', { recursive: true });
     writeFileSync('app/node_modules/own/package.json', '{ "name": "own", "type": "module", "exports": { "./register": "./register.js" } }');
     writeFileSync('app/node_modules/own/register.js', 'globalThis.own = import.meta.url.slice(-11);'); writeFileSync('app/index.js', 'console.log(globalThis.own)');
     node(['--import=own/register', 'app/index.js']); node(['--import=own/register', 'index.js'], { cwd: 'app' }); node(['--require=own/register', 'index.js'], { cwd: 'app' });`,
    {},
  ),
  'an uncaughtException that does not end the process': program(`
    let times = 0; process.on('uncaughtException', (error, origin) => { console.log(error.message, origin, ++times); });
    const timer = setInterval(() => { if (times > 3) { clearInterval(timer); return; } throw new Error('again'); }, 20);
    setTimeout(() => Promise.reject(new Error('rejected')), 30);`),
  'promises that are rejected twice, late or by subclasses': program(`
    process.on('unhandledRejection', (reason) => console.log('unhandled', reason.message)); process.on('rejectionHandled', () => console.log('handled'));
    process.on('multipleResolves', () => console.log('multiple')); class Own extends Promise {}
    const late = Promise.reject(new Error('late')); setTimeout(() => late.catch(() => console.log('caught')), 30);
    const own = Own.reject(new Error('own')); own.then(() => {}); own.catch(() => {}); new Promise((resolve, reject) => { resolve(1); reject(new Error('ignored')); });
    (async () => { await { then(resolve, reject) { reject(new Error('thenable')); } }; })();`),
  'modules in circles, and what CommonJS gives to them': program(
    `import { value, change, later } from './a.mjs'; import cjs, { named } from './c.cjs'; console.log(value, change(), value, later(), cjs.named, named, Object.keys(await import('./c.cjs')).sort());
     import { createRequire } from 'node:module'; console.log(createRequire(import.meta.url)('./c.cjs') === cjs);`,
    {
      file: 'app.mjs',
      files: {
        'a.mjs': `import { b } from './b.mjs'; export let value = 1; export const change = () => ++value; export const later = () => b();`,
        'b.mjs': `import { value } from './a.mjs'; export const b = () => value * 10; try { value; } catch (error) { console.log(error.name); }`,
        'c.cjs': `exports.named = 1; exports.default = 2; Object.defineProperty(exports, '__esModule', { value: true });`,
      },
    },
  ),
  'the order of several --import and --require': program(`console.log('main');`, {
    file: 'app.mjs',
    flags: ['--import', './a.mjs', '--require', './r.cjs', '--import', './b.mjs'],
    files: {
      'a.mjs': `import './sub.mjs'; await new Promise((resolve) => setTimeout(resolve, 20)); console.log('a');`,
      'sub.mjs': `console.log('sub');`,
      'b.mjs': `console.log('b');`,
      'r.cjs': `console.log('r');`,
    },
  }),
  'an await that never settles': starting(`node(['never.mjs']); node(['circle.mjs']);`, {
    'never.mjs': `process.on('exit', (code) => console.log('exit', code)); await new Promise(() => {});`,
    'circle.mjs': `import './part.mjs'; console.log('never');`,
    'part.mjs': `export const part = 1; await import('./circle.mjs');`,
  }),
  'SIGPROF from elsewhere, without a listener': {
    ...program(
      `const child = require('node:child_process').spawn(process.execPath, ['-e', 'console.log(1); setTimeout(() => {}, 1000)']); child.stdout.once('data', () => child.kill('SIGPROF')); child.on('exit', (...e) => console.log(...e));`,
    ),
    known: "V8's sampler takes the signal for its own, under any profiler: the process lives",
  },
  'system calls that a signal interrupts': inShell(
    `mkfifo pipe; (sleep 0.7; echo from the pipe > pipe) & node calls.js; rm pipe`,
    {
      'calls.js': `const fs = require('node:fs'); const { spawnSync, execFileSync } = require('node:child_process');
        console.log(fs.readFileSync('pipe', 'utf8')); console.log(spawnSync('sleep', ['5'], { timeout: 300 }).error.code, execFileSync('sh', ['-c', 'sleep 0.3; echo child']).toString());
        const file = fs.openSync('data', 'w'); for (let n = 0; n < 200; n++) { fs.writeSync(file, 'x'.repeat(10000)); if (n % 50 === 0) fs.fsyncSync(file); } fs.closeSync(file); console.log(fs.statSync('data').size); fs.rmSync('data');
        require('node:dns').lookup('localhost', (error, address) => console.log(error, address.length > 2));`,
    },
  ),
  'children of a process with much memory': program(
    `const { spawnSync } = require('node:child_process'); const kept = []; for (let n = 0; n < 6; n++) kept.push(Buffer.alloc(100 << 20, n + 1));
     for (let n = 0; n < 10; n++) if (spawnSync('true').status !== 0) console.log('failed'); console.log(kept.length);`,
    { env: { PROFBUF_RATE: '5000' } },
  ),
  'much on a pipe, and process.exit': inShell(
    `node large.js | (sleep 2; wc -c); node slow.js | (sleep 0.5; wc -c); (node both.js | (sleep 0.3; wc -c)) 2>&1`,
    {
      'large.js': `console.log('x'.repeat(3 << 20)); process.exit(0);`,
      'slow.js': `process.stdout.write('x'.repeat(3 << 20), () => process.exit(0));`,
      'both.js': `for (let n = 0; n < 20000; n++) { process.stdout.write('out\\n'); } process.exitCode = 3;`,
    },
  ),
  'cluster with settings of its own': program(
    `const cluster = require('node:cluster');
     if (cluster.isPrimary) { cluster.setupPrimary({ exec: 'worker.js', execArgv: ['--max-old-space-size=300', '--inspect=0'], args: ['a', '--b'], silent: true });
       const worker = cluster.fork({ OWN: '1' }); worker.process.stdout.on('data', (data) => console.log(String(data))); worker.on('exit', (...e) => console.log(...e, cluster.settings.args)); }`,
    {
      files: {
        'worker.js': `console.log(process.argv.slice(2), process.execArgv.map((a) => a.replace(/=\\d+/, '')), process.env.OWN, require('node:inspector').url() !== undefined); process.disconnect();`,
      },
    },
  ),
  'an inspector that is open as the process ends': starting(
    `for (const code of ['process.exit(3)', 'setTimeout(() => {}, 50)', 'throw new Error("e")', 'require("node:inspector").close(); console.log(2)'])
       { const r = spawnSync(process.execPath, ['--inspect=0', '-e', 'console.log(1); ' + code], { encoding: 'utf8' }); console.log(r.status, r.stdout, r.stderr.replace(/ws:\\S+/g, '').replace(/^profbuf: .*\\n/gm, '')); }`,
    {},
  ),
  'SIGTERM to a child, and its exit listeners': program(
    `const { fork } = require('node:child_process');
     if (process.send) { process.on('SIGTERM', () => { console.log('term'); process.exit(0); }); process.on('exit', (code) => console.log('exit', code)); process.send('ready'); setInterval(() => {}, 1000); }
     else { const child = fork(__filename); child.on('message', () => child.kill()); child.on('exit', (...e) => console.log(...e)); }`,
  ),
  'a child that notices that its parent is gone': inShell(`node parent.js; sleep 1; cat left; rm left`, {
    'parent.js': `const { fork } = require('node:child_process'); fork('./child.js', { stdio: 'ignore', detached: true }).on('message', () => process.kill(process.pid, 'SIGKILL'));`,
    'child.js': `process.on('disconnect', () => { require('node:fs').writeFileSync('left', 'disconnected'); process.exit(); }); process.send('ready'); setTimeout(() => {}, 5000);`,
  }),
  'SIGHUP to a whole group of processes': program(
    `const { spawn } = require('node:child_process');
     const group = spawn('sh', ['-c', 'node member.js & node member.js & wait'], { detached: true, stdio: ['ignore', 'pipe', 'inherit'] }); let out = '';
     group.stdout.on('data', (data) => { out += data; if (out === 'ready\\nready\\n') process.kill(-group.pid, 'SIGHUP'); }); group.on('close', (...e) => console.log(out.split('\\n').sort().join(), ...e));`,
    {
      files: {
        'member.js': `process.on('SIGHUP', () => { console.log('hup'); process.exit(2); }); setInterval(() => {}, 1000); console.log('ready');`,
      },
    },
  ),
  'lines for a child through the stdin of its parent': inShell(
    `(sleep 0.8; echo rs; sleep 0.2; echo end) | node parent.js`,
    {
      'parent.js': `require('node:child_process').spawn(process.execPath, ['child.js'], { stdio: 'inherit' }).on('exit', (...e) => console.log(...e));`,
      'child.js': `process.stdin.setEncoding('utf8').on('data', (line) => { console.log('got', line); if (line.includes('end')) process.exit(5); });`,
    },
  ),
  '--cpu-prof and SIGINT': starting(
    `for (const code of ['process.on("SIGINT", () => process.exit(7));', '']) { const r = spawnSync(process.execPath, ['--cpu-prof', '--cpu-prof-dir=profs', '-e', code + 'setTimeout(() => process.kill(process.pid, "SIGINT"), 200); setInterval(() => {}, 1000)'], { encoding: 'utf8' }); console.log(r.status, r.signal, r.stdout, r.stderr.replace(/^profbuf: .*\\n/gm, '')); }
     const { existsSync, readdirSync, rmSync } = require('node:fs'); console.log(existsSync('profs') && readdirSync('profs').length); rmSync('profs', { recursive: true, force: true });`,
    {},
  ),
  'coverage that the program takes itself': starting(
    `const { readdirSync, readFileSync, rmSync } = require('node:fs'); node(['covered.js'], { env: { ...process.env, NODE_V8_COVERAGE: 'cov' } });
     const counts = []; for (const name of readdirSync('cov')) for (const { url, functions } of JSON.parse(readFileSync('cov/' + name, 'utf8')).result) if (url.endsWith('/covered.js')) for (const f of functions) if (f.functionName) counts.push(f.functionName + f.ranges[0].count);
     console.log(counts.sort()); rmSync('cov', { recursive: true });`,
    {
      'covered.js': `function one() { return 1; } function two() { return 2; } one(); one(); require('node:v8').takeCoverage(); setTimeout(() => { one(); two(); require('node:v8').takeCoverage(); setTimeout(two, 20); }, 20);`,
    },
  ),
  'the runner of tests under coverage': starting(
    `const { existsSync, readdirSync, rmSync } = require('node:fs');
     const r = spawnSync(process.execPath, ['--test', '--test-reporter=tap', 'a.test.js', 'b.test.js'], { encoding: 'utf8', env: { ...process.env, NODE_V8_COVERAGE: 'cov' } });
     console.log(r.status, r.stdout.match(/^# (tests|pass|fail) \\d+/gm), existsSync('cov') && readdirSync('cov').length >= 1); rmSync('cov', { recursive: true, force: true });`,
    {
      'a.test.js': `require('node:test')('a', () => {});`,
      'b.test.js': `require('node:test')('b', () => { throw new Error('b'); });`,
    },
  ),
  'heap snapshots of a worker thread as it begins and ends': program(
    `const { Worker, isMainThread } = require('node:worker_threads'); const v8 = require('node:v8');
     const read = (stream) => new Promise((resolve) => stream.on('data', () => {}).on('end', resolve));
     if (isMainThread) { const worker = new Worker(__filename, { env: process.env }); worker.once('exit', async (code) => { await read(v8.getHeapSnapshot()); console.log(code); }); }
     else read(v8.getHeapSnapshot()).then(() => console.log('worker'));`,
  ),
  'process.binding and what is deprecated': starting(
    `for (const code of ['console.log(typeof process.binding("spawn_sync").spawn, process.binding("natives").fs !== undefined)', 'console.log(typeof require("node:_http_agent"))', 'require("node:sys"); console.log(1)']) node(['--pending-deprecation', '-e', code]);`,
    {},
  ),
  'a script named node that is found first': starting(
    `const { mkdirSync, writeFileSync, chmodSync } = require('node:fs'); mkdirSync('bin'); writeFileSync('bin/node', '#!/bin/sh\\nWRAPPED=1 exec "' + process.execPath + '" --no-warnings "$@"\\n'); chmodSync('bin/node', 0o755);
     const { stdout, status } = spawnSync('node', ['wrapped.js', 'a'], { encoding: 'utf8', env: { ...process.env, PATH: require('node:path').resolve('bin') + ':' + process.env.PATH } }); console.log(status, stdout);`,
    {
      'wrapped.js': `console.log(process.env.WRAPPED, process.execArgv, process.argv.slice(2)); require('node:child_process').execSync('node -p "process.env.WRAPPED"', { stdio: 'inherit' }); process.exitCode = 3;`,
    },
  ),
  'a server that closes for SIGTERM under load': program(
    `const http = require('node:http'); let [asked, served, answered] = [0, 0, 0]; const server = http.createServer((q, r) => { if (++asked === 8) process.kill(process.pid, 'SIGTERM'); setTimeout(() => { served++; r.end('ok'); }, 50); });
     process.on('SIGTERM', () => server.close(() => { console.log('closed', served); }));
     server.listen(0, () => { const { port } = server.address(); const agent = new http.Agent({ keepAlive: true }); for (let n = 0; n < 8; n++) http.get({ port, agent }, (r) => r.resume().on('end', () => { if (++answered === 8) agent.destroy(); })); });`,
  ),
};
