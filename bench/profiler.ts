/**
 * The profiler against a bare run, `node --cpu-prof` and @datadog/pprof, all at 100 Hz, in one run:
 * `npm run bench:profiler` (`QUICK=1 npm run bench:profiler` for a look). Runs of all contenders alternate, so that
 * whatever else the machine does hits all of them; each figure is the median of the rounds.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { median } from './median.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const programs = join(root, 'bench/profiler');
const isQuick = process.env.QUICK === '1';
const rounds = Number(process.env.ROUNDS ?? (isQuick ? 3 : 9));

const contenders = {
  bare: [],
  profbuf: ['--require', join(root, 'dist/register.cjs')],
  '--cpu-prof': ['--cpu-prof', '--cpu-prof-interval=10000'],
  '@datadog/pprof': ['--require', join(programs, 'datadog.cjs')],
} as const;
type Contender = keyof typeof contenders;
const names = Object.keys(contenders) as Contender[];

interface Outcome {
  /** What the program printed. */
  readonly report: Readonly<Record<string, number>>;
  readonly endedAt: number;
  readonly wallMs: number;
}

const folder = mkdtempSync(join(tmpdir(), 'profbuf-bench-'));

async function run(
  contender: Contender,
  program: string,
  env: NodeJS.ProcessEnv,
  flags: string[] = [],
): Promise<Outcome> {
  const start = performance.now();
  const child = spawn(process.execPath, [...contenders[contender], ...flags, join(programs, program)], {
    cwd: folder,
    env: { ...process.env, ...env, PROFBUF_QUIET: '1', PROFBUF_OUTPUT: join(folder, 'profile.pb.gz') },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    printed += text;
  });
  let endedAt = 0;
  let wallMs = 0;
  child.once('exit', () => {
    endedAt = Date.now();
    wallMs = performance.now() - start;
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${contender}: ${program} ended with ${code}`);
  return { report: JSON.parse(printed), endedAt, wallMs };
}

/** Medians of what `measure` finds in the runs of each contender. */
async function compare(
  contenders: readonly Contender[],
  times: number,
  program: string,
  env: NodeJS.ProcessEnv,
  measure: (outcome: Outcome) => Record<string, number>,
): Promise<Map<Contender, Record<string, number>>> {
  const found = new Map(contenders.map((contender) => [contender, [] as Record<string, number>[]]));
  for (let round = 0; round < times; round++) {
    // Every other round backwards: the machine grows warm.
    for (const contender of round % 2 === 0 ? contenders : [...contenders].reverse()) {
      found.get(contender)?.push(measure(await run(contender, program, env)));
    }
  }
  return new Map(
    [...found].map(([contender, list]) => {
      const keys = Object.keys(list[0] ?? {});
      return [contender, Object.fromEntries(keys.map((key) => [key, median(list.map((values) => values[key] ?? 0))]))];
    }),
  );
}

function value(of: Map<Contender, Record<string, number>>, contender: Contender, key: string): number {
  return of.get(contender)?.[key] ?? Number.NaN;
}

const show = (text: string) => process.stdout.write(`${text}\n`);
const percent = (ratio: number) => `${((ratio - 1) * 100).toFixed(1)} %`;

show(`Node.js ${process.version}, ${cpus().length} × ${cpus()[0]?.model}, ${rounds} rounds`);

show('\nTime added to a compiler (TypeScript 5 on its own source); bar: at most 2 %');
const compile = await compare(names, rounds, 'compile.cjs', { BENCH_TIMES: isQuick ? '3' : '8' }, ({ report }) => ({
  wallMs: report.wallMs ?? 0,
  threadMs: report.threadMs ?? 0,
}));
for (const name of names) {
  const wall = value(compile, name, 'wallMs');
  const thread = value(compile, name, 'threadMs');
  show(
    `  ${name.padEnd(15)} ${wall.toFixed(0).padStart(6)} ms (${percent(wall / value(compile, 'bare', 'wallMs'))} more),` +
      ` CPU of its thread ${thread.toFixed(0).padStart(6)} ms (${percent(thread / value(compile, 'bare', 'threadMs'))} more)`,
  );
}

show('\nLongest pause on deep diverse stacks; bar: at most 3 ms, and 5 times shorter than @datadog/pprof');
const pausing: Contender[] = ['bare', 'profbuf', '@datadog/pprof'];
const pauses = await compare(pausing, rounds, 'pauses.cjs', { BENCH_MS: isQuick ? '4000' : '20000' }, ({ report }) => ({
  longestMs: report.longestMs ?? 0,
}));
for (const name of pausing) show(`  ${name.padEnd(15)} ${value(pauses, name, 'longestMs').toFixed(2)} ms`);
const shorter = value(pauses, '@datadog/pprof', 'longestMs') / value(pauses, 'profbuf', 'longestMs');
show(`  ${shorter.toFixed(1)} times shorter than @datadog/pprof`);

show('\nStart: to the first line of an empty program, and from its start to its end; bar: at most 60 ms added');
const starts = await compare(names, rounds * 3, 'first-line.cjs', {}, ({ report, wallMs }) => ({
  firstLineMs: report.firstLineMs ?? 0,
  wallMs,
}));
for (const name of names) {
  const added = (key: string) => (value(starts, name, key) - value(starts, 'bare', key)).toFixed(1);
  show(`  ${name.padEnd(15)} ${added('firstLineMs')} ms to the first line, ${added('wallMs')} ms altogether`);
}

const exitMs = isQuick ? 5000 : 60_000;
show(`\nFrom process.exit to the end, after ${exitMs / 1000} s of a compiler; bar: at most 100 ms for a minute`);
const exits = await compare(
  names,
  isQuick ? 2 : 3,
  'exit.cjs',
  { BENCH_MS: String(exitMs) },
  ({ report, endedAt }) => ({
    exitMs: endedAt - (report.exitAt ?? 0),
    megabytes: (report.rss ?? 0) / 2 ** 20,
  }),
);
for (const name of names) {
  const added = value(exits, name, 'exitMs') - value(exits, 'bare', 'exitMs');
  const megabytes = value(exits, name, 'megabytes') - value(exits, 'bare', 'megabytes');
  show(`  ${name.padEnd(15)} ${added.toFixed(0)} ms added; ${megabytes.toFixed(0)} MB more memory at that time`);
}

const minutes = Number(process.env.MINUTES ?? (isQuick ? 0.5 : 10));
show(`\nMemory: size of the process after ${minutes} minutes against that after a third of them; bar: flat`);
for (const name of ['bare', 'profbuf'] as const) {
  const { report } = await run(name, 'memory.cjs', { BENCH_MS: String(minutes * 60_000) }, ['--expose-gc']);
  const { early = 0, late = 0 } = report;
  show(`  ${name.padEnd(15)} ${(early / 2 ** 20).toFixed(0)} MB, then ${(late / 2 ** 20).toFixed(0)} MB`);
}

rmSync(folder, { recursive: true, force: true });
