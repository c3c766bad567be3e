import { datadog } from './datadog.js';
import { node } from './node.js';
import { profbuf, profbufWall } from './profbuf.js';
import type { Profiler } from './task.js';

/** A run of some says of CPU time and of all time, too. */
export const profilers = {
  profbuf,
  'profbuf-wall': profbufWall,
  'cpu-prof': node,
  datadog,
} as const satisfies Readonly<Record<string, Profiler>>;

export type ProfilerName = keyof typeof profilers;
export const profilerNames = Object.keys(profilers) as ProfilerName[];
