// What it costs a process to be looked at for some seconds: the longest gap of its event loop and its CPU time, by its own clocks, with
// profbuf attach and with the recipe that people use (SIGUSR1, then Profiler.start and stop in one session), as a table.
// node build/bench/attach.js [rounds] [Node's majors]
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { runtimes } from '../test/runtimes.js';
import { median } from './median.js';

const rounds = Number(process.argv[2] ?? 5);
const majors = (process.argv[3] ?? '20,24,26').split(',').map(Number);
const seconds = 4;
const command = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const program = fileURLToPath(new URL('attach/program.js', import.meta.url));
const recipe = fileURLToPath(new URL('attach/recipe.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'profbuf-attach-'));

const ways: Readonly<Record<string, ((pid: number) => readonly string[]) | undefined>> = {
  nothing: undefined,
  'profbuf attach': (pid) => [command, 'attach', '-o', join(folder, 'a.pb.gz'), '--seconds', `${seconds}`, `${pid}`],
  '… --no-recompile': (pid) => [
    ...[command, 'attach', '--no-recompile', '-o', join(folder, 'a.pb.gz'), '--seconds', `${seconds}`],
    `${pid}`,
  ],
  '… --heap': (pid) => [
    command,
    'attach',
    '--heap',
    '-o',
    join(folder, 'a.pb.gz'),
    '--seconds',
    `${seconds}`,
    `${pid}`,
  ],
  recipe: (pid) => [recipe, `${pid}`, `${seconds}`],
};

/** What the program says of the time since it was asked last. */
interface Spent {
  readonly longestGapMs: number;
  readonly cpuMs: number;
}

function spentBy(child: ChildProcess): Promise<Spent> {
  return new Promise((resolve) => {
    child.once('message', (message) => resolve(message as Spent));
    child.send('spent');
  });
}

async function trial(path: string, way: ((pid: number) => readonly string[]) | undefined): Promise<Spent> {
  const child = spawn(path, ['--inspect-port=0', program], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  try {
    await new Promise((resolve) => child.once('message', resolve));
    await spentBy(child);
    // The command's own start, and its end, are no time of the process's.
    const begin = performance.now();
    if (way !== undefined) {
      const look = spawn(process.execPath, way(child.pid ?? 0), { stdio: 'ignore', cwd: folder });
      const code = await new Promise((resolve) => look.once('close', resolve));
      if (code !== 0) throw new Error(`status ${code}`);
    }
    // All are asked about the same time.
    await delay(Math.max(0, (seconds + 2) * 1000 - (performance.now() - begin)));
    return await spentBy(child);
  } finally {
    child.kill('SIGKILL');
  }
}

try {
  console.log(
    `${new Date().toISOString().slice(0, 10)}, ${cpus().length} × ${cpus()[0]?.model}, medians of ${rounds}\n`,
  );
  console.log('| Node | | longest gap | CPU of the process in 6 s | more than without |');
  console.log('|---|---|---:|---:|---:|');
  for (const { major, path } of runtimes) {
    if (!majors.includes(major)) continue;
    const spent: Record<string, Spent[]> = {};
    for (let round = 0; round < rounds; round++) {
      for (const [name, way] of Object.entries(ways)) {
        spent[name] = [...(spent[name] ?? []), await trial(path, way)];
      }
    }
    const bare = median((spent.nothing ?? []).map(({ cpuMs }) => cpuMs));
    for (const [name, results] of Object.entries(spent)) {
      const [gap, cpu] = [median(results.map((one) => one.longestGapMs)), median(results.map((one) => one.cpuMs))];
      const more = name === 'nothing' ? '' : `${(cpu - bare).toFixed(0)} ms`;
      console.log(`| ${major} | ${name} | ${gap.toFixed(0)} ms | ${cpu.toFixed(0)} ms | ${more} |`);
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
