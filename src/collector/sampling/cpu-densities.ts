interface Seen {
  cpuNanos: number;
  micros: number;
}

/** Functions that are remembered. */
const mostKept = 2048;
/** What remains of what was seen when a function is seen again in another window: programs change. */
const decay = 0.8;
/** A function that never seemed to work may do so for once: where only such ones were, one of them has. */
const leastDensity = 0.001;

/**
 * How much of its time does a function work, rather than wait? Learnt from the windows so far. It decides who worked where a
 * sample of a working function and one of a waiting one lie between two readings of the thread's clock.
 */
export class CpuDensities {
  readonly #seen = new Map<string, Seen>();

  /** From 0, always waits, to 1; unknown functions are taken to work. */
  of(functionKey: string, now: Seen = { cpuNanos: 0, micros: 0 }): number {
    const before = this.#seen.get(functionKey);
    const micros = (before?.micros ?? 0) + now.micros;
    if (micros === 0) return 1;
    const cpuMicros = ((before?.cpuNanos ?? 0) + now.cpuNanos) / 1000;
    return Math.min(1, Math.max(leastDensity, cpuMicros / micros));
  }

  learn(functionKey: string, { cpuNanos, micros }: Seen): void {
    const before = this.#seen.get(functionKey);
    // The one that was not seen for longest is the first.
    this.#seen.delete(functionKey);
    this.#seen.set(functionKey, {
      cpuNanos: (before?.cpuNanos ?? 0) * decay + cpuNanos,
      micros: (before?.micros ?? 0) * decay + micros,
    });
    if (this.#seen.size <= mostKept) return;
    for (const oldest of this.#seen.keys()) {
      this.#seen.delete(oldest);
      break;
    }
  }
}
