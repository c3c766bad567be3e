import { readdirSync, readFileSync, statSync } from 'node:fs';
import { ownLimit } from './own-limits.js';

/** The collector, V8's sampler, and Node's pool, which a program may not have started yet. */
const neededThreads = 2 + (Number(process.env.UV_THREADPOOL_SIZE) || 4);
/** A limit above this is no hindrance to anybody, and is not looked into: to count what a user runs takes some milliseconds. */
const lowLimit = 8192;

/**
 * Whether a limit of processes and threads, of the user (`ulimit -u`) or of the container, leaves too few: where V8 or Node cannot start one
 * of theirs, the process is aborted.
 *
 * @returns what to say of it.
 */
export function threadLimitProblem(): string | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    return ofContainer() ?? ofUser();
  } catch {
    // Where /proc may not be read, nobody knows.
    return undefined;
  }
}

function problem(left: number, limit: number, what: string): string | undefined {
  if (!(left < neededThreads)) return undefined;
  const few = Math.max(0, left);
  return `of the ${neededThreads} threads that V8 and Node need for it, no more than ${few} can be started (${what} is ${limit})`;
}

/** By version 2 of control groups and by version 1: of the process's own group, or of the one that its container shows. */
function ofContainer(): string | undefined {
  const groups = read('/proc/self/cgroup') ?? '';
  const own = /^0::(\/.*)$/m.exec(groups)?.[1] ?? '/';
  const older = /^\d+:(?:[^:\n]*,)?pids(?:,[^:\n]*)?:(\/.*)$/m.exec(groups)?.[1];
  const folders = [
    `/sys/fs/cgroup${own}`,
    '/sys/fs/cgroup',
    ...(older === undefined ? [] : [`/sys/fs/cgroup/pids${older}`]),
  ];
  for (const folder of folders) {
    const limit = Number(read(`${folder}/pids.max`) ?? Number.NaN);
    if (Number.isNaN(limit)) continue;
    const current = Number(read(`${folder}/pids.current`) ?? Number.NaN);
    return problem(limit - current, limit, 'pids.max');
  }
  return undefined;
}

/** Those of other containers, which count too, are not seen. */
function ofUser(): string | undefined {
  const limit = ownLimit('Max processes');
  // The superuser has no limit.
  const user = process.getuid?.() ?? 0;
  if (!(limit <= lowLimit) || user === 0) return undefined;
  let running = 0;
  for (const name of readdirSync('/proc')) {
    if (!/^\d/.test(name) || ownerOf(name) !== user) continue;
    running += Number(/^Threads:\s+(\d+)/m.exec(read(`/proc/${name}/status`) ?? '')?.[1] ?? 0);
  }
  return problem(limit - running, limit, 'ulimit -u');
}

/** `undefined` of a process that has ended. */
function ownerOf(name: string): number | undefined {
  return statSync(`/proc/${name}`, { throwIfNoEntry: false })?.uid;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
}
