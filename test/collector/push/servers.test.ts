import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, openSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { createServer as createHttp2Server } from 'node:http2';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import { Delivery } from '#profbuf/collector/push/delivery.js';
import { exchange } from '#profbuf/collector/push/exchange.js';
import { outcomeOf, quoted, retryAfterMs, secretsIn } from '#profbuf/collector/push/outcome.js';
import { Tally } from '#profbuf/collector/push/tally.js';
import type { PushProtocol } from '#profbuf/protocol/push-settings.js';
import { Folder } from '../../cli/command.js';
import { partialSuccess } from './official-messages.js';
import { type Behaviour, Receiver } from './receiver.js';

const secret = 's3cret-token';
const timeoutMs = 300;

/** What becomes of one message, and what is said of it. */
interface Fate {
  readonly delivered: number;
  readonly dropped: number;
  readonly comments: string;
  readonly complaints: readonly string[];
}

class WatchedTally extends Tally {
  readonly complaints: string[] = [];

  override complain(topic: string, text: string): void {
    if (!this.complaints.includes(text)) this.complaints.push(text);
    assert.ok(topic);
  }
}

/** Sends one message until its fate is known, or for so many milliseconds. */
async function fateOf(url: string, protocol: PushProtocol = 'pyroscope', forMs = 20_000): Promise<Fate> {
  const headers = { authorization: `Bearer ${secret}` };
  const settled = new AbortController();
  const tally = new WatchedTally(url, () => settled.abort());
  const delivery = new Delivery({
    queueBytes: 2 ** 16,
    tally,
    backoff: { firstMs: 10, mostMs: 50 },
    send: async (message, signal) => {
      const answer = await exchange(message, {}, timeoutMs, signal);
      return outcomeOf(answer, protocol, secretsIn(headers, url));
    },
  });
  delivery.add({ url, headers, body: new Uint8Array(5000).fill(1) }, performance.now());
  const deadline = performance.now() + forMs;
  while (!settled.signal.aborted && performance.now() < deadline) await new Promise((r) => setTimeout(r, 5));
  await delivery.flush(0);
  assert.equal(delivery.waiting, 0);
  const { delivered, dropped, complaints } = tally;
  return { delivered, dropped, complaints, comments: tally.comments().join('\n') };
}

const taken: Partial<Fate> = { delivered: 1, dropped: 0, comments: '' };

/** First behaves so, then accepts. */
function atFirst(first: Behaviour): Behaviour {
  let isFirst = true;
  return (received, response, request) => {
    if (!isFirst) response.end();
    else first(received, response, request);
    isFirst = false;
  };
}

