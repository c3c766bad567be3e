import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Runtime } from '../runtimes.js';

const run = promisify(execFile);

/** Runs a program of ./programs to its end, and gives what it wrote to stdout as JSON. */
export async function runProgram<T>(runtime: Runtime, name: string, ...options: readonly unknown[]): Promise<T> {
  const path = fileURLToPath(new URL(`./programs/${name}.js`, import.meta.url));
  const { stdout } = await run(
    runtime.path,
    ['--expose-gc', path, ...options.map((option) => JSON.stringify(option))],
    {
      timeout: 300_000,
      maxBuffer: 64 * 2 ** 20,
    },
  );
  return JSON.parse(stdout) as T;
}

/** What the test gave to the program, in its own process. */
export function programOptions<T extends readonly unknown[]>(): T {
  return process.argv.slice(2).map((text) => JSON.parse(text)) as unknown as T;
}
