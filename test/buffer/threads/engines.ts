import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Engine } from '../../runtimes.js';

/** Runs a program of this folder on one engine; each line that it prints is JSON. Rejects if it fails or takes too long. */
export async function run<T>(engine: Engine, program: string, argument: number, minutes: number): Promise<T[]> {
  const file = fileURLToPath(new URL(program, import.meta.url));
  const options = { timeout: minutes * 60_000, maxBuffer: 2 ** 26 };
  const { stdout } = await promisify(execFile)(
    engine.path,
    [...(engine.arguments ?? []), file, String(argument)],
    options,
  );
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as T);
}
