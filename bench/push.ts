/**
 * What a program pays for its profiles being pushed, to a server that takes them and to others, at an interval of a second, which is
 * fifteen times as often as usual: `npm run bench:push`. Contenders alternate; each figure is the median of the rounds.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Comparison } from './comparison.js';
import { median } from './median.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const rounds = Number(process.env.ROUNDS ?? 7);
const turns = process.env.TURNS ?? '3000';
const folder = mkdtempSync(join(tmpdir(), 'profbuf-bench-'));

const servers: Server[] = [];

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const accepting = await serve((request, response) => {
  request.resume();
  request.on('end', () => response.end());
});
const unavailable = await serve((request, response) => {
  request.resume();
  request.on('end', () => response.writeHead(503).end());
});
const hanging = await serve(() => {});

const push = (url: string) => ({ PROFBUF_PUSH: url, PROFBUF_PUSH_INTERVAL: '1' });
const environments = {
  'profiler alone': {},
  'pushing to Pyroscope': push(accepting),
  'pushing OTLP': push(`${accepting}/v1development/profiles`),
  'to one that is down (503)': push(unavailable),
  'to one that hangs': push(hanging),
};
type Contender = keyof typeof environments;
const contenders = Object.keys(environments) as [Contender, ...Contender[]];

async function run(env: Record<string, string>) {
  const args = ['--require', join(root, 'dist/register.cjs'), join(root, 'bench/push/working.mjs'), turns];
  const child = spawn(process.execPath, args, {
    env: { ...process.env, PROFBUF_QUIET: '1', PROFBUF_OUTPUT: join(folder, 'profile.{pid}.pb.gz'), ...env },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    printed += text;
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`it ended with ${code}`);
  const { cpuMs, longestMs, medianMs } = JSON.parse(printed);
  return { cpuMs: Number(cpuMs), longestMs: Number(longestMs), medianMs: Number(medianMs) };
}

try {
  const found = await Comparison.of(contenders, rounds, (name) => run(environments[name]));
  for (const name of contenders) {
    const more = median(found.moreThanBaseline(name, 'cpuMs')).toFixed(2).padStart(6);
    const [middle, longest] = (['medianMs', 'longestMs'] as const).map((figure) =>
      median(found.values(name, figure)).toFixed(2),
    );
    console.log(
      `${name.padEnd(26)} ${more} % more CPU time of the process; a turn takes ${middle} ms, of 1000 the longest ${longest} ms`,
    );
  }
} finally {
  for (const server of servers) {
    server.close();
    server.closeAllConnections();
  }
  rmSync(folder, { recursive: true, force: true });
}
