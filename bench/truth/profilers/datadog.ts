import { readFileSync } from 'node:fs';
import { Profile } from 'profbuf';
import { stacksOf } from '../stack.js';
import { accountOf, filesIn, type Observation, type Profiler, preload, start, type Task } from './task.js';

/** @datadog/pprof as its tracer uses it, for CPU time and the wall's; its heap profiler for allocations. */
export const datadog: Profiler = {
  observe: (task) => (task.program.way === 'allocations' ? heap(task) : time(task)),
};

async function time(task: Task): Promise<Observation> {
  const env = { TRUTH_LATE: task.program.way === 'late' ? '1' : '' };
  const account = await accountOf(start(task, preload('datadog.cjs'), env));
  const profiles = profilesIn(task);
  const stacks = (type: string) => profiles.flatMap((profile) => stacksOf(profile, type));
  return { account, stacks: { cpu: stacks('cpu'), wall: stacks('wall') } };
}

async function heap(task: Task): Promise<Observation> {
  const account = await accountOf(start(task, preload('datadog-heap.cjs')));
  // It knows what was allocated from Node 26 on, else what is in use.
  const type = task.runtime.major >= 26 ? 'alloc_space' : 'inuse_space';
  return { account, stacks: { bytes: profilesIn(task).flatMap((profile) => stacksOf(profile, type)) } };
}

/** Each thread has a file of its own. */
function profilesIn({ folder }: Task): Profile[] {
  return filesIn(folder, '.pb.gz').map((path) => Profile.decode(readFileSync(path)));
}
