import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { get } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { listeningSockets } from '../../src/cli/attach/listening-sockets.js';
import { WebSocketClient } from '../../src/cli/attach/web-socket.js';
import { oldRuntime, type Runtime, runtimes } from '../runtimes.js';
import { attach, endlessLoop, idle, inspectorWords, possessions, skip, start } from './attached-program.js';
import { Folder, main, profbuf, Run, root } from './command.js';

const newest = runtimes.at(-1);

/** Works 4 ms of 17, which is no multiple of a sample's 10, tells what it has when asked on stdin, and ends with status 7. */
const server = `
  let connections = 0;
  require('node:http').createServer().on('connection', () => connections++).listen(0, '127.0.0.1', () => console.log('ready'));
  function work() { for (const end = performance.now() + 4; performance.now() < end; ); }
  setInterval(work, 17);
  process.stdin.on('data', (text) => {
    if (String(text) === 'end') process.exit(7);
    const listeners = process.eventNames().map((name) => [String(name), process.listenerCount(name)]);
    const resources = process.getActiveResourcesInfo().sort();
    console.log('has ' + JSON.stringify({ connections, listeners, resources, globals: Object.getOwnPropertyNames(globalThis) }));
  });
`;
for (const runtime of runtimes) {
  test(`a server that is all but idle is sampled on ${runtime.name}, and has what it had`, { skip }, async (t) => {
    const folder = new Folder(t);
    const program = await start(t, folder, server, runtime);
    const state = async () => {
      const from = program.stdout.length;
      program.process.stdin?.write('state');
      await program.printed(new RegExp(`^[\\s\\S]{${from}}has .*\\n`));
      return program.stdout.slice(from);
    };
    await state();
    const before = await state();
    assert.match(before, /"connections":0,/);
    const files = possessions(program.process.pid);
    const { code, stderr } = await attach(folder, program, '--seconds', '1');
    assert.equal(code, 0, stderr);
    assert.match(folder.profile().topTable(20), / work +\S*app\.js:4$/m);
    assert.equal(await state(), before);
    assert.deepEqual(possessions(program.process.pid), files);
    program.process.stdin?.write('end');
    const ended = await program.end();
    assert.equal(ended.code, 7);
    assert.equal(ended.stdout, `ready\n${before.repeat(3)}`);
    for (const line of ended.stderr.trimEnd().split('\n')) assert.match(line, inspectorWords);
  });

  test(`an endless loop is named on ${runtime.name}, and goes on as it was`, { skip }, async (t) => {
    const folder = new Folder(t);
    const program = await start(t, folder, endlessLoop, runtime);
    const before = possessions(program.process.pid);
    const { code, stdout, stderr } = await attach(folder, program, '--seconds', '0.7', '--report');
    assert.equal(code, 0, stderr);
    assert.equal(stdout, '');
    assert.match(stderr, /^profbuf: opens the inspector of process \d+, which says so on its stderr$/m);
    assert.match(stderr, /^profbuf: profile\.pb\.gz: .* of 1 thread, .* of CPU by the main thread, nothing lost$/m);
    assert.match(stderr, /^profbuf: profile\.html: the report$/m);
    assert.match(stderr, /^Showing nodes accounting for/m);
    assert.match(folder.read('profile.html').toString(), /^<!doctype html>/i);
    // It has none at all unless it is compiled again, which V8 takes a while for on a busy machine.
    const [row, ...others] = folder
      .profile()
      .topTable(20)
      .split('\n')
      .filter((line) => / \S*app\.js:\d+$/.test(line));
    assert.match(row ?? '', /^ *\S+ +([3-9]\d|100)[\d.]*% .* spin +\S*app\.js:2$/, stderr);
    assert.ok(!others.some((line) => line.includes('profbuf:attach')));

    assert.deepEqual(possessions(program.process.pid), before);
    // It can be done again, which shows that the first one has closed what it opened.
    const again = await attach(folder, program, '--seconds', '0.2', '-o', 'again.pb.gz', '--no-recompile');
    assert.equal(again.code, 0, again.stderr);
    assert.match(again.stderr, /opens the inspector of process/);
    assert.equal(program.process.exitCode, null);
  });

  test(`worker threads have a label, and what was there when the program ended is kept, on ${runtime.name}`, {
    skip,
  }, async (t) => {
    const folder = new Folder(t);
    const code = `
      const { Worker, isMainThread } = require('node:worker_threads');
      function crunch(n) { return n < 2 ? n : crunch(n - 1) + crunch(n - 2); }
      if (isMainThread) {
        new Worker(__filename, { name: 'digest' }).on('online', () => console.log('ready'));
        process.stdin.once('data', () => process.exit(3));
      } else for (;;) crunch(20);
    `;
    const program = await start(t, folder, code, runtime);
    const { pid } = program.process;
    const command = new Run(process.execPath, [main, 'attach', '--seconds', '100', `${pid}`], { cwd: folder.path });
    await command.said('samples process');
    await new Promise((resolve) => setTimeout(resolve, 1500));
    program.process.stdin?.write('end\n');
    assert.equal((await program.end()).code, 3);
    const { code: status, stderr } = await command.end();
    assert.equal(status, 0, stderr);
    assert.match(stderr, /^profbuf: process \d+ has ended: this is what was there$/m);
    const { model } = folder.profile();
    const labels = model.samples.flatMap((sample) => sample.labels.map(({ key, value }) => `${key}=${value}`));
    assert.ok(labels.includes('thread=worker 1 (digest)'), labels.join());
    assert.match(stderr, / crunch +app\.js:3$/m);
  });

  test(`a program's own listener to SIGUSR1 is not called on ${runtime.name}`, { skip }, async (t) => {
    const folder = new Folder(t);
    const code = `for (const name of ['SIGUSR2', 'SIGHUP', 'SIGUSR1', 'SIGTERM']) process.on(name, () => console.log('got ' + name));`;
    const program = await start(t, folder, `${code}${idle}`, runtime);
    const { code: status, stderr } = await attach(folder, program, '--signal');
    assert.match(stderr, /^profbuf: the program of process \d+ listens to SIGUSR1 itself, .*\n$/);
    assert.equal(status, 2);
    program.process.kill('SIGUSR2');
    await program.printed('got SIGUSR2');
    assert.doesNotMatch(program.stdout, /SIGUSR1/);
  });
}