/** A server of bytes. */
async function rawServer(t: TestContext, onConnection: (socket: Socket, number: number) => void): Promise<string> {
  let connections = 0;
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    onConnection(socket, ++connections);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/ingest`;
}

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n';

describe('a server that', () => {
  const polite: [string, Behaviour, number][] = [
    ['takes its time', (_, response) => setTimeout(() => response.end(), timeoutMs / 2), 1],
    ['answers with a body that never ends', (_, response) => endless(response), 1],
    ['begins to answer, and then hangs', (_, response) => response.writeHead(200).write('x'), 1],
    ['answers a byte at a time', (_, response) => drip(response), 1],
    ['is unavailable for a moment (503)', atFirst((_, response) => response.writeHead(503).end('soon')), 2],
    ['has a fault (500)', atFirst((_, response) => response.writeHead(500).end('<html>'.repeat(10_000))), 2],
    ['does not answer in time', atFirst(() => {}), 2],
    ['closes the connection instead of answering', atFirst((_, response) => response.destroy()), 2],
    [
      'says 200 with less than it has promised',
      (_, response) => {
        response.writeHead(200, { 'Content-Length': 1000 }).write('short');
        setTimeout(() => response.destroy(), 20);
      },
      1,
    ],
    [
      'goes on about continuing',
      atFirst((_, response) => {
        for (let i = 0; i < 1000; i++) response.writeContinue();
      }),
      2,
    ],
  ];
  for (const [name, behaviour, requests] of polite) {
    it(`${name} gets the profile`, async (t) => {
      const receiver = await Receiver.start(t, behaviour);
      const fate = await fateOf(`${receiver.url}/ingest`);
      assert.deepEqual({ ...fate, complaints: undefined }, { ...taken, complaints: undefined });
      assert.equal(receiver.received.length, requests);
      assert.equal(fate.complaints.length, requests - 1);
    });
  }

  it('asks for patience (429) is not asked again before its time', async (t) => {
    const receiver = await Receiver.start(
      t,
      atFirst((_, response) => response.writeHead(429, { 'Retry-After': '1' }).end()),
    );
    assert.equal((await fateOf(receiver.url)).delivered, 1);
    const [first, second] = receiver.received;
    assert.ok((second?.atMs ?? 0) - (first?.atMs ?? 0) >= 1000);
  });

  const refusing: [string, Behaviour, RegExp][] = [
    ['refuses (400)', (_, response) => response.writeHead(400).end('bad labels'), /dropped: status 400: bad labels$/],
    ['refuses at length (413)', (_, response) => response.writeHead(413).end('too '.repeat(1e5)), /413: (too )+…$/],
    ['refuses without a word (422)', (_, response) => response.writeHead(422).end(), /dropped: status 422$/],
    [
      'repeats what it was told in confidence (401)',
      ({ headers }, response) => response.writeHead(401).end(`no such token: ${headers.authorization}`),
      /status 401: no such token: \(secret\)$/,
    ],
    [
      'redirects',
      (_, response) => response.writeHead(302, { Location: 'https://elsewhere/x?token=1' }).end('moved'),
      /status 302: it redirects to https:\/\/elsewhere\/x$/,
    ],
    [
      'speaks to the terminal',
      (_, response) => response.writeHead(400).end('\u001b[2J\u001b]0;title\u0007a\r\nprofbuf: all is well\u202e'),
      /status 400: \[2J \]0;title a profbuf: all is well$/,
    ],
  ];
  for (const [name, behaviour, words] of refusing) {
    it(`${name} is not asked again`, async (t) => {
      const receiver = await Receiver.start(t, behaviour);
      const { delivered, dropped, complaints, comments } = await fateOf(receiver.url);
      assert.deepEqual([delivered, dropped, receiver.received.length], [0, 1, 1]);
      assert.equal(complaints.length, 1);
      assert.match(complaints[0] ?? '', words);
      assert.doesNotMatch(`${complaints} ${comments}`, /s3cret/);
      assert.match(comments, /0 profiles were delivered, and dropped 1 \(status \d+\)$/);
    });
  }

  it('has a fault is asked again for OTLP only where its specification says so', async (t) => {
    for (const [status, requests] of [
      [500, 1],
      [501, 1],
      [502, 2],
      [504, 2],
      [505, 1],
    ] as const) {
      const receiver = await Receiver.start(
        t,
        atFirst((_, response) => response.writeHead(status).end('will not do')),
      );
      const { delivered, complaints } = await fateOf(receiver.url, 'otlp');
      assert.deepEqual([status, receiver.received.length, delivered], [status, requests, requests - 1]);
      assert.match(complaints.join(), new RegExp(`status ${status}: will not do`));
    }
  });

  it('packs what it says, though it was asked not to, is not quoted', async (t) => {
    const receiver = await Receiver.start(t, (_, response) =>
      response.writeHead(400, { 'Content-Encoding': 'gzip' }).end(gzipSync('label names are bad')),
    );
    const { complaints } = await fateOf(receiver.url);
    assert.deepEqual(complaints, ['a profile is dropped: status 400']);
    assert.equal(receiver.received[0]?.headers['accept-encoding'], 'identity');
  });

  it('speaks HTTP/2 alone, as for gRPC, is known by that', async (t) => {
    const server = createHttp2Server();
    server.on('sessionError', () => {});
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.after(() => server.close());
    const { port } = server.address() as AddressInfo;
    const { dropped, complaints } = await fateOf(`http://127.0.0.1:${port}/v1development/profiles`, 'otlp');
    assert.equal(dropped, 1);
    assert.match(complaints.join(), /what came back is HTTP\/2, as of a port for gRPC: .* 4318$/);
  });

  it('takes OTLP in part is not asked again', async (t) => {
    const receiver = await Receiver.start(t, (_, response) => response.end(partialSuccess(1, 'no such tenant')));
    const { dropped, complaints } = await fateOf(receiver.url, 'otlp');
    assert.equal(dropped, 1);
    assert.match(complaints.join(), /partial success: no such tenant$/);
  });

  it('says 200 to OTLP, and something that is no answer, gets the profile', async (t) => {
    const bodies = [
      new Uint8Array(),
      partialSuccess(0, 'a warning'),
      Buffer.from('<html>'),
      gzipSync('x'),
      Buffer.alloc(1000, 255),
    ];
    for (const body of bodies) {
      const receiver = await Receiver.start(t, (_, response) => response.end(body));
      assert.equal((await fateOf(receiver.url, 'otlp')).delivered, 1);
    }
  });

  it('hangs up on the first words gets the profile when it does not', async (t) => {
    const url = await rawServer(t, (socket, number) => {
      if (number < 3) socket.resetAndDestroy();
      else socket.on('data', () => socket.end(ok));
    });
    assert.equal((await fateOf(url)).delivered, 1);
  });

  it('answers before it has read is understood', async (t) => {
    const url = await rawServer(t, (socket) => socket.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\n\r\nno'));
    const { dropped, complaints } = await fateOf(url);
    assert.equal(dropped, 1);
    assert.match(complaints.at(-1) ?? '', /status 400: no$/);
  });

  const garbage: [string, (socket: Socket) => void][] = [
    ['bytes', (socket) => socket.end(Buffer.alloc(5000, 0x80))],
    ['another protocol', (socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n')],
    ['headers without an end', (socket) => socket.end(`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(1e6)}`)],
    ['two lengths', (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx')],
    ['an empty answer in a strange version', (socket) => socket.end('HTTP/9.9 200 OK\r\n\r\n')],
  ];
  for (const [name, answer] of garbage) {
    it(`gives ${name} for an answer costs its profile, once`, async (t) => {
      let connections = 0;
      const url = await rawServer(t, (socket, number) => {
        connections = number;
        socket.once('data', () => answer(socket));
      });
      const { delivered, dropped, complaints } = await fateOf(url);
      assert.deepEqual([delivered, dropped, connections], [0, 1, 1]);
      assert.match(complaints.join(), /no answer that can be understood: what came back is no HTTP \(HPE_/);
    });
  }

  it('is not there is tried again, as long as there is time', async (t) => {
    let tries = 0;
    const url = await rawServer(t, (socket) => {
      tries++;
      socket.destroy();
    });
    const { dropped, complaints } = await fateOf(url, 'pyroscope', 300);
    assert.ok(tries > 3, `${tries}`);
    assert.equal(dropped, 1);
    assert.equal(complaints.length, 2, complaints.join('\n'));
    assert.match(complaints[0] ?? '', /^no answer: .*; profiles wait, for an hour at most$/);
    assert.match((await fateOf('http://127.0.0.1:1/', 'pyroscope', 100)).complaints[0] ?? '', /ECONNREFUSED/);
    assert.match(
      (await fateOf('http://host.invalid/', 'pyroscope', 100)).complaints[0] ?? '',
      /ENOTFOUND|EAI_AGAIN|end/,
    );
    assert.match((await fateOf(url.replace('http', 'https'), 'pyroscope', 100)).complaints[0] ?? '', /no answer/);
  });

  it('has a name that nobody tells costs the program one look-up, however often it is tried', async (t) => {
    // What takes the threads that look up: files that somebody else is waited for with.
    const folder = new Folder(t);
    const pipe = join(folder.path, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const opened = Array.from({ length: 4 }, () => open(pipe, 'r'));
    const lookUps = () => process.getActiveResourcesInfo().filter((kind) => kind === 'GetAddrInfoReqWrap').length;
    const tries = Array.from({ length: 3 }, () =>
      exchange(
        { url: 'http://host.invalid/', headers: {}, body: new Uint8Array(1) },
        {},
        50,
        new AbortController().signal,
      ),
    );
    await Promise.allSettled(tries);
    const before = lookUps();
    const writing = openSync(pipe, constants.O_RDWR);
    await Promise.all(opened.map(async (file) => (await file).close()));
    closeSync(writing);
    assert.equal(before, 1);
    for (let i = 0; i < 2; i++) {
      const { complaints } = await fateOf('http://host.invalid/', 'pyroscope', 100);
      assert.match(complaints[0] ?? '', /ENOTFOUND|EAI_AGAIN|end/);
    }
  });

  it('speaks no TLS is told from one that does', async (t) => {
    const url = await rawServer(t, (socket) => socket.on('data', () => socket.end(ok)));
    const { dropped, complaints } = await fateOf(url.replace('http:', 'https:'));
    assert.equal(dropped, 1);
    assert.match(complaints.join(), /no answer that can be understood/);
  });
});

function endless(response: Parameters<Behaviour>[1]): void {
  response.writeHead(200);
  const write = () => {
    if (!response.destroyed) response.write(Buffer.alloc(16_384), () => setImmediate(write));
  };
  write();
}

function drip(response: Parameters<Behaviour>[1]): void {
  response.writeHead(200);
  const timer = setInterval(() => response.write('.'), 20);
  response.on('close', () => clearInterval(timer));
}

describe('what a server says', () => {
  it('is a time in seconds, or a date', () => {
    assert.equal(retryAfterMs('3'), 3000);
    const { length } = String(retryAfterMs(new Date(Date.now() + 60_000).toUTCString()));
    assert.ok(length >= 4);
    for (const value of [undefined, '', 'soon', '-1', 'Thu, 01 Jan 1970 00:00:00 GMT', ['1', '2']]) {
      assert.equal(retryAfterMs(value), 0);
    }
  });

  it('is quoted without any part of a secret', () => {
    const basic = `Basic ${Buffer.from('me:p4ssword').toString('base64')}`;
    const secrets = secretsIn(
      { authorization: basic, 'api-key': 'k3y', 'x-scope-orgid': 'team' },
      'http://host/?region=eu&key=a%2Fqu3ry',
    );
    const text = `${basic} ${basic.slice(6)} p4ssword me:p4ssword k3y a/qu3ry a%2Fqu3ry region=eu&key=a%2Fqu3ry team`;
    assert.equal(quoted(text, secrets), '(secret) (secret) (secret) (secret) (secret) (secret) (secret) (secret) team');
  });
});
