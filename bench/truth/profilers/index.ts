import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { datadog } from './datadog.js';
import { node } from './node.js';
import { profbuf, profbufWall } from './profbuf.js';
import type { Observation, Profiler, Task } from './task.js';

/** A run of some says of CPU time and of all time, too. */
export const profilers = {
  profbuf,
  'profbuf-wall': profbufWall,
  'cpu-prof': node,
  datadog,
} as const satisfies Readonly<Record<string, Profiler>>;

export type ProfilerName = keyof typeof profilers;
export const profilerNames = Object.keys(profilers) as ProfilerName[];

/** Runs the program under the profiler, once. */
export async function observe(name: ProfilerName, task: Omit<Task, 'folder'>): Promise<Observation> {
  const folder = mkdtempSync(join(tmpdir(), 'profbuf-truth-'));
  try {
    return await profilers[name].observe({ ...task, folder });
  } catch (error) {
    throw new Error(`${task.program.title} by ${name} on ${task.runtime.name}: ${error}`, { cause: error });
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
}
