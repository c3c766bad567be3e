import { processStatusText } from '../protocol/signal-mask.js';
import { ownLimit } from './own-limits.js';

/** What V8 takes for the heap of one more thread and its code, with what the program's own may need: 0.7 to 1.1 GB (20.20 to 26.10). */
const neededBytes = 1.5 * 2 ** 30;

/**
 * Whether a limit of the address space (`ulimit -v`) leaves too little for a thread: V8 asks for its space at once, and the process
 * dies if there is none.
 *
 * @returns what to say of it.
 */
export function addressSpaceProblem(): string | undefined {
  if (process.platform !== 'linux') return undefined;
  const limit = ownLimit('Max address space');
  if (!(limit > 0)) return undefined;
  const taken = Number(/^VmSize:\s+(\d+)/m.exec(processStatusText('self'))?.[1]) * 1024;
  if (limit - taken > neededBytes) return undefined;
  const megabytes = Math.round(limit / 2 ** 20);
  return `its address space is limited to ${megabytes} MB (ulimit -v), too little for one more thread of V8's`;
}
