import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { Profile } from 'profbuf';
import { type Folder, type Result, Run, type RunOptions, root, run } from '../cli/command.js';
import type { Runtime } from '../runtimes.js';

const preload = join(root, 'dist/register.cjs');

/** JavaScript that waits until sampling has begun. */
export const sampled = `
  while (globalThis[Symbol.for('profbuf')].client.stats().elapsedMs === 0) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
`;

/**
 * JavaScript that is busy in a function of the name `busy` until at least `samples` were taken of it and delivered;
 * without profbuf, for a moment. A test that waited for a time would fail on a machine that is busy itself.
 */
export function busyUntil(samples: number): string {
  return `
    function busy() {
      let sum = 0;
      for (let i = 0; i < 1e5; i++) sum += Math.sqrt(i);
      return sum;
    }
    {
      const client = globalThis[Symbol.for('profbuf')]?.client;
      busy();
      if (client !== undefined) {
        // The window that is open now may hold samples of what came before.
        const { windows } = client.stats();
        let before;
        do {
          busy();
          const stats = client.stats();
          if (stats.windows > windows) before ??= stats.samples;
          if (stats.samples - before >= ${samples}) break;
        } while (!client.isOver);
      }
    }
  `;
}

export interface ProfiledOptions extends Partial<RunOptions> {
  /** Node's own flags. */
  readonly flags?: readonly string[];
}

/** What an earlier run has left there would stay. */
function freeOutput(folder: Folder): string {
  const path = join(folder.path, 'profile.pb.gz');
  rmSync(path, { force: true });
  return path;
}

/** Runs a program by the preload; its profile is `profile.pb.gz` in the folder. */
export function runProfiled(
  runtime: Runtime,
  folder: Folder,
  args: readonly string[],
  { flags = [], env = {}, ...options }: ProfiledOptions = {},
): Promise<Result> {
  const environment = { PROFBUF_OUTPUT: freeOutput(folder), ...env };
  return run(runtime.path, ['--require', preload, ...flags, ...args], {
    cwd: folder.path,
    env: environment,
    ...options,
  });
}

/** The same, for a program that is watched, or ended from outside. */
export function startProfiled(
  runtime: Runtime,
  folder: Folder,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Run {
  const environment = { PROFBUF_OUTPUT: freeOutput(folder), ...env };
  return new Run(runtime.path, ['--require', preload, ...args], { cwd: folder.path, env: environment });
}

/**
 * Samples of the stacks in which a function of the file is. Not of one function: V8 counts what it has inlined into a loop
 * of the caller as the caller's, on some versions more than on others.
 */
export function samplesIn(profile: Profile, file: string): number {
  const { functions, locations, samples } = profile.model;
  const isInFile = (location: number) =>
    locations[location]?.lines.some((line) => functions[line.function]?.filename.endsWith(`/${file}`));
  return samples.filter(({ stack }) => stack.some(isInFile)).reduce((sum, { values }) => sum + Number(values[0]), 0);
}

/** Sums of the profile's two sample types: the number of samples and nanoseconds. */
export function totalsOf(profile: Profile): { readonly samples: number; readonly nanos: number } {
  let samples = 0;
  let nanos = 0;
  for (const { values } of profile.model.samples) {
    samples += Number(values[0]);
    nanos += Number(values[1]);
  }
  return { samples, nanos };
}

/** What the program itself wrote on stderr. */
export function withoutOurs(stderr: string): string {
  return stderr.replace(/^profbuf: .*\n/gm, '');
}

export { Profile };

/** An ES module whose threads run stacks of so many frames, drawn from 40 functions, for as long. */
export function randomStacks({ seconds, threads, depth }: { seconds: number; threads: number; depth: number }): string {
  return `
    import { isMainThread, Worker } from 'node:worker_threads';
    const functions = [];
    const work = () => { const end = performance.now() + 0.05; while (performance.now() < end); return 1; };
    for (let i = 0; i < 40; i++) {
      functions.push(new Function('functions', 'work', \`return function deep\${i}(depth, seed) {
        return depth === 0 ? work() : functions[seed % 40](depth - 1, (Math.imul(seed, 1103515245) + 12345) >>> 1) + 1;
      }\`)(functions, work));
    }
    if (isMainThread) for (let i = 1; i < ${threads}; i++) new Worker(new URL(import.meta.url));
    const end = performance.now() + ${seconds * 1000};
    for (let i = 0; performance.now() < end; i++) functions[i % 40](${depth}, Math.imul(i, 2654435761) >>> 1);
  `;
}
