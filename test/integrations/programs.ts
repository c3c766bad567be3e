import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { LabelledSample } from '../labels/programs/samples.js';
import { runtimes } from '../runtimes.js';

/** The oldest and the newest Node. */
export const twoRuntimes = [runtimes.at(0), runtimes.at(-1)].filter((runtime) => runtime !== undefined);

/** Runs a program of ./programs to its end, and gives what it wrote. */
export async function outputOfProgram<T>(node: string, name: string, ...options: string[]): Promise<T> {
  const path = fileURLToPath(new URL(`./programs/${name}.js`, import.meta.url));
  const { stdout } = await promisify(execFile)(node, [path, ...options], { timeout: 240_000, maxBuffer: 2 ** 26 });
  return JSON.parse(stdout) as T;
}

/** The labels that samples of a function carry, all of them different, as JSON. */
export function labelsOfFunction(samples: readonly LabelledSample[], name: string): string[] {
  const own = samples.filter(({ functions }) => functions.includes(name));
  return [...new Set(own.map(({ labels }) => JSON.stringify(labels)))];
}
