import { readFileSync } from 'node:fs';
import type { SeenStack } from '../stack.js';
import { stacksOfCpuProfile, stacksOfHeapProfile } from '../v8-files.js';
import { accountOf, filesIn, type Observation, type Profiler, preload, start, type Task } from './task.js';

/**
 * `node --cpu-prof`; V8's profiler by the inspector, of which that is made, in a program that is warm; `--heap-prof` for
 * allocations. Its time is the wall's, whatever the flag is called: it is held against both.
 */
export const node: Profiler = {
  cannot: ({ needs }) => (needs === 'labels' ? 'no labels' : undefined),
  observe: (task) => (task.program.way === 'allocations' ? heap(task) : cpu(task)),
};

async function cpu(task: Task): Promise<Observation> {
  const flags = ['--cpu-prof', `--cpu-prof-interval=${Math.round(1e6 / task.rate)}`];
  const account = await accountOf(start(task, task.program.way === 'late' ? preload('late-inspector.cjs') : flags));
  const { span = [0, Number.POSITIVE_INFINITY] } = account;
  const stacks = stacksIn(task, '.cpuprofile', (file) => stacksOfCpuProfile(file, span));
  return { account, stacks: { cpu: stacks, wall: stacks } };
}

async function heap(task: Task): Promise<Observation> {
  const account = await accountOf(start(task, ['--heap-prof']));
  return { account, stacks: { bytes: stacksIn(task, '.heapprofile', stacksOfHeapProfile) } };
}

/** Each thread has a file of its own. */
function stacksIn({ folder }: Task, extension: string, read: (file: string) => SeenStack[]): SeenStack[] {
  return filesIn(folder, extension).flatMap((path) => read(readFileSync(path, 'utf8')));
}
