/**
 * What the stall watch, heap sampling and the server cost a program that does not need them just now, and how soon a stall
 * is noticed: `npm run bench:http`. Contenders alternate; each figure is the median of the rounds.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { median } from './median.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const rounds = Number(process.env.ROUNDS ?? 7);
const folder = mkdtempSync(join(tmpdir(), 'profbuf-bench-'));

const contenders: Readonly<Record<string, Record<string, string>>> = {
  'profiler alone': {},
  'with the stall watch': { PROFBUF_STALL: '250' },
  'with heap sampling': { PROFBUF_HEAP: '1' },
  'with the HTTP server': { PROFBUF_HTTP: '0' },
};

async function run(program: string, env: Record<string, string>, onLine?: (line: string) => void): Promise<string> {
  const preload = ['--require', join(root, 'dist/register.cjs')];
  const child = spawn(process.execPath, [...preload, join(root, 'bench/http', program)], {
    env: { ...process.env, PROFBUF_QUIET: '1', PROFBUF_OUTPUT: join(folder, 'profile.pb.gz'), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    printed += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    for (const line of text.split('\n')) onLine?.(line);
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${program} ended with ${code}`);
  return printed;
}

async function costs(): Promise<void> {
  const figures = new Map<string, { turn: number[]; idle: number[] }>();
  for (let round = 0; round < rounds; round++) {
    for (const [name, env] of Object.entries(contenders)) {
      const { nanosPerTurn, idleMicrosPerSecond } = JSON.parse(await run('turning.mjs', env));
      const { turn, idle } = figures.get(name) ?? { turn: [], idle: [] };
      figures.set(name, { turn: [...turn, nanosPerTurn], idle: [...idle, idleMicrosPerSecond] });
    }
  }
  const base = figures.get('profiler alone');
  for (const [name, { turn, idle }] of figures) {
    // Of the same round, so that what else the machine did hits both.
    const more = median(turn.map((nanos, i) => nanos / (base?.turn[i] ?? nanos) - 1)) * 100;
    const idleText = `${median(idle).toFixed(0)} µs of CPU in an idle second`;
    console.log(`${name.padEnd(22)} ${more.toFixed(2).padStart(6)} % more CPU time a turn, ${idleText}`);
  }
}

async function latency(): Promise<void> {
  const late: number[] = [];
  let begun: number | undefined;
  await run('stalling.mjs', { PROFBUF_STALL: '250' }, (line) => {
    const [, start] = /^stall (\d+)$/.exec(line) ?? [];
    if (start !== undefined) begun = Number(start);
    if (begun === undefined || !/blocked for .* so far/.test(line)) return;
    late.push(Date.now() - begun - 250);
    begun = undefined;
  });
  const worst = Math.max(...late);
  console.log(`a stall of 250 ms is on stderr ${median(late)} ms later, of ${late.length} at most ${worst} ms later`);
}

try {
  await latency();
  await costs();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