test('an inspector that is open already is used and stays open, unless a debugger is connected', {
  skip,
}, async (t) => {
  const folder = new Folder(t);
  const program = await start(t, folder, idle, { path: process.execPath, options: ['--inspect=127.0.0.1:0'] });
  const [, url = ''] = await program.said(/listening on (ws:\S+)/);
  const { code, stderr } = await attach(folder, program, '--seconds', '0.3');
  assert.equal(code, 0, stderr);
  assert.doesNotMatch(stderr, /opens the inspector/);

  let answer: (text: string) => void = () => {};
  const answered = new Promise<string>((resolve) => {
    answer = resolve;
  });
  const client = await WebSocketClient.connect(url, { onMessage: (text) => answer(text), onClose() {} });
  t.after(() => client.destroy());
  // In both directions longer than 16 bits can say.
  const long = 'ü'.repeat(70_000);
  client.send(JSON.stringify({ id: 1, method: 'Runtime.evaluate', params: { expression: `'${long}'` } }));
  const { result } = JSON.parse(await answered) as { result: { result: { value: string } } };
  assert.equal(result.result.value, long);
  const refused = await attach(folder, program);
  assert.match(refused.stderr, /^profbuf: a debugger is connected to process \d+ already, at port \d+\n$/);
  assert.equal(refused.code, 2);
});

test('an inspector that the program opened itself is used where its port is named, and stays open', {
  skip,
}, async (t) => {
  const folder = new Folder(t);
  const code = `require('node:inspector').open(0, '127.0.0.1');${idle}`;
  const program = await start(t, folder, code, { path: process.execPath, options: [] });
  const [, port = ''] = await program.said(/listening on ws:\/\/127\.0\.0\.1:(\d+)/);
  const { code: status, stderr } = await attach(folder, program, '--seconds', '0.3', '--port', port);
  assert.equal(status, 0, stderr);
  assert.doesNotMatch(stderr, /opens the inspector/);
  const open = await new Promise((resolve) => {
    get({ port, host: '127.0.0.1', path: '/json/version' }, (response) => resolve(response.resume().statusCode)).on(
      'error',
      resolve,
    );
  });
  assert.equal(open, 200);
});

test('Ctrl-C before the inspector is open waits for it, and closes it', { skip }, async (t) => {
  const folder = new Folder(t);
  const code = `
    setInterval(() => {}, 1e6);
    console.log('ready');
    require('node:child_process').execFileSync('sleep', ['3']);
    console.log('woke');
  `;
  const program = await start(t, folder, code, { path: process.execPath });
  const words = ['attach', String(program.process.pid)];
  const command = new Run(process.execPath, [main, ...words], { cwd: folder.path });
  await command.said('opens the inspector');
  assert.doesNotMatch(program.stdout, /woke/);
  command.process.kill('SIGINT');
  const { code: status, stderr } = await command.end();
  assert.match(stderr, /^profbuf: ended before process \d+ was looked at$/m);
  assert.equal(status, 2);
  assert.match(program.stdout, /woke/);
  await program.said('Debugger listening on ');
  assert.deepEqual(listeningSockets(Number(program.process.pid)), []);
});

