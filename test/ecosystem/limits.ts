import { inShell, program, starting } from './program.js';
import type { Tool } from './tool.js';

/** Surroundings with less in them, and programs that change theirs, or themselves. */
export const limits: Readonly<Record<string, Tool>> = {
  'an address space that is limited': inShell(`ulimit -v 1600000; exec node app2.js`, {
    'app2.js': `console.log('ran'); process.exitCode = 3;`,
  }),
  'files until there are no more': inShell('ulimit -n 64; exec node app2.js', {
    'app2.js': `const fs = require('node:fs'); const open = []; try { for (;;) open.push(fs.openSync('/dev/null')); } catch (error) { console.log(error.code, open.length > 20); }
      setTimeout(() => { for (const fd of open) fs.closeSync(fd); console.log('closed'); process.exitCode = 4; }, 300);`,
  }),
  'a folder for temporary files that is not there': starting(
    `node(['-p', '1'], { env: { ...process.env, TMPDIR: '/no/such' } });`,
    {},
  ),
  'a working folder that goes away': program(
    `const fs = require('node:fs'); fs.mkdirSync('gone'); process.chdir('gone'); fs.rmdirSync('../gone');
     try { process.cwd(); } catch (error) { console.log(error.code); }
     setTimeout(() => { const { Worker } = require('node:worker_threads'); new Worker('', { eval: true }).on('error', (error) => console.log('error', error instanceof Error)).on('exit', (code) => console.log('exit', code)); }, 300);`,
  ),
  'another working folder': program(
    `const fs = require('node:fs'); fs.mkdirSync('other'); process.chdir('other'); setTimeout(() => console.log(fs.readdirSync('.').length), 400);`,
  ),
  'another user': program(
    `process.setgid?.(65533); process.setuid?.(65533); console.log(process.getuid()); setTimeout(() => { process.exitCode = 6; }, 400);`,
  ),
  'stopped and continued': program(
    `const { spawn } = require('node:child_process'); spawn('sh', ['-c', 'sleep 0.3; kill -CONT ' + process.pid], { stdio: 'ignore' });
     process.on('SIGCONT', () => { console.log('goes on'); process.exit(3); }); setInterval(() => {}, 1000); process.kill(process.pid, 'SIGSTOP');`,
  ),
  'a detached child that outlives its parent': inShell(
    `node parent.js; echo $?; for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do [ -e done ] && break; sleep 0.2; done; cat done; rm done`,
    {
      'parent.js': `const { spawn } = require('node:child_process'); spawn(process.execPath, ['child.js'], { detached: true, stdio: 'ignore' }).unref(); console.log('left');`,
      'child.js': `setTimeout(() => require('node:fs').writeFileSync('done', process.ppid > 0 ? 'done' : ''), 600);`,
    },
  ),
  'stdin read at once': inShell(
    `printf 'one\\ntwo\\n' | node all.js; (sleep 0.4; echo late) | node all.js; node all.js < /dev/null; node lines.js < all.js | tail -n 1`,
    {
      'all.js': `let text; for (;;) try { text = require('node:fs').readFileSync(0, 'utf8'); break; } catch (error) { if (error.code !== 'EAGAIN') throw error; } console.log(JSON.stringify(text));`,
      'lines.js': `(async () => { let n = 0; for await (const line of require('node:readline').createInterface(process.stdin)) n++; console.log(n); })();`,
    },
  ),
  'a closed stderr, a full disk': inShell(
    `node both.js 2>&-; echo $?; node both.js > /dev/full; echo $?; node both.js 2> /dev/full; echo $?; node both.js >&-; echo $?`,
    { 'both.js': `console.error('to stderr'); console.log('to stdout'); process.exitCode = 3;` },
  ),
  'errors of a pipe that the program listens to': inShell(
    `node many.js | head -n 1; echo "\${PIPESTATUS:-}"; cat status; rm status`,
    {
      'many.js': `process.stdout.on('error', (error) => { require('node:fs').writeFileSync('status', error.code); process.exit(7); }); for (let i = 0; i < 50000; i++) console.log('line', i); setTimeout(() => {}, 5000);`,
    },
  ),
  'a pool of one thread that is taken': program(
    `const { pbkdf2 } = require('node:crypto'); for (let n = 0; n < 3; n++) pbkdf2('a', 'b', 400000, 64, 'sha512', () => console.log('done', n)); setTimeout(() => console.log('timer'), 20);`,
    { env: { UV_THREADPOOL_SIZE: '1' } },
  ),
  'globals that are gone or frozen': starting(
    `for (const code of [
       'Object.freeze(globalThis); Object.freeze(process)', 'delete globalThis.process; globalThis.process = undefined',
       'globalThis.Reflect = undefined; globalThis.Proxy = undefined; globalThis.BigInt = undefined; globalThis.Map = undefined; globalThis.Promise = undefined',
       'Function.prototype.call = Function.prototype.bind = () => { throw new Error("no") }',
       'Promise.prototype.then = function () { return this }',
       'process.emit = () => true; process.on = process.once = process.prependListener = () => process',
       'Object.setPrototypeOf(process, null)', 'process.exit = () => console.log("no exit")',
       'for (const name of ["env", "argv", "execArgv", "extra", "kind", "ok"]) Object.prototype[name] = 1',
       'Array.prototype.push = Array.prototype.map = Array.prototype.filter = () => { throw new Error("no") }',
       'Error.prepareStackTrace = () => { throw new Error("no") }; Error.stackTraceLimit = 0',
       'globalThis.WebAssembly = globalThis.MessageChannel = globalThis.AbortController = globalThis.queueMicrotask = undefined',
     ]) node(['-e', 'const log = console.log; setTimeout(() => log("later"), 300); ' + code + '; log("ran")']);`,
    {},
  ),
  'process.exit in many places': starting(
    `for (const code of ['process.exit(1)', 'setImmediate(() => process.exit(2))', 'process.nextTick(() => process.exit(3))', 'queueMicrotask(() => process.exit(4))',
       'new Promise(() => process.exit(5))', 'process.on("beforeExit", () => process.exit(6))', 'process.exitCode = 7; process.on("exit", () => { process.exitCode = undefined })',
       'process.exit("8")', 'try { process.exit(9) } finally { console.log("never") }', 'process.emitWarning("w"); process.exit(10)', 'require("node:fs").readFile("x", () => process.exit(11))',
       'process.exitCode = 12; throw new Error("e")', 'process.on("uncaughtException", () => { throw new Error("second") }); throw new Error("first")', 'process.abort = () => process.exit(14); process.abort()'])
       node(['-e', code]);`,
    {},
  ),
  'memory that is shared, and waiting': program(
    `const { Worker } = require('node:worker_threads'); const shared = new Int32Array(new SharedArrayBuffer(8));
     new Worker('const { workerData: s } = require("node:worker_threads"); Atomics.store(s, 0, 1); Atomics.notify(s, 0); Atomics.wait(s, 1, 0, 5000); console.log("woken", Atomics.load(s, 1));', { eval: true, workerData: shared });
     Atomics.wait(shared, 0, 0, 5000); Atomics.store(shared, 1, 2); Atomics.notify(shared, 1);
     const { async, value } = Atomics.waitAsync?.(shared, 0, 1, 30) ?? { async: true, value: Promise.resolve('timed-out') }; Promise.resolve(value).then((how) => console.log(async, how)); setTimeout(() => {}, 300);`,
  ),
  'WebAssembly that traps and runs on': program(
    `const bytes = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 5, 1, 1, 102, 0, 0, 10, 5, 1, 3, 0, 0, 11]);
     (async () => { const { instance } = await WebAssembly.instantiate(bytes); try { instance.exports.f(); } catch (error) { console.log(error.name, error.message, error.stack.split('\\n').length > 2); } })();`,
  ),
  'contexts with a time limit': program(
    `const vm = require('node:vm'); for (let n = 0; n < 10; n++) try { vm.runInNewContext('for (;;);', {}, { timeout: 15 }); } catch (error) { if (error.code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error; }
     console.log(vm.runInNewContext('Promise.resolve(1).then((x) => out.push(x)); 3', { out: [] }, { microtaskMode: 'afterEvaluate' }));`,
  ),
  'an inspector session of the program that profiles': program(
    `const { Session } = require('node:inspector/promises'); (async () => { const session = new Session(); session.connect();
       await session.post('Profiler.enable'); await session.post('Profiler.start'); const end = Date.now() + 200; while (Date.now() < end);
       const { profile } = await session.post('Profiler.stop'); console.log(profile.samples.length > 20, profile.nodes.length > 2);
       await session.post('HeapProfiler.startSampling'); const kept = Array.from({ length: 1e5 }, () => ({})); const { profile: heap } = await session.post('HeapProfiler.stopSampling'); console.log(heap.samples.length > 1, kept.length);
       await session.post('Runtime.enable'); console.log((await session.post('Runtime.evaluate', { expression: '6 * 7' })).result.value); session.disconnect(); })();`,
  ),
  'a program that debugs itself': program(
    `const { Session } = require('node:inspector'); const session = new Session(); session.connect();
     session.on('Debugger.paused', ({ params }) => console.log(params.reason, params.callFrames[0].functionName)); session.post('Debugger.enable');
     function stops(value) { debugger; return value; } console.log(stops(3)); session.post('Debugger.setPauseOnExceptions', { state: 'all' }); try { null.x; } catch (error) { console.log(error.name); } setTimeout(() => stops(4), 300);`,
  ),
  'a session on the main thread of a worker': program(
    `const { Worker, isMainThread } = require('node:worker_threads');
     if (isMainThread) { new Worker(__filename).on('exit', (code) => setTimeout(() => console.log('exit', code), 100)); setTimeout(() => {}, 600); }
     else { setTimeout(() => {}, 300); const { Session } = require('node:inspector'); const session = new Session(); session.connectToMainThread(); session.post('Runtime.evaluate', { expression: 'process.pid > 0' }, (error, { result }) => { console.log(error, result.value); session.disconnect(); }); }`,
  ),
  'heap snapshots': program(
    `const v8 = require('node:v8'); setTimeout(() => { const name = v8.writeHeapSnapshot('a.heapsnapshot'); console.log(name); v8.getHeapSnapshot().on('data', () => {}).on('end', () => console.log('read')); }, 200);`,
    { namesAlone: /heapsnapshot/ },
  ),
  'what performance shows': program(
    `const { performance, monitorEventLoopDelay, createHistogram } = require('node:perf_hooks');
     console.log(performance.getEntries().length, Object.keys(performance.nodeTiming.toJSON()).join()); performance.mark('a'); performance.measure('b', 'a'); console.log(performance.getEntries().map(({ name }) => name).join());
     const delay = monitorEventLoopDelay({ resolution: 5 }); delay.enable(); setTimeout(() => { delay.disable(); console.log(delay.max < 200e6, createHistogram().count); }, 300);`,
  ),
  'threads that are many and short': program(
    `const { Worker, isMainThread } = require('node:worker_threads');
     if (isMainThread) { let left = 24; const codes = []; for (let n = 0; n < 24; n++) { const w = new Worker(__filename, { argv: [String(n)] }); if (n % 6 === 5) w.terminate(); w.on('error', (e) => codes.push(e.message)); w.on('exit', () => { if (--left === 0) console.log(codes.sort().join()); }); } }
     else if (process.argv[2] % 3 === 0) throw new Error('of ' + process.argv[2]); else process.exit(2);`,
  ),
  'bytes over the channel of a fork': program(
    `const { fork } = require('node:child_process');
     if (process.send) { process.on('message', (m, handle) => { if (handle) { handle.end('over'); process.disconnect(); } else process.send(m.length); }); process.on('disconnect', () => console.log('disconnected')); }
     else { const net = require('node:net'); const child = fork(__filename); child.on('message', (m) => { console.log(m); const server = net.createServer((socket) => { child.send('socket', socket); }).listen(0, () => net.connect(server.address().port).on('data', (d) => console.log(String(d))).on('close', () => server.close())); }); child.send('x'.repeat(2_000_000)); child.on('exit', (...e) => console.log(...e)); }`,
    { varies: [/^(over|disconnected)\n/gm] },
  ),
};
