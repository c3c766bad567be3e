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
import { Comparison } from './comparison.js';
import { median } from './median.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const rounds = Number(process.env.ROUNDS ?? 7);
const folder = mkdtempSync(join(tmpdir(), 'profbuf-bench-'));

const environments = {
  'profiler alone': {},
  'with the stall watch': { PROFBUF_STALL: '250' },
  'with heap sampling': { PROFBUF_HEAP: '1' },
  'with the HTTP server': { PROFBUF_HTTP: '0' },
} as const;
type Contender = keyof typeof environments;
const contenders = Object.keys(environments) as [Contender, ...Contender[]];

async function run(program: string, env: Record<string, string>, onLine?: (line: string) => void): Promise<string> {
  const preload = ['--require', join(root, 'dist/register.cjs')];
  const child = spawn(process.execPath, [...preload, join(root, 'bench/http', program)], {
    env: { ...process.env, PROFBUF_QUIET: '1', PROFBUF_OUTPUT: join(folder, 'profile.{pid}.pb.gz'), ...env },
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
  const found = await Comparison.of(contenders, rounds, async (name) => {
    const { nanosPerTurn, idleMicrosPerSecond } = JSON.parse(await run('turning.mjs', environments[name]));
    return { nanosPerTurn: Number(nanosPerTurn), idleMicrosPerSecond: Number(idleMicrosPerSecond) };
  });
  for (const name of contenders) {
    const more = median(found.moreThanBaseline(name, 'nanosPerTurn')).toFixed(2).padStart(6);
    const idle = median(found.values(name, 'idleMicrosPerSecond')).toFixed(0);
    console.log(`${name.padEnd(22)} ${more} % more CPU time a turn, ${idle} µs of CPU in an idle second`);
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