test('of a process that is killed all but the last second is there, and that is said', { skip }, async (t) => {
  const folder = new Folder(t);
  const program = await start(t, folder, endlessLoop, { path: process.execPath });
  const words = ['attach', '--seconds', '500', String(program.process.pid)];
  const command = new Run(process.execPath, [main, ...words], { cwd: folder.path });
  await command.said('samples process');
  await new Promise((resolve) => setTimeout(resolve, 1800));
  program.process.kill('SIGKILL');
  const { code, stderr } = await command.end();
  assert.equal(code, 0, stderr);
  assert.match(stderr, /, lost: up to \S+ m?s at the end of main thread$/m);
  assert.match(stderr, / spin +app\.js:2$/m);
  assert.ok(
    folder.profile().model.comments.some((comment) => /^lost: up to .* at the end of main thread/.test(comment)),
  );
});

test('Ctrl-C ends early, and keeps what there is', { skip }, async (t) => {
  const folder = new Folder(t);
  const program = await start(t, folder, endlessLoop, { path: process.execPath });
  const words = ['attach', '--seconds', '500', '--format', 'speedscope', String(program.process.pid)];
  const command = new Run(process.execPath, [main, ...words], { cwd: folder.path });
  await command.said('samples process');
  await new Promise((resolve) => setTimeout(resolve, 500));
  command.process.kill('SIGINT');
  const { code, stderr } = await command.end();
  assert.equal(code, 0, stderr);
  assert.match(folder.read('profile.speedscope.json').toString(), /"spin"/);
});

test('the commands of docs/attach.md run', { skip }, async (t) => {
  const page = readFileSync(join(root, 'docs/attach.md'), 'utf8');
  const [, block = ''] = /^```sh\n(.*?)^```$/ms.exec(page) ?? [];
  const folder = new Folder(t);
  const program = await start(t, folder, endlessLoop, { path: process.execPath });
  const lines = block.trimEnd().split('\n');
  assert.equal(lines.length, 6);
  for (const line of lines) {
    const [, words = ''] = /^npx profbuf attach (.*)4711$/.exec(line) ?? [];
    // Shorter than the page has it.
    const options = `${words.replace(/--seconds \d+/, '')} --seconds 0.2`.trim().split(/ +/);
    const { code, stderr } = await attach(folder, program, ...options);
    assert.equal(code, 0, `${line}\n${stderr}`);
  }
  assert.deepEqual(folder.profiles(), [
    ...['profile.1.pb.gz', 'profile.2.pb.gz', 'profile.3.pb.gz'],
    ...['profile.cpuprofile', 'profile.html', 'profile.pb.gz'],
  ]);
});

const refusals: readonly [string, readonly string[], RegExp, string?][] = [
  ['--disable-sigusr1', ['--disable-sigusr1'], /runs with --disable-sigusr1, and its inspector is not open/],
  ['--permission', ['--permission', '--allow-fs-read=*'], /--permission and without --allow-inspector/],
];

for (const [name, options, expected] of refusals) {
  test(`a process with ${name} is refused, and lives`, { skip }, async (t) => {
    const folder = new Folder(t);
    const { path } = newest as Runtime;
    const program = await start(t, folder, `console.log('ready'); setInterval(() => {}, 1e6);`, { path, options });
    const { code, stderr } = await attach(folder, program);
    assert.match(stderr, expected);
    assert.match(stderr, /^profbuf: .*\n$/);
    assert.equal(code, 2);
    assert.equal(program.process.signalCode, null);
  });
}

test('what is not Node, or an old one, or not there, gets no signal', { skip }, async (t) => {
  const folder = new Folder(t);
  const refusal = async (pid: number | string | undefined) => {
    const { code, stderr } = await profbuf(['attach', String(pid)], { cwd: folder.path });
    assert.equal(code, 2, stderr);
    assert.match(stderr, /^profbuf: .*\n$/);
    return stderr;
  };
  const sleep = new Run('sleep', ['100'], { cwd: folder.path });
  t.after(() => sleep.process.kill());
  assert.match(await refusal(sleep.process.pid), /is not surely Node\.js: \S+ does not say so$/m);
  // SIGUSR1 would have ended it.
  assert.equal(sleep.process.signalCode, null);
  sleep.process.kill();
  await sleep.end();
  assert.match(await refusal(sleep.process.pid), /there is no process \d+$/m);
  assert.match(await refusal('app'), /app is no process id/);

  const { path } = oldRuntime() as Runtime;
  const old = await start(t, folder, idle, { path });
  assert.match(await refusal(old.process.pid), /Node\.js v8\.\S+ is too old/);

  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  t.after(() => other.close());
  const { port } = other.address() as { port: number };
  const taken = await start(t, folder, idle, { path: process.execPath, options: [`--inspect-port=${port}`] });
  assert.match(await refusal(taken.process.pid), new RegExp(`at port ${port}, which another process has`));

  taken.process.kill('SIGSTOP');
  assert.match(await refusal(taken.process.pid), /is stopped, by a signal/);
});
