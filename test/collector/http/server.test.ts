import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { setMaxListeners } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { Folder, main, profbuf, Run, root } from '../../cli/command.js';
import { goEnvironment, skip } from '../../go-tool.js';
import { ask, busyProgram, ServedProgram } from './served-program.js';

const fastifyService = `
  import { createRequire } from 'node:module';
  const { fastify } = createRequire(${JSON.stringify(`${root}package.json`)})('fastify');
  function render(rows) {
    return JSON.stringify(Array.from({ length: rows }, (_, id) => ({ id, name: 'name ' + id })));
  }
  function hang() {
    console.log('hanging');
    for (;;);
  }
  const app = fastify();
  app.get('/rows', async () => render(5000));
  app.get('/hang', hang);
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  console.log('at', url);
  // Load, until a request is not answered any more.
  for (let i = 0; i < 4; i++) (async () => { for (;;) await (await fetch(url + '/rows')).text(); })();
`;

test('go tool pprof sees a fastify server under load, and while it hangs', { skip }, async (t) => {
  const program = await ServedProgram.start(t, fastifyService);
  await program.sampled();
  const pprof = (...args: string[]) => {
    const env = goEnvironment(program.folder.path);
    const result = spawnSync('go', ['tool', 'pprof', ...args], { env, encoding: 'utf8' });
    assert.equal(result.status, 0, result.stderr);
    return result.stdout;
  };
  assert.match(pprof('-top', '-seconds', '2', program.url), /\brender$/m);

  const [, application] = await program.run.printed(/at (\S+)\n/);
  ask(`${application}/hang`).catch(() => {});
  await program.run.printed('hanging');
  assert.match(await program.text(''), /<h1>\/debug\/pprof\/<\/h1>/);
  for (const [path, seconds] of [
    ['', '2'],
    ['/debug/pprof/block', '2'],
    ['/debug/pprof/wall', '1'],
  ] as const) {
    const top = pprof('-top', '-seconds', seconds, `${program.url}${path}`);
    const [, percent = 0] = /([\d.]+)%\s+hang$/m.exec(top) ?? [];
    assert.ok(Number(percent) > 90, `${path}: ${top}`);
  }
  for (const name of ['goroutine', 'heap', 'threadcreate', 'mutex']) {
    assert.match(pprof('-top', `${program.url}/debug/pprof/${name}`), /^Type: /m);
  }
});

test('profbuf record --http serves while it records, and says where', async (t) => {
  const folder = new Folder(t);
  const script = folder.write('app.mjs', `${busyProgram} process.stdin.on('data', () => process.exit());`);
  const run = new Run(process.execPath, [main, 'record', '--http', '0', script], { cwd: folder.path });
  t.after(() => run.process.kill('SIGKILL'));
  const [, url] = await run.said(/serving (\S+)\n/);
  assert.equal((await ask(`${url}profile?seconds=1`)).status, 200);
  run.process.stdin?.write('x');
  assert.equal((await run.end()).code, 0);
  assert.ok(folder.profile().model.samples.length > 0);
});

test('a port in use is said, and the program goes on', async (t) => {
  const taken = createServer().listen(0, '127.0.0.1');
  t.after(() => taken.close());
  await new Promise((resolve) => taken.once('listening', resolve));
  const { port } = taken.address() as AddressInfo;
  const folder = new Folder(t);
  const script = folder.write('app.mjs', `setTimeout(() => console.log('done'), 300);`);
  const { code, stdout, stderr } = await profbuf(['record', '--http', String(port), script], { cwd: folder.path });
  assert.equal(code, 0);
  assert.equal(stdout, 'done\n');
  assert.match(
    stderr,
    new RegExp(`^profbuf: cannot serve /debug/pprof/ on 127.0.0.1:${port}: the port is in use`, 'm'),
  );
});

test('without a host it listens on loopback only', async (t) => {
  const program = await ServedProgram.start(t, busyProgram);
  assert.match(program.url, /^http:\/\/127\.0\.0\.1:\d+$/);
  const named = await ServedProgram.start(t, busyProgram, { env: { PROFBUF_HTTP: '0.0.0.0:0' } });
  assert.match(named.url, /^http:\/\/0\.0\.0\.0:\d+$/);
  assert.equal((await named.ask('', { headers: { Host: 'service.example:6060' } })).status, 200);
});

test('on loopback, a Host header of anything else is refused', async (t) => {
  const program = await ServedProgram.start(t, busyProgram);
  for (const host of ['evil.example', 'evil.example:80', '127.0.0.1.evil.example', 'localhost.evil.example', '[::2]']) {
    const { status, body } = await program.ask('', { headers: { Host: host } });
    assert.equal(status, 403, `${host}: ${body}`);
  }
  for (const host of ['localhost', 'LOCALHOST:7000', '127.0.0.1', '[::1]:6060']) {
    assert.equal((await program.ask('', { headers: { Host: host } })).status, 200, host);
  }
});

test('pages of other sites cannot make the program collect', async (t) => {
  const program = await ServedProgram.start(t, busyProgram);
  const ask = async (mode: string, destination: string) => {
    const headers = { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': mode, 'Sec-Fetch-Dest': destination };
    return (await program.ask('heap?gc=1', { headers })).status;
  };
  assert.equal(await ask('no-cors', 'image'), 403);
  // A frame that nobody sees.
  assert.equal(await ask('navigate', 'iframe'), 403);
  // A link that somebody follows.
  assert.equal(await ask('navigate', 'document'), 200);
});

test('a client that goes away ends its collection', async (t) => {
  const program = await ServedProgram.start(t, busyProgram);
  const gone = new AbortController();
  setMaxListeners(0, gone.signal);
  // As many as are worked on at once.
  const asked = Array.from({ length: 32 }, () => program.ask('profile?seconds=600', { signal: gone.signal }));
  const refused = async () => (await program.ask('')).status;
  while ((await refused()) !== 503) await new Promise((resolve) => setTimeout(resolve, 20));
  gone.abort();
  await Promise.allSettled(asked);
  while ((await refused()) !== 200) await new Promise((resolve) => setTimeout(resolve, 20));
});
