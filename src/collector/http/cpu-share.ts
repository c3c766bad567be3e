import { readFileSync } from 'node:fs';

/** A shorter time says little; one that is longer says nothing of now. In milliseconds. */
const [shortestMs, longestMs] = [400, 5000];

/** Does this process work, or does it wait? The collector's thread does not count, which scrapers keep busy. */
export class CpuShare {
  #usedMs = usedMs();
  #atMs = performance.now();
  #last: number | undefined;

  /** Of one processor, since it was read the last time; `undefined` where that is too long ago. */
  read(): number | undefined {
    const elapsedMs = performance.now() - this.#atMs;
    if (elapsedMs < shortestMs) return this.#last;
    const before = this.#usedMs;
    this.#usedMs = usedMs();
    this.#atMs += elapsedMs;
    this.#last = elapsedMs > longestMs ? undefined : (this.#usedMs - before) / elapsedMs;
    return this.#last;
  }
}

function usedMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000 - ownMs();
}

/** Of the thread that asks. 0 where the system does not tell. */
function ownMs(): number {
  try {
    return Number(readFileSync('/proc/thread-self/schedstat', 'latin1').split(' ', 1)[0]) / 1e6;
  } catch {
    return 0;
  }
}
