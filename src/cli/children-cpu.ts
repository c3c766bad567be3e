import { readFileSync } from 'node:fs';

/** `CLK_TCK`, in which Linux tells such times: 100 to all programs. */
const tickNanos = 1e7;

/**
 * How much CPU time have this process's children used, and theirs, of those that have ended and were waited for? In nanoseconds,
 * to 10 ms; `undefined` where the system does not tell. Source: proc(5), `cutime` and `cstime` of `/proc/self/stat`.
 */
export function childrenCpuNanos(): number | undefined {
  try {
    const stat = readFileSync('/proc/self/stat', 'latin1');
    // The second field, the name, may hold anything; the third follows its last bracket.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const nanos = (Number(fields[13]) + Number(fields[14])) * tickNanos;
    return Number.isFinite(nanos) ? nanos : undefined;
  } catch {
    return undefined;
  }
}
