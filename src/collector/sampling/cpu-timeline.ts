/** What a thread's clock of CPU time said, in microseconds of `process.hrtime` and nanoseconds; at least one of each. */
export interface CpuReadings {
  readonly micros: readonly number[];
  readonly nanos: readonly number[];
}

/**
 * When did a thread spend its CPU time? Readings of its clock, taken from another thread every few milliseconds. One of a
 * running thread is as old as the kernel's last tick, up to 4 ms at 250 Hz; one of a thread that waits is exact.
 */
export class CpuTimeline {
  #micros: number[];
  #nanos: number[];

  constructor(micros: number, nanos: number) {
    this.#micros = [micros];
    this.#nanos = [nanos];
  }

  get lastNanos(): number {
    return this.#nanos.at(-1) as number;
  }

  add(micros: number, nanos: number): void {
    const last = this.#micros.length - 1;
    // Of a clock that stands still its ends say all.
    const isStill = last > 0 && this.#nanos[last - 1] === nanos && this.#nanos[last] === nanos;
    if (isStill) this.#micros[last] = Math.max(micros, this.#micros[last] as number);
    else if (micros > (this.#micros[last] as number)) {
      this.#micros.push(micros);
      this.#nanos.push(nanos);
    } else this.#nanos[last] = Math.max(nanos, this.lastNanos);
  }

  /** The same readings from a moment on, for which there is one that the thread has made itself. */
  from(micros: number, nanos: number): CpuTimeline {
    const timeline = new CpuTimeline(micros, nanos);
    this.#micros.forEach((time, i) => {
      if (time > micros) timeline.add(time, Math.max(nanos, this.#nanos[i] as number));
    });
    return timeline;
  }

  /** Hands out the readings up to a moment, which the next call starts from. There is one made up for the moment itself. */
  takeUntil(micros: number): CpuReadings {
    const split = this.#splitAt(micros);
    const taken = { micros: this.#micros.slice(0, split + 1), nanos: this.#nanos.slice(0, split + 1) };
    this.#micros = this.#micros.slice(split);
    this.#nanos = this.#nanos.slice(split);
    return taken;
  }

  /** Puts a reading there, as if the time between those beside it had been spent evenly. @returns its index. */
  #splitAt(micros: number): number {
    const after = this.#micros.findIndex((time) => time >= micros);
    if (after === -1) {
      this.#micros.push(micros);
      return this.#nanos.push(this.lastNanos) - 1;
    }
    if (after === 0 || this.#micros[after] === micros) return after;
    const [from, to] = [this.#micros[after - 1] as number, this.#micros[after] as number];
    const [before, behind] = [this.#nanos[after - 1] as number, this.#nanos[after] as number];
    this.#micros.splice(after, 0, micros);
    this.#nanos.splice(after, 0, before + ((behind - before) * (micros - from)) / (to - from));
    return after;
  }
}
