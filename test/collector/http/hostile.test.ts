import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { ServedProgram } from './served-program.js';

/** Counts what it gets done, and tells each 500 ms. */
const working = `
  let done = 0;
  const turn = () => {
    for (let i = 0, sum = 0; i < 1e5; i++) sum += Math.sqrt(i);
    done++;
    setImmediate(turn);
  };
  turn();
  setInterval(() => { console.log('done', done); done = 0; }, 500);
`;

function open(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port) });
    socket.on('error', () => {});
    socket.once('connect', () => resolve(socket));
    socket.once('close', () => resolve(socket));
  });
}

/** Sends the text and gives what comes back until the other end closes, or has been silent for long. */
async function exchange(url: string, text: string | Buffer, silentMs = 20_000): Promise<string> {
  const socket = await open(url);
  let received = '';
  socket.write(text);
  await new Promise<void>((resolve) => {
    socket.setEncoding('latin1').on('data', (chunk) => {
      received += chunk;
    });
    socket.once('close', () => resolve());
    socket.setTimeout(silentMs, () => resolve());
  });
  socket.destroy();
  return received;
}

/** A request after whose answer the server closes, so that the answer's end can be seen. */
function request(line: string, ...headers: string[]): string {
  const connection = headers.some((header) => header.startsWith('Connection:')) ? [] : ['Connection: close'];
  return `${[line, 'Host: localhost', ...connection, ...headers].join('\r\n')}\r\n\r\n`;
}

test('malformed and oversized requests are turned away, and the server goes on', async (t) => {
  const program = await ServedProgram.start(t, working);
  const cases: readonly [what: string, text: string, answer: RegExp][] = [
    ['no HTTP', 'hello\r\n\r\n', /^HTTP\/1\.1 400 /],
    ['no Host', 'GET /debug/pprof/ HTTP/1.1\r\n\r\n', /^HTTP\/1\.1 400 /],
    ['an old version without Host', 'GET /debug/pprof/ HTTP/1.0\r\n\r\n', /^HTTP\/1\.1 403 /],
    ['a header too large', request('GET /debug/pprof/ HTTP/1.1', `X: ${'x'.repeat(20_000)}`), /^HTTP\/1\.1 431 /],
    ['a path too long', request(`GET /${'x'.repeat(20_000)} HTTP/1.1`), /^HTTP\/1\.1 431 /],
    ['a body', `${request('GET /debug/pprof/ HTTP/1.1', 'Content-Length: 5')}hello`, /^HTTP\/1\.1 413 /],
    ['a body without end', request('GET /debug/pprof/ HTTP/1.1', 'Transfer-Encoding: chunked'), /^HTTP\/1\.1 413 /],
    ['two lengths', request('GET / HTTP/1.1', 'Content-Length: 0', 'Content-Length: 1'), /^HTTP\/1\.1 400 /],
    ['a method of its own', request('BREW /debug/pprof/ HTTP/1.1'), /^HTTP\/1\.1 400 /],
    ['a tunnel', request('CONNECT example.org:443 HTTP/1.1'), /^$/],
    [
      'an upgrade',
      request('GET /debug/pprof/symbol HTTP/1.1', 'Connection: Upgrade, close', 'Upgrade: h2c'),
      /^HTTP\/1\.1 200 /,
    ],
    ['a path of odd escapes', request('GET /debug/pprof/%ff%00%zz HTTP/1.1'), /^HTTP\/1\.1 404 /],
    ['a query of odd escapes', request('GET /debug/pprof/profile?seconds=%zz&&&=%00 HTTP/1.1'), /^HTTP\/1\.1 400 /],
    ['a path that climbs', request('GET /debug/pprof/../../etc/passwd HTTP/1.1'), /^HTTP\/1\.1 404 /],
    ['names of Object', request('GET /debug/pprof/__proto__ HTTP/1.1'), /^HTTP\/1\.1 404 /],
  ];
  for (const [what, text, answer] of cases) assert.match(await exchange(program.url, text), answer, what);

  // Requests with bytes changed, from a seed.
  let seed = 42;
  const random = (below: number) => {
    seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
    return (seed >> 8) % below;
  };
  const changed = Array.from({ length: 200 }, () => {
    const bytes = Buffer.from(request('GET /debug/pprof/symbol?debug=1 HTTP/1.1', 'Accept: */*'));
    for (let i = random(8); i >= 0; i--) bytes[random(bytes.length)] = random(256);
    return bytes;
  });
  const answers = await Promise.all(changed.map((bytes) => exchange(program.url, bytes, 500)));
  for (const answer of answers) assert.match(answer, /^(HTTP\/1\.1 (2|3|4)\d\d |$)/);
  assert.equal((await program.ask('')).status, 200);
  assert.doesNotMatch(program.run.stderr, /error/i);
});

test('a flood of connections and slow clients leave the program alone', async (t) => {
  const program = await ServedProgram.start(t, working);
  const throughput = async () => {
    const before = program.run.stdout.length;
    await new Promise((resolve) => setTimeout(resolve, 2500));
    const counts = [...program.run.stdout.slice(before).matchAll(/done (\d+)/g)].map(([, n]) => Number(n));
    return counts.reduce((sum, n) => sum + n, 0) / counts.length;
  };
  await throughput();
  const calm = await throughput();

  // Half of them never end their headers, the others never read their answers.
  const sockets = await Promise.all(Array.from({ length: 1000 }, () => open(program.url)));
  sockets.forEach((socket, i) => {
    if (i % 2 === 0) socket.write('GET /debug/pprof/ HTTP/1.1\r\nHost: localhost\r\nX: ');
    else socket.pause().write(request('GET /debug/pprof/heap?debug=1 HTTP/1.1'));
  });
  const slow = setInterval(() => {
    for (const socket of sockets) if (!socket.destroyed && !socket.isPaused()) socket.write('x');
  }, 500);
  const flooded = await throughput();
  t.diagnostic(`turns of the program in 500 ms: ${Math.round(calm)} alone, ${Math.round(flooded)} in the flood`);
  // A wide margin: this test shares the machine with the flood that it makes.
  assert.ok(flooded > calm / 6, `${flooded} of ${calm}`);

  const hasRoom = async () => (await exchange(program.url, request('GET /debug/pprof/ HTTP/1.1'))).includes('<h1>');
  const deadline = performance.now() + 60_000;
  // Those that are slow are closed after 10 s; they have no right to the connections.
  while (!(await hasRoom())) assert.ok(performance.now() < deadline, 'no room for 60 s');
  clearInterval(slow);
  for (const socket of sockets) socket.destroy();
  assert.equal((await program.ask('symbol')).status, 200);
});
