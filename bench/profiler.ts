/**
 * The profiler against a bare run, V8's own profiler, `node --cpu-prof` and @datadog/pprof, all at 100 Hz:
 * `npm run bench:profiler`, or some parts of it, `npm run bench:profiler compile exit`; `QUICK=1` for a look.
 *
 * Each figure is the median of the rounds, and what is added the median of the rounds' ratios or differences to the bare
 * run of the same round; in brackets the least and the most. The compiler is measured from its first line to its last: what
 * start and exit take has parts of its own.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Comparison, spread } from './comparison.js';
import { median } from './median.js';
import { attribute, type Kind } from './profiler/attribution.js';
import { Asking, bundleIn, bundlePauses, freePort, mapUses } from './profiler/bundled-pauses.js';
import { wholeProcess } from './profiler/whole-process.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const programs = join(root, 'bench/profiler');
const isQuick = process.env.QUICK === '1';

const contenders = {
  bare: [],
  profbuf: ['--require', join(root, 'dist/register.cjs')],
  '--allocs': ['--require', join(programs, 'allocs.cjs')],
  "V8's profiler": ['--require', join(programs, 'inspector.cjs')],
  '--cpu-prof': ['--cpu-prof', '--cpu-prof-interval=10000'],
  'a bare thread': ['--require', join(programs, 'bare-thread.cjs')],
  'windows alone': ['--require', join(programs, 'windows-alone.cjs')],
  '@datadog/pprof, contexts': ['--require', join(programs, 'datadog-contexts.cjs')],
  '@datadog/pprof': ['--require', join(programs, 'datadog.cjs')],
} as const;
type Contender = keyof typeof contenders;
/** Those that are compared only where they are asked for, by CONTENDERS. */
const byRequest: readonly string[] = ['--allocs', 'a bare thread', 'windows alone', '@datadog/pprof, contexts'];
const everyone: [Contender, ...Contender[]] = ['bare', ...chosenContenders()];

/** All that measure time, or those of CONTENDERS, such as `profbuf,--allocs`. */
function chosenContenders(): Contender[] {
  const all = Object.keys(contenders) as Contender[];
  const names = process.env.CONTENDERS?.split(',') ?? all.filter((name) => !byRequest.includes(name));
  const unknown = names.find((name) => !Object.hasOwn(contenders, name));
  if (unknown !== undefined) throw new RangeError(`no contender ${unknown}; there are ${all.join(', ')}`);
  return all.filter((name) => name !== 'bare' && names.includes(name));
}

/** What a program printed; times of day in milliseconds. */
type Report = Readonly<Record<string, number>>;

const folder = mkdtempSync(join(tmpdir(), 'profbuf-bench-'));

