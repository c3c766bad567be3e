import { program, starting } from './program.js';
import type { Tool } from './tool.js';

/** Ways to make a program behave otherwise when it is recorded, by what reports about preloads and profilers tell. */
export const attempts: Readonly<Record<string, Tool>> = {
  'order of exit listeners': program(`
    process.on('beforeExit', () => console.log('beforeExit'));
    process.prependListener('exit', (code) => console.log('first', code));
    process.on('exit', (code) => { console.log('exit', code); process.exitCode = 9; });
    process.on('exit', () => { Promise.resolve().then(() => console.log('never')); process.nextTick(() => console.log('never')); });`),
  'an error in an exit listener': program(
    `process.on('exit', () => { throw new Error('at the end'); }); console.log('ran');`,
    // Where in Node's own emit a listener was called depends on whether it is the only one.
    { varies: [/at process\.emit \(node:events:[\d:]+\)/g] },
  ),
  'process.exit in an exit listener': program(`process.on('exit', () => process.exit(12)); process.exitCode = 3;`),
  'process.reallyExit and abort': starting(
    `node(['-e', 'process.reallyExit(4)']); node(['-e', "process.kill(process.pid, 'SIGKILL')"]);`,
    {},
  ),
  'unhandled rejections, each mode': starting(
    `for (const mode of ['strict', 'warn', 'none', 'throw', 'warn-with-error-codes']) node(['--unhandled-rejections=' + mode, 'reject.js']);`,
    { 'reject.js': `Promise.reject(new Error('no')); setTimeout(() => console.log('went on'), 20);` },
  ),
  'uncaughtException and its monitor': program(`
    process.on('uncaughtExceptionMonitor', (error, origin) => console.log('monitor', error.message, origin));
    process.once('uncaughtException', (error, origin) => { console.log('caught', error.message, origin); setTimeout(() => { throw new TypeError('second'); }, 5); });
    throw new Error('first');`),
  'a captured uncaught exception': program(`
    process.setUncaughtExceptionCaptureCallback((error) => { console.log('captured', error.message); });
    setTimeout(() => { throw new Error('no'); }, 5);`),
  'stdin, streamed': program(
    `const { spawnSync } = require('node:child_process');
     console.log(spawnSync(process.execPath, ['-'], { input: "process.stdin.resume(); console.log('from stdin', __filename, process.argv.length)", encoding: 'utf8' }).stdout);
     console.log(spawnSync(process.execPath, ['-i'], { input: '1 + 1\\nconst a = 3\\na\\n.exit\\n', encoding: 'utf8' }).stdout.replace(/Welcome.*/, ''));
     console.log(spawnSync(process.execPath, ['--input-type=module'], { input: 'console.log(import.meta.url, await 3)', encoding: 'utf8' }).stdout);`,
  ),
  'a closed pipe': program(
    `const { spawnSync } = require('node:child_process');
     const sh = (line) => { const { status, stdout, stderr } = spawnSync('sh', ['-c', line], { encoding: 'utf8' }); console.log(status, stdout, stderr.replace(/^profbuf: .*\\n/gm, '')); };
     sh('node -e "for (let i = 0; i < 100000; i++) console.log(i); process.exitCode = 5" | head -n 1');
     sh('node large.js | wc -c');
     sh('node large.js 2>&- | tail -c 5');
     sh('node large.js <&- | tail -c 5');`,
    { files: { 'large.js': `process.stdout.write('x'.repeat(5_000_000)); process.stdout.write('done\\n');` } },
  ),
  'cluster, workers that are killed': program(`
    const cluster = require('node:cluster');
    if (cluster.isPrimary) {
      console.log(cluster.settings.execArgv ?? [], process.execArgv);
      const order = [];
      cluster.on('exit', (worker, code, signal) => { order.push([worker.id, code, signal, worker.exitedAfterDisconnect]); if (order.length === 3) console.log(order.sort((a, b) => a[0] - b[0])); });
      for (let id = 0; id < 3; id++) cluster.fork({ id }).on('online', function () { if (id === 1) this.kill(); if (id === 2) this.process.kill('SIGKILL'); });
    } else if (process.env.id === '0') process.exit(7); else setInterval(() => {}, 1000);`),
  'fork, its options, channel and arguments': program(`
    const { fork } = require('node:child_process');
    if (process.send && process.argv[2] === 'child') {
      process.send({ argv: process.argv.slice(2), execArgv: process.execArgv, connected: process.connected, listeners: process.listenerCount('message') });
      process.on('message', (m) => { process.send({ got: m }); process.disconnect(); });
    } else {
      const child = fork(__filename, ['child', 'a b'], { execArgv: ['--max-old-space-size=300', '--no-warnings'], serialization: 'advanced' });
      child.on('message', (m) => { console.log(m); if (m.argv) child.send(new Map([[1, 2n]])); });
      child.on('exit', (...ending) => console.log(...ending));
    }`),
  'workers: execArgv, env, argv, resource limits': program(`
    const { Worker, isMainThread, workerData, resourceLimits, SHARE_ENV } = require('node:worker_threads');
    if (isMainThread) (async () => {
      for (const options of [{ execArgv: [] }, { execArgv: ['--no-warnings', '--stack-trace-limit=3'] }, { env: { A: '1' } }, { env: SHARE_ENV }, { argv: ['x'] }, { resourceLimits: { maxOldGenerationSizeMb: 20 } }, { stdout: true }, { trackUnmanagedFds: false }]) {
        const worker = new Worker(__filename, { workerData: 3, ...options });
        if (options.stdout) worker.stdout.on('data', (data) => console.log('piped', String(data)));
        await new Promise((resolve) => worker.on('error', (error) => console.log(error.code)).on('exit', (code) => { console.log(code); resolve(); }));
      }
    })(); else {
      console.log(workerData, process.execArgv, process.argv.slice(2), process.env.A, resourceLimits.maxOldGenerationSizeMb, Object.keys(process.env).filter((k) => !/^(PROFBUF_|NODE_OPTIONS)/.test(k)).length);
      if (resourceLimits.maxOldGenerationSizeMb === 20) { const all = []; for (;;) all.push(new Array(1000).fill(1.5)); }
      process.exit(5);
    }`),
  'process.title': program(
    `console.log(process.title); process.title = 'mine'; console.log(process.title, require('node:fs').readFileSync('/proc/self/cmdline', 'latin1').slice(0, 4));`,
    { flags: ['--title=given'] },
  ),
  '--frozen-intrinsics': program(`console.log(Object.isFrozen(Array.prototype), new Date(0).getTime());`, {
    flags: ['--frozen-intrinsics', '--no-warnings'],
  }),
  '--disallow-code-generation-from-strings': program(
    `try { eval('1'); } catch (error) { console.log(error.name); } console.log('ran');`,
    { flags: ['--disallow-code-generation-from-strings'] },
  ),
  '--disable-proto': starting(
    `for (const how of ['delete', 'throw']) node(['--disable-proto=' + how, '-p', '"__proto__" in {}']);`,
    {},
  ),
  '--experimental-vm-modules and contexts': program(
    `const vm = require('node:vm');
     (async () => {
       const module = new vm.SourceTextModule('export default 3; import.meta.x', { context: vm.createContext({}) });
       await module.link(() => {}); await module.evaluate(); console.log(module.namespace.default);
       console.log(vm.runInNewContext('Object.getOwnPropertyNames(globalThis).filter((n) => /prof/i.test(n)).length'));
     })();`,
    { flags: ['--experimental-vm-modules', '--no-warnings'] },
  ),
  'NODE_OPTIONS of 100 KB': starting(
    `const long = '--title=' + 'x'.repeat(100_000); node(['-p', 'process.title.length > 0 && 1'], { env: { ...process.env, NODE_OPTIONS: long + ' ' + (process.env.NODE_OPTIONS ?? '') } });`,
    {},
  ),
  'the environment of a child without NODE_OPTIONS': starting(
    `node(['-p', 'Object.keys(process.env).length'], { env: {} });`,
    {},
  ),
  'async_hooks and AsyncLocalStorage': program(`
    const { createHook, executionAsyncId, triggerAsyncId, AsyncLocalStorage } = require('node:async_hooks');
    const types = []; createHook({ init(id, type, trigger) { types.push([type, trigger === executionAsyncId()]); } }).enable();
    console.log(executionAsyncId(), triggerAsyncId());
    const store = new AsyncLocalStorage();
    store.run(3, async () => { await null; setImmediate(() => { console.log(store.getStore()); process._rawDebug(types.map(([type]) => type).join()); }); });`),
  'a domain': program(
    `const domain = require('node:domain').create(); domain.on('error', (error) => console.log('domain', error.message, process.domain)); domain.run(() => setTimeout(() => { throw new Error('in it'); }, 5));`,
    { flags: ['--no-deprecation'] },
  ),
  'an inspector that is open': program(
    `const inspector = require('node:inspector'); inspector.open(0); const session = new inspector.Session(); session.connect();
     session.post('Runtime.evaluate', { expression: '1 + 2' }, (error, { result }) => console.log(error, result.value));
     session.post('Profiler.enable'); session.post('Profiler.start'); session.post('Profiler.stop', (error, r) => console.log(error, Array.isArray(r?.profile.nodes)));
     session.disconnect(); inspector.close();`,
    { varies: [/ws:\/\/\S+/g] },
  ),
  '--inspect': program(`console.log(require('node:inspector').url() !== undefined);`, {
    flags: ['--inspect=0'],
    varies: [/ws:\/\/\S+/g],
  }),
  'process.report and handles': program(`
    const report = JSON.parse(JSON.stringify(process.report.getReport()));
    console.log(process.getActiveResourcesInfo(), process._getActiveHandles().length, process._getActiveRequests().length, Object.keys(report).join());`),
  SIGPIPE: program(
    `process.on('SIGPIPE', () => console.log('never')); const server = require('node:net').createServer((s) => s.destroy()).listen(0, () => { const c = require('node:net').connect(server.address().port); c.on('connect', () => { for (let i = 0; i < 100; i++) c.write('x'.repeat(100000)); }); c.on('error', (e) => { console.log(e.syscall !== undefined); server.close(); }); c.on('close', () => server.close()); });`,
    { varies: [/^true\n/gm] },
  ),
  'hooks of modules': program(
    `import { register } from 'node:module'; import { value } from 'virtual:x'; console.log(value);`,
    {
      file: 'app.mjs',
      flags: ['--import', './register.mjs'],
      files: {
        'register.mjs': `import { register } from 'node:module'; register('./hooks.mjs', import.meta.url); console.log('registered', process.execArgv);`,
        'hooks.mjs': `console.log('hooks'); export async function resolve(s, c, n) { return s === 'virtual:x' ? { url: s, shortCircuit: true } : n(s, c); }
        export async function load(u, c, n) { if (u === 'virtual:x') return { format: 'module', source: 'export const value = 42', shortCircuit: true }; if (/profbuf/.test(u)) console.log(u); return n(u, c); }`,
      },
    },
  ),
  '--experimental-loader': program(`import { value } from 'virtual:x'; console.log(value);`, {
    file: 'app.mjs',
    flags: ['--no-warnings', '--experimental-loader', './hooks.mjs'],
    files: {
      'hooks.mjs': `export async function resolve(s, c, n) { return s === 'virtual:x' ? { url: s, shortCircuit: true } : n(s, c); }
        export async function load(u, c, n) { return u === 'virtual:x' ? { format: 'module', source: 'export const value = 42', shortCircuit: true } : n(u, c); }`,
    },
  }),
  'a hook over Module._load, _resolveFilename and the extensions': program(
    `console.log(require('./data.x'), seen.join());`,
    {
      flags: ['--require', './hook.cjs'],
      files: {
        'data.x': 'any',
        'hook.cjs': `const Module = require('node:module'); globalThis.seen = []; const load = Module._load;
        Module._load = function (request, ...rest) { seen.push(request.replace(/.*\\//, '')); return load.call(this, request, ...rest); };
        require.extensions['.x'] = (module) => { module.exports = 'x'; }; seen.push(Object.keys(require.cache).map((p) => p.replace(/.*\\//, '')).filter((n) => n !== 'register.cjs').join());`,
      },
    },
  ),
  'Error.prepareStackTrace and its limit': program(`
    Error.stackTraceLimit = 2; Error.prepareStackTrace = (error, sites) => error.message + ' ' + sites.map((site) => site.getFunctionName() + ':' + site.getLineNumber()).join();
    function a() { return new Error('x').stack; } function b() { return a(); } console.log(b());
    setTimeout(() => { console.log(b()); null.x; }, 5);`),
  'a stack overflow, its depth': program(
    `let depth = 0; function dive() { depth++; dive(); } try { dive(); } catch (error) { console.log(error.name, depth > 5000); }`,
  ),
  'a snapshot is built and run': starting(
    `node(['--snapshot-blob', 'app.blob', '--build-snapshot', 'entry.js']); node(['--snapshot-blob', 'app.blob', 'main.js']); require('node:fs').rmSync('app.blob', { force: true });`,
    {
      'entry.js': `globalThis.kept = 3; require('node:v8').startupSnapshot.setDeserializeMainFunction(() => { console.log('from the snapshot', kept); process.exitCode = 6; });`,
    },
  ),
  '-e, -p, --check and --print': starting(
    `node(['-e', 'console.log(process.argv.length, __filename)', 'x']); node(['-p', '[module.paths.length > 0, require.main]']); node(['--check', 'bad.js']); node(['-v']); node(['--bad-option']); node(['missing.js']);`,
    { 'bad.js': 'const = 1' },
  ),
  'scripts with #!, links, spaces and letters of all kinds': starting(
    `const { chmodSync, symlinkSync, mkdirSync, linkSync } = require('node:fs');
     mkdirSync('ö ü 漢字 "q"'); symlinkSync('../script', 'ö ü 漢字 "q"/link 😀.js'); chmodSync('script', 0o755); symlinkSync('script', 'plain');
     node(['ö ü 漢字 "q"/link 😀.js', 'ü']); node(['--preserve-symlinks-main', 'plain']);
     const { status, stdout } = spawnSync('./script', ['ä'], { encoding: 'utf8' }); console.log(status, stdout);`,
    {
      script: `#!/usr/bin/env node\nconsole.log(__filename.slice(-20), process.argv.slice(2), require.main === module); process.exitCode = 8;`,
    },
  ),
  'timers and ticks in order': program(
    `
    setTimeout(() => console.log('timeout'), 0); setImmediate(() => console.log('immediate')); process.nextTick(() => console.log('tick'));
    queueMicrotask(() => console.log('microtask')); Promise.resolve().then(() => console.log('promise')); console.log('main');`,
    {
      // A timeout of 0 and an immediate race, in bare programs too.
      varies: [/^(timeout|immediate)\n/gm],
    },
  ),
  'global names, builtins, process keys': program(`
    console.log(Reflect.ownKeys(globalThis).map(String).filter((name) => !/^Symbol\\(profbuf/.test(name)).join());
    console.log(Object.keys(process).sort().join(), module.children.length);
    console.log(process.execArgv, process.moduleLoadList === undefined, process.getMaxListeners());`),
  'listeners of signals': program(`
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR2', 'SIGQUIT']) console.log(signal, process.listenerCount(signal), process.rawListeners(signal).length);
    process.on('SIGTERM', () => { console.log('mine'); process.removeAllListeners('SIGTERM'); process.kill(process.pid, 'SIGTERM'); }); setInterval(() => {}, 1000); process.kill(process.pid, 'SIGTERM');`),
  'removeAllListeners on process': program(
    `process.removeAllListeners(); process.on('exit', (code) => console.log('exit', code)); console.log('ran'); setTimeout(() => process.exit(6), 10);`,
  ),
  'programs that replace what we use': program(`
    for (const object of [Array.prototype, Map.prototype, Promise.prototype, Object.prototype]) for (const name of ['then', 'map', 'get', 'push', 'toJSON']) if (object !== Promise.prototype && typeof object[name] === 'function' && name === 'toJSON') delete object[name];
    Object.prototype.extra = 1; Array.prototype.extra = 2; Array.prototype[Symbol.iterator] = function* () { yield* { *[Symbol.iterator]() {} }; };
    JSON.parse = () => { throw new Error('no'); }; JSON.stringify = JSON.parse; Date.now = () => 0; Math.random = () => 0.5; performance.now = () => 0; globalThis.Atomics = undefined; globalThis.SharedArrayBuffer = undefined; globalThis.setTimeout = () => { throw new Error('no'); };
    console.log('ran'); process.exitCode = 4;`),
  'fake timers before our first line is over': program(`console.log(Date.now(), setTimeout.name);`, {
    flags: ['--require', './fake.cjs'],
    files: {
      'fake.cjs': `Date.now = () => 7; globalThis.setTimeout = function fake() {}; globalThis.setInterval = globalThis.setTimeout; globalThis.setImmediate = globalThis.setTimeout; process.nextTick = ((real) => (...all) => real(...all))(process.nextTick);`,
    },
  }),
  '--watch': program(
    `const { spawn } = require('node:child_process'); const { writeFileSync } = require('node:fs');
     const child = spawn(process.execPath, ['--watch', '--watch-preserve-output', 'watched.js']); let out = '';
     child.stdout.on('data', (data) => { const before = out; out += data; if (out.includes('run 1') && !before.includes('run 1')) setTimeout(() => writeFileSync('value.js', 'module.exports = 2'), 1000);
       if (out.includes('run 2') && !before.includes('run 2')) { console.log(out.replace(/Restarting|Completed running|Waiting.*/g, '').match(/run \\d/g)); child.kill('SIGTERM'); } });
     child.on('exit', (...ending) => console.log(...ending));`,
    {
      files: {
        'watched.js': `console.log('run', require('./value.js')); setInterval(() => {}, 1000);`,
        'value.js': 'module.exports = 1',
      },
    },
  ),
  '--run': {
    ...starting(`node(['--run', 'build']); node(['--run', 'missing']);`, {
      'build.js': `console.log(process.env.NODE_RUN_SCRIPT_NAME); process.exitCode = 3;`,
      'package.json': '{ "scripts": { "build": "node build.js" } }',
    }),
    since: 22,
  },
  'coverage of V8': starting(
    `const { readdirSync, readFileSync } = require('node:fs'); node(['covered.js'], { env: { ...process.env, NODE_V8_COVERAGE: 'cov' } });
     const sums = {};
     for (const name of readdirSync('cov')) for (const { url, functions } of JSON.parse(readFileSync('cov/' + name, 'utf8')).result) if (url.endsWith('/covered.js')) for (const { functionName, ranges } of functions) for (const { startOffset, count } of ranges) sums[functionName + startOffset] = (sums[functionName + startOffset] ?? 0) + count;
     console.log(sums);
     require('node:fs').rmSync('cov', { recursive: true });`,
    { 'covered.js': `function called() { return 1; } function never() {} called(); called();` },
  ),
  '--cpu-prof of the program itself': starting(
    `node(['--cpu-prof', '--cpu-prof-name=own.cpuprofile', 'work.js']); const { existsSync, readFileSync, rmSync } = require('node:fs'); console.log(existsSync('own.cpuprofile') && Array.isArray(JSON.parse(readFileSync('own.cpuprofile', 'utf8')).nodes)); rmSync('own.cpuprofile', { force: true });`,
    { 'work.js': `const end = Date.now() + 300; while (Date.now() < end); process.exitCode = 2;` },
  ),
  'an HTTP server that closes, keep-alive and all': program(`
    const http = require('node:http'); const server = http.createServer((q, r) => r.end('ok')).listen(0, async () => { const { port } = server.address(); console.log(await (await fetch('http://localhost:' + port)).text()); server.close(() => console.log('closed')); server.closeAllConnections(); });`),
  'unref and what keeps a program alive': program(
    `setTimeout(() => console.log('never'), 100000).unref(); const { port1 } = new MessageChannel(); port1.unref(); process.stdin.unref?.(); console.log('ran');`,
  ),
  'Atomics.wait and synchronous waiting on the main thread': program(
    `Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 700); require('node:child_process').execSync('sleep 0.5'); console.log(process.version.length > 0);`,
  ),
  'diagnostics channels and trace events': program(
    `const { hasSubscribers } = require('node:diagnostics_channel'); console.log('ran', ['worker_threads', 'child_process', 'module.require.start'].some(hasSubscribers));`,
    { flags: ['--trace-event-categories', 'node.bootstrap'], namesAlone: /trace/ },
  ),
  'memory that is short': starting(`node(['--max-old-space-size=40', 'oom.js']);`, {
    'oom.js': `process.exitCode = 3; const all = []; for (let i = 0; i < 2e5; i++) all.push({ i }); console.log(all.length);`,
  }),
  'descriptors are few': program(
    `const { spawnSync } = require('node:child_process'); const r = spawnSync('sh', ['-c', 'ulimit -n 40; exec node -e "console.log(1); process.exitCode = 3"'], { encoding: 'utf8' }); console.log(r.status, r.stdout, r.stderr.replace(/^profbuf: .*\\n/gm, ''));`,
  ),
  'numbers of threads': program(
    `const { Worker } = require('node:worker_threads'); console.log(new Worker('', { eval: true }).threadId);`,
    { known: 'the first worker thread has number 2: the collector has 1' },
  ),
  'what process.eventNames and require.cache list': program(
    `console.log(process.eventNames(), Object.keys(require.cache).length);`,
    {
      known: 'there are listeners of `exit`, `beforeExit` and `uncaughtExceptionMonitor`, and the preload is a module',
    },
  ),
  'an exit code of a signal in a shell': program(
    `const { spawnSync } = require('node:child_process'); for (const signal of ['TERM', 'INT', 'HUP', 'KILL', 'USR2', 'ABRT']) { const r = spawnSync('sh', ['-c', 'node -e "setInterval(() => {}, 1000); process.stdout.write(String(1))" & p=$!; sleep 1.5; kill -' + signal + ' $p; wait $p; echo $?'], { encoding: 'utf8' }); console.log(signal, r.stdout); }`,
  ),
};
