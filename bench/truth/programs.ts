import { fileURLToPath } from 'node:url';

/** The programs that know where their time went, in bench/truth/programs/. */
export interface Program {
  /** As tables show it. */
  readonly title: string;
  /** In bench/truth/programs/. */
  readonly file: string;
  readonly args?: readonly string[];
  /** Node's own. */
  readonly flags?: readonly string[];
  /**
   * - `run`: profiled from its first line to its end
   * - `late`: starts the profiler itself, when it is warm
   * - `allocations`: what it allocates is profiled, in bytes
   */
  readonly way?: 'run' | 'late' | 'allocations';
  /** In points: what profbuf is to reach. 1 where nothing is inlined or native. */
  readonly goal: 1 | 3;
  readonly needs?: 'labels';
}

/** The program asks for nearly all collections itself. No other thread helps, and none is made in small steps. */
const knownCollections = [
  '--expose-gc',
  '--single-threaded-gc',
  '--no-incremental-marking',
  '--min-semi-space-size=512',
  '--max-semi-space-size=512',
] as const;

export const programs = {
  'three-functions': { title: 'three functions in turns', file: 'three-functions.cjs', goal: 1 },
  'hot-loop': { title: 'one hot loop from the first line', file: 'hot-loop.cjs', goal: 1 },
  'hot-loop-in-worker': {
    title: 'the same in a worker thread',
    file: 'hot-loop-in-worker.cjs',
    goal: 1,
  },
  'late-start': { title: 'late start in a warm program', file: 'late-start.mjs', way: 'late', goal: 3 },
  'inlined-same-file': { title: 'inlined, same file', file: 'inlined-same-file.cjs', goal: 3 },
  'inlined-other-file': { title: 'inlined, other file', file: 'inlined-other-file.cjs', goal: 3 },
  'inlined-same-numbers': {
    title: 'inlined, other file, lines of one number',
    file: 'inlined-other-file.cjs',
    args: ['same-numbers'],
    goal: 3,
  },
  'short-functions': { title: 'many short functions', file: 'short-functions.cjs', goal: 3 },
  'spawn-sync': { title: 'waits for `spawnSync`', file: 'waiting.cjs', args: ['spawn'], goal: 1 },
  'atomics-wait': { title: 'waits by `Atomics.wait`', file: 'waiting.cjs', args: ['atomics'], goal: 1 },
  'long-write': { title: 'long writes', file: 'long-calls.cjs', args: ['write'], goal: 3 },
  'long-read': { title: 'long reads', file: 'long-calls.cjs', args: ['read'], goal: 3 },
  'workers-terminated': {
    title: 'short workers, terminated',
    file: 'short-workers.cjs',
    args: ['terminated'],
    goal: 1,
  },
  'workers-ended': { title: 'short workers that end', file: 'short-workers.cjs', args: ['ended'], goal: 1 },
  recursion: { title: 'recursion, 150 frames', file: 'deep-recursion.cjs', goal: 1 },
  'deep-recursion': { title: 'recursion, 400 frames', file: 'deep-recursion.cjs', args: ['deep'], goal: 3 },
  evaluated: { title: 'evaluated functions of one name', file: 'evaluated.cjs', goal: 1 },
  'same-line': { title: 'functions of one name and line', file: 'same-line.cjs', goal: 1 },
  module: { title: 'module with top-level await', file: 'module.mjs', goal: 1 },
  garbage: { title: 'much garbage', file: 'garbage.cjs', goal: 3 },
  native: { title: 'zlib, JSON and RegExp', file: 'native.cjs', goal: 3 },
  labels: { title: 'labels across await', file: 'labels.mjs', goal: 1, needs: 'labels' },
  compile: { title: 'TypeScript 5, by phase', file: 'compile.cjs', flags: knownCollections, goal: 3 },
  build: { title: 'rollup, by plugin hook', file: 'build.mjs', flags: knownCollections, goal: 3 },
  allocations: {
    title: 'allocations that stay, die young and old',
    file: 'allocations.cjs',
    way: 'allocations',
    goal: 3,
  },
} as const satisfies Readonly<Record<string, Program>>;

export type ProgramName = keyof typeof programs;
export const programNames = Object.keys(programs) as ProgramName[];

/** The repository. This file runs from build/bench/truth/. */
export const root = fileURLToPath(new URL('../../../', import.meta.url));
export const truthFolder = `${root}bench/truth/`;

export function pathOf({ file }: Program): string {
  return `${truthFolder}programs/${file}`;
}