async function run(
  contender: Contender,
  program: string,
  env: NodeJS.ProcessEnv,
  flags: readonly string[] = [],
): Promise<Report & { endedAt: number }> {
  const child = spawn(process.execPath, [...flags, ...contenders[contender], resolve(programs, program)], {
    cwd: folder,
    env: { ...process.env, ...env, PROFBUF_QUIET: '1', PROFBUF_OUTPUT: join(folder, 'profile.{pid}.pb.gz') },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    printed += text;
  });
  let endedAt = 0;
  child.once('exit', () => {
    endedAt = Date.now();
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${contender}: ${program} ended with ${code}`);
  return { ...(JSON.parse(printed) as Report), endedAt };
}

const show = (text: string) => process.stdout.write(`${text}\n`);

async function compile(title: string, times: number, defaultRounds: number): Promise<void> {
  const rounds = Number(process.env.ROUNDS ?? defaultRounds);
  const found = await Comparison.of(everyone, rounds, async (contender) => {
    const report = await run(contender, 'compile.cjs', { BENCH_TIMES: String(times) });
    const { wallMs = 0, threadMs = 0, waitMs = 0, processMs = 0 } = report;
    return { wallMs, threadMs, waitMs, processMs };
  });
  show(`\n${title}: TypeScript 5 on 1 MB of its own source, ${times} times, ${rounds} rounds`);
  show(
    '                 CPU of its thread, ms       more than bare, %       elapsed, %           CPU of the process, %',
  );
  for (const name of everyone) {
    const more = (key: 'wallMs' | 'threadMs' | 'processMs') => spread(found.moreThanBaseline(name, key), 1);
    show(
      `  ${name.padEnd(15)}${spread(found.values(name, 'threadMs'), 0).padEnd(28)}` +
        `${more('threadMs').padEnd(24)}${more('wallMs').padEnd(21)}${more('processMs')}`,
    );
  }
  const waited = everyone.map((name) => median(found.values(name, 'waitMs')).toFixed(0));
  show(`  waited for a processor, ms: ${waited.join(', ')}`);
}

/**
 * What is paid for a profile altogether, on whatever thread.
 * @param prefix What the program is run by, such as `taskset`.
 */
async function total(title: string, prefix: readonly string[]): Promise<void> {
  const rounds = Number(process.env.ROUNDS ?? (isQuick ? 3 : 9));
  const found = await Comparison.of(everyone, rounds, (contender) => {
    const node = [process.execPath, ...contenders[contender]];
    const tsc = [join(root, 'node_modules/ts5/bin/tsc'), '--project', root, '--noEmit'];
    const [command = '', ...args] = [...prefix, ...node, ...tsc];
    const env = { ...process.env, PROFBUF_QUIET: '1', PROFBUF_OUTPUT: join(folder, 'profile.{pid}.pb.gz') };
    return wholeProcess([command, ...args], { cwd: folder, env });
  });
  show(`\n${title}: tsc of this repository as a whole process, ${rounds} rounds`);
  show('                 CPU of all threads, ms      more than bare, %       elapsed, %              peak memory, MB');
  for (const name of everyone) {
    const more = (key: 'cpuMs' | 'wallMs') => spread(found.moreThanBaseline(name, key), 1);
    show(
      `  ${name.padEnd(15)}${spread(found.values(name, 'cpuMs'), 0).padEnd(28)}${more('cpuMs').padEnd(24)}` +
        `${more('wallMs').padEnd(24)}${spread(found.addedToBaseline(name, 'peakMegabytes'), 0)}`,
    );
  }
}

/** Runs of a compiler differ by more than a profiler adds; where its thread was found does not depend on how fast it was. */
async function attribution(): Promise<void> {
  const rounds = Number(process.env.ROUNDS ?? (isQuick ? 1 : 3));
  const found = await Comparison.of(everyone, rounds, (contender) =>
    attribute(
      [...contenders[contender], join(programs, 'compile.cjs')],
      {
        ...process.env,
        BENCH_TIMES: isQuick ? '4' : '40',
        PROFBUF_QUIET: '1',
        PROFBUF_OUTPUT: join(folder, 'profile.{pid}.pb.gz'),
      },
      folder,
    ),
  );
  const columns = ['start', 'windows', 'code', 'signals'] as const satisfies readonly Kind[];
  show(`\nWhere a long compile's thread was, % of its time, ${rounds} rounds; bar: at most 2 in all`);
  show(`                 ${columns.map((kind) => kind.padEnd(10)).join('')}all`);
  for (const name of everyone) {
    const shares = columns.map((kind) => median(found.values(name, kind)));
    const all = shares.reduce((sum, share) => sum + share, 0);
    show(`  ${name.padEnd(15)}${shares.map((share) => share.toFixed(2).padEnd(10)).join('')}${all.toFixed(2)}`);
  }
}

async function pauses(): Promise<void> {
  const pausing = ['bare', 'profbuf', '@datadog/pprof'] as const;
  const rounds = Number(process.env.ROUNDS ?? (isQuick ? 2 : 9));
  const found = await Comparison.of(pausing, rounds, async (contender) => {
    const flags = contender === 'profbuf' ? ['--require', join(programs, 'window-ends.cjs')] : [];
    const env = { BENCH_MS: isQuick ? '3000' : '20000' };
    const report = await run(contender, 'pauses.cjs', env, flags);
    const { atWorkMs = 0, mostlyMs = 0, otherMs = 0, timesAtWork = 0 } = report;
    if (timesAtWork === 0 && contender !== 'bare') throw new Error(`${contender} was not seen at work`);
    return { atWorkMs, mostlyMs, otherMs, timesAtWork };
  });
  show('\nLongest pause on deep diverse stacks, ms; bar: at most 3 ms, and 5 times shorter than @datadog/pprof');
  show('                 while the profiler was at work   99 of 100 of these       at any other time');
  for (const name of pausing) {
    const [atWork, mostly, other] = (['atWorkMs', 'mostlyMs', 'otherMs'] as const).map((key) =>
      name === 'bare' && key !== 'otherMs' ? '-' : spread(found.values(name, key), 2),
    );
    show(`  ${name.padEnd(15)}${atWork?.padEnd(33)}${mostly?.padEnd(25)}${other}`);
  }
  const [ours, theirs] = (['profbuf', '@datadog/pprof'] as const).map((name) => found.values(name, 'atWorkMs'));
  show(`  ${(median(theirs ?? []) / median(ours ?? [])).toFixed(1)} times shorter than @datadog/pprof`);
}

/** What a map of 16 MB, read while a bundled program runs, does to its pauses. */
async function bundledPauses(): Promise<void> {
  const rounds = Number(process.env.ROUNDS ?? (isQuick ? 2 : 9));
  const bundle = bundleIn(folder);
  const { code, map } = await bundlePauses(programs, bundle);
  const found = await Comparison.of(mapUses, rounds, async (use) => {
    const isBare = use === 'bare';
    const port = await freePort();
    const env = {
      BENCH_MS: isQuick ? '6000' : '20000',
      ...(isBare ? {} : { PROFBUF_HTTP: String(port) }),
      ...(use === 'without maps' ? { PROFBUF_SOURCE_MAPS: '0' } : {}),
    };
    const flags = isBare ? [] : ['--require', join(programs, 'window-ends.cjs')];
    // The program warms up for two seconds: what is read comes after that.
    const asking = isBare ? undefined : new Asking(port, 3000);
    const report = await run(isBare ? 'bare' : 'profbuf', bundle, env, flags);
    await asking?.stop();
    const { atWorkMs = 0, mostlyMs = 0, otherMs = 0 } = report;
    const { given = 0, mapped = 0 } = asking ?? {};
    if (!isBare && (given === 0 || mapped !== (use === 'with maps' ? given : 0))) {
      throw new Error(`${use}: ${mapped} of ${given} profiles had functions of a source`);
    }
    return { atWorkMs, mostlyMs, otherMs };
  });
  const size = (bytes: number) => (bytes / 1e6).toFixed(1);
  show(
    `\nLongest pause of a bundle of ${size(code)} MB with a map of ${size(map)}, ms, profiles being asked for; bar: no difference`,
  );
  show('                 while the profiler was at work   99 of 100 of these       at any other time');
  for (const use of mapUses) {
    const [atWork, mostly, other] = (['atWorkMs', 'mostlyMs', 'otherMs'] as const).map((key) =>
      use === 'bare' && key !== 'otherMs' ? '-' : spread(found.values(use, key), 2),
    );
    show(`  ${use.padEnd(15)}${atWork?.padEnd(33)}${mostly?.padEnd(25)}${other}`);
  }
}

async function start(): Promise<void> {
  const found = await Comparison.of(everyone, Number(process.env.ROUNDS ?? (isQuick ? 9 : 27)), async (contender) => {
    const { firstLineMs = 0, startedAt = 0, endedAt } = await run(contender, 'first-line.cjs', {});
    return { firstLineMs, altogetherMs: endedAt - startedAt };
  });
  show('\nAdded to an empty program, ms: to its first line, and altogether; bar: at most 60 ms');
  for (const name of everyone) {
    const added = (key: 'firstLineMs' | 'altogetherMs') => spread(found.addedToBaseline(name, key), 1);
    show(`  ${name.padEnd(15)}${added('firstLineMs').padEnd(24)}${added('altogetherMs')}`);
  }
}

async function exit(): Promise<void> {
  const seconds = isQuick ? 5 : 60;
  const rounds = Number(process.env.ROUNDS ?? (isQuick ? 1 : 3));
  const found = await Comparison.of(everyone, rounds, async (contender) => {
    const { exitAt = 0, rss = 0, endedAt } = await run(contender, 'exit.cjs', { BENCH_MS: String(seconds * 1000) });
    return { exitMs: endedAt - exitAt, megabytes: rss / 2 ** 20 };
  });
  show(`\nFrom process.exit to the end, ms, after ${seconds} s of deep diverse stacks, and memory at that time, MB`);
  show('                 added time (bar after a minute: at most 100 ms)   added memory');
  for (const name of everyone) {
    const added = (key: 'exitMs' | 'megabytes') => spread(found.addedToBaseline(name, key), 0);
    show(`  ${name.padEnd(15)}${added('exitMs').padEnd(50)}${added('megabytes')}`);
  }
}

async function memory(): Promise<void> {
  const minutes = Number(process.env.MINUTES ?? (isQuick ? 0.15 : 10));
  show(`\nMemory beside the program's own heap, MB, tenth by tenth of ${minutes} minutes; bar: flat after the second`);
  // All at once: memory does not depend on who else has a processor, and everybody has the same time.
  const env = { BENCH_MS: String(minutes * 60_000) };
  const found = await Promise.all(
    (['bare', 'profbuf', '@datadog/pprof, contexts'] as const).map(async (name) => ({
      name,
      report: await run(name, 'memory.cjs', env),
    })),
  );
  for (const { name, report } of found) {
    const { endedAt: _, ...tenths } = report;
    const megabytes = Object.values(tenths).map((bytes) => (bytes / 2 ** 20).toFixed(0).padStart(5));
    show(`  ${name.padEnd(26)}${megabytes.join('')}`);
  }
}

/** How what the collector does grows with the threads that it samples. */
async function threads(): Promise<void> {
  const sampled = ['bare', 'profbuf'] as const;
  const flags = ['--require', join(programs, 'threads-before.cjs')];
  const rounds = Number(process.env.ROUNDS ?? (isQuick ? 1 : 5));
  show(`\nBusy worker threads, ${rounds} rounds; bar: the collector's CPU grows at most as their number`);
  show(
    "             the collector's CPU, ms a second   for each thread   longest pause of a thread, ms   in a bare run",
  );
  for (const count of [1, 4, 16]) {
    const found = await Comparison.of(sampled, rounds, async (contender) => {
      const env = { BENCH_THREADS: String(count), BENCH_MS: isQuick ? '2000' : '10000' };
      const { collectorMsPerSecond = 0, longestMs = 0 } = await run(contender, 'threads.cjs', env, flags);
      if (contender === 'profbuf' && collectorMsPerSecond === 0) throw new Error('the collector was not found');
      return { collectorMsPerSecond, longestMs };
    });
    const collector = found.values('profbuf', 'collectorMsPerSecond');
    show(
      `  ${String(count).padEnd(11)}${spread(collector, 1).padEnd(35)}${(median(collector) / count).toFixed(1).padEnd(18)}` +
        `${spread(found.values('profbuf', 'longestMs'), 2).padEnd(32)}${spread(found.values('bare', 'longestMs'), 2)}`,
    );
  }
}

/** What whoever terminates a thread pays for the thread's last window. */
async function terminations(): Promise<void> {
  const rounds = Number(process.env.ROUNDS ?? (isQuick ? 2 : 9));
  const found = await Comparison.of(everyone, rounds, async (contender) => {
    const { mostlyMs = 0, longestMs = 0, endedMs = 0 } = await run(contender, 'terminations.cjs', {});
    return { mostlyMs, longestMs, endedMs };
  });
  show(`\nA call of worker.terminate(), ms, of 20 threads that have just worked, ${rounds} rounds; bar: at most 10 ms`);
  show('                 half of the calls       the longest             half of the threads have ended');
  for (const name of everyone) {
    const [half, longest, ended] = (['mostlyMs', 'longestMs', 'endedMs'] as const).map((key) =>
      spread(found.values(name, key), 1),
    );
    show(`  ${name.padEnd(15)}${half?.padEnd(24)}${longest?.padEnd(24)}${ended}`);
  }
}

const parts = {
  compile: () => compile('A short compile', 4, isQuick ? 2 : 15),
  'long-compile': () => compile('A long compile; bar: at most 2 % more', isQuick ? 15 : 40, isQuick ? 1 : 9),
  total: () => total('Whole process', []),
  'total-one': () => total('Whole process on one processor', ['taskset', '-c', '0']),
  attribution,
  pauses,
  'pauses-bundled': bundledPauses,
  threads,
  terminations,
  start,
  exit,
  memory,
} as const;

function isPart(name: string): name is keyof typeof parts {
  return Object.hasOwn(parts, name);
}

const chosen = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(parts);
const unknown = chosen.find((name) => !isPart(name));
if (unknown !== undefined) throw new RangeError(`no part ${unknown}; there are ${Object.keys(parts).join(', ')}`);

const load = () => loadavg()[0]?.toFixed(1);
show(`Node.js ${process.version}, ${cpus().length} × ${cpus()[0]?.model}; load of the machine ${load()}`);
try {
  for (const name of chosen) if (isPart(name)) await parts[name]();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
show(`\nload of the machine ${load()}`);
