import type { Frame } from '../../profile/frame.js';
import type { HottestFunction } from '../../protocol/process-status.js';
import type { ThreadWindow } from '../sampling/thread-window.js';

/** What remains of a window's weight each time that the hottest function is read. */
const decay = 0.7;

/** Which function has the most CPU of its own at the moment. */
export class Hottest {
  readonly #functions = new Map<string, { frame: Frame; nanos: number }>();
  #total = 0;

  add(window: ThreadWindow): void {
    window.samples.forEach(({ stack, isIdle }, i) => {
      const frame = window.stacks[stack]?.[0];
      if (isIdle || frame === undefined) return;
      const nanos = window.cpuNanosOf(i);
      const key = `${frame.startLine}\0${frame.functionName}\0${frame.file}`;
      const known = this.#functions.get(key);
      if (known === undefined) this.#functions.set(key, { frame, nanos });
      else known.nanos += nanos;
      this.#total += nanos;
    });
  }

  /**
   * `undefined` when there was no CPU to speak of. To be called at even intervals: what was added before loses weight.
   * @param shown How a frame is shown.
   */
  read(shown: (frame: Frame) => Frame): HottestFunction | undefined {
    let first: { frame: Frame; nanos: number } | undefined;
    const total = this.#total;
    for (const [key, entry] of this.#functions) {
      if (first === undefined || entry.nanos > first.nanos) first = { ...entry };
      entry.nanos *= decay;
      if (entry.nanos < 100_000) this.#functions.delete(key);
    }
    this.#total *= decay;
    if (first === undefined || first.nanos < 1_000_000) return undefined;
    const { functionName, file, startLine } = shown(first.frame);
    return { functionName, file, line: startLine, percent: Math.min(100, (100 * first.nanos) / total) };
  }
}
