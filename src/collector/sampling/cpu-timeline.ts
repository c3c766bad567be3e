/** A stretch of a thread's time, which its sample at the end stands for. */
export interface Stretch {
  readonly fromMicros: number;
  readonly toMicros: number;
  /** The sample found the thread waiting for events. */
  readonly isIdle: boolean;
}

/**
 * When did a thread spend its CPU time? Readings of its clock, taken from another thread every few milliseconds.
 *
 * Samples are not equal: one that V8 takes during a wait stands for no CPU time, and the one after a long system call, in
 * which there can be none, for all of it. So each is worth what the thread's clock has advanced since the one before it.
 * Between two readings the time is taken to have been spent evenly where the thread was not idle. A reading of a running
 * thread is as old as the kernel's last tick, up to 4 ms at 250 Hz; one of a thread that waits is exact.
 */
export class CpuTimeline {
  /** In microseconds of `process.hrtime`, and nanoseconds; the first one is at or before all that is asked for. */
  #times: number[];
  #nanos: number[];

  constructor(micros: number, cpuNanos: number) {
    this.#times = [micros];
    this.#nanos = [cpuNanos];
  }

  get lastNanos(): number {
    return this.#nanos.at(-1) as number;
  }

  get lastMicros(): number {
    return this.#times.at(-1) as number;
  }

  add(micros: number, cpuNanos: number): void {
    // A clock that did not advance over three readings says in the middle what it says at the ends.
    const { length } = this.#times;
    if (length > 1 && this.#nanos[length - 2] === cpuNanos && this.#nanos[length - 1] === cpuNanos)
      this.#times[length - 1] = micros;
    else if (micros > this.lastMicros) {
      this.#times.push(micros);
      this.#nanos.push(cpuNanos);
    } else this.#nanos[length - 1] = cpuNanos;
  }

  /**
   * The CPU nanoseconds of stretches that follow each other, from the first reading on. Those of idle ones are 0 but for time
   * that was spent while the thread was seen idle only: who asks has to find another sample for it. What lies behind the last
   * stretch stays for the next call.
   */
  take(stretches: readonly Stretch[]): Float64Array<ArrayBuffer> {
    const spent = new Float64Array(stretches.length);
    const end = stretches.at(-1)?.toMicros;
    if (end === undefined) return spent;
    const kept = this.#splitAt(end);
    for (let i = 1, first = 0; i <= kept; i++) {
      const [from, to] = [this.#times[i - 1] as number, this.#times[i] as number];
      const nanos = (this.#nanos[i] as number) - (this.#nanos[i - 1] as number);
      while ((stretches[first]?.toMicros ?? end) <= from) first++;
      if (nanos > 0) share(nanos, from, to, stretches, first, spent);
    }
    this.#times = this.#times.slice(kept);
    this.#nanos = this.#nanos.slice(kept);
    return spent;
  }

  /** Puts a reading there, as if the time between those beside it had been spent evenly. @returns its index. */
  #splitAt(micros: number): number {
    const after = this.#times.findIndex((time) => time >= micros);
    if (after === -1) {
      this.#times.push(micros);
      return this.#nanos.push(this.lastNanos) - 1;
    }
    if (after === 0 || this.#times[after] === micros) return after;
    const [from, to] = [this.#times[after - 1] as number, this.#times[after] as number];
    const [before, behind] = [this.#nanos[after - 1] as number, this.#nanos[after] as number];
    this.#times.splice(after, 0, micros);
    this.#nanos.splice(after, 0, before + ((behind - before) * (micros - from)) / (to - from));
    return after;
  }
}

/** Adds what was spent between two readings to the stretches that lie there, by how long they do. */
function share(
  nanos: number,
  from: number,
  to: number,
  stretches: readonly Stretch[],
  first: number,
  spent: Float64Array,
): void {
  const isThere = ({ fromMicros }: Stretch) => fromMicros < to;
  let busyMicros = 0;
  let allMicros = 0;
  const microsOf = ({ fromMicros, toMicros }: Stretch) => Math.min(to, toMicros) - Math.max(from, fromMicros);
  for (let k = first; k < stretches.length && isThere(stretches[k] as Stretch); k++) {
    const micros = microsOf(stretches[k] as Stretch);
    allMicros += micros;
    if (!(stretches[k] as Stretch).isIdle) busyMicros += micros;
  }
  for (let k = first; k < stretches.length && isThere(stretches[k] as Stretch); k++) {
    const stretch = stretches[k] as Stretch;
    if (busyMicros > 0 && stretch.isIdle) continue;
    spent[k] = (spent[k] as number) + (nanos * microsOf(stretch)) / (busyMicros > 0 ? busyMicros : allMicros);
  }
}
