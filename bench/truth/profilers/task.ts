import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Run } from '../../../test/cli/command.js';
import type { Runtime } from '../../../test/runtimes.js';
import { type Account, accountIn, type Unit } from '../account.js';
import { type Program, pathOf, truthFolder } from '../programs.js';
import type { SeenStack } from '../stack.js';

/** One run of a program under a profiler. */
export interface Task {
  readonly program: Program;
  readonly runtime: Runtime;
  /** Empty, and the run's own. */
  readonly folder: string;
  /** Samples a second. */
  readonly rate: number;
}

/** What the program said of itself, and what the profile says of it. */
export interface Observation {
  readonly account: Account;
  readonly stacks: { readonly [unit in Unit]?: readonly SeenStack[] };
}

export interface Profiler {
  /** Why it cannot say anything of the program, if it cannot. */
  cannot?(program: Program): string | undefined;
  observe(task: Task): Promise<Observation>;
}

/** The limit is for what never ends, in milliseconds. */
const patienceMs = 120_000;

/** Of bench/truth/preloads/. */
export function preload(name: string): readonly string[] {
  return ['--require', join(truthFolder, 'preloads', name)];
}

/** Starts the task's program by its Node, with these arguments in front. */
export function start(task: Task, args: readonly string[], env: NodeJS.ProcessEnv = {}): Run {
  const { program, runtime, folder, rate } = task;
  const run = new Run(runtime.path, [...args, ...(program.flags ?? []), pathOf(program), ...(program.args ?? [])], {
    cwd: folder,
    env: { TRUTH_RATE: String(rate), ...env },
  });
  const limit = setTimeout(() => run.process.kill('SIGKILL'), patienceMs);
  run.process.once('exit', () => clearTimeout(limit));
  return run;
}

/** Waits for the program's end, and its account. */
export async function accountOf(run: Run): Promise<Account> {
  run.process.stdin?.end();
  const { code, signal, stdout, stderr } = await run.end();
  if (code !== 0) throw new Error(`the program ended with ${code ?? signal}: ${stdout}\n${stderr}`);
  return accountIn(stdout);
}

/** Their paths. */
export function filesIn(folder: string, extension: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(extension))
    .map((name) => join(folder, name));
}
