/** A shorter time says little; one that is longer says nothing of now. In milliseconds. */
const [shortestMs, longestMs] = [400, 5000];

/** Does this process work, or does it wait? */
export class CpuShare {
  #usage = process.cpuUsage();
  #atMs = performance.now();
  #last: number | undefined;

  /** Of one processor, since it was read the last time; `undefined` where that is too long ago. */
  read(): number | undefined {
    const elapsedMs = performance.now() - this.#atMs;
    if (elapsedMs < shortestMs) return this.#last;
    const { user, system } = process.cpuUsage(this.#usage);
    this.#last = elapsedMs > longestMs ? undefined : (user + system) / 1000 / elapsedMs;
    this.#usage = process.cpuUsage();
    this.#atMs = performance.now();
    return this.#last;
  }
}
