import type { Target } from '../inspector/target.js';
import { type CpuClock, minus } from './cpu-clock.js';
import type { FinishedWindow, Rotation } from './rotation.js';
import type { V8Profile } from './window.js';

/**
 * Windows with a gap between them, each a start of V8's profiler. For processes in which Node itself profiles or measures
 * coverage: its own session would hear of every `console.profile`, and complains about each on stderr. And for programs
 * that end profiles by `console.profileEnd()` which they have not begun: these they cannot end.
 */
export class RestartedRotation implements Rotation {
  /** Most of the pause is the start of the next window, which shorter ones would not make shorter. */
  readonly shortestBusyMs = 1000;
  /** Every start walks all code, so there are few; and a profile on disk must not be more than 5 s behind. */
  readonly longestBusyMs = 2000;
  readonly #target: Target;
  readonly #clock: CpuClock | undefined;
  startPauseMs = 0;

  private constructor(target: Target, clock: CpuClock | undefined) {
    this.#target = target;
    this.#clock = clock;
  }

  /** @param clock Of the thread. */
  static async start(target: Target, clock: CpuClock | undefined): Promise<RestartedRotation> {
    const rotation = new RestartedRotation(target, clock);
    const pauseMs = rotation.#stopwatch();
    await target.post('Profiler.start');
    rotation.startPauseMs = pauseMs();
    return rotation;
  }

  async rotate(): Promise<FinishedWindow | undefined> {
    const pauseMs = this.#stopwatch();
    const stopped = this.#target.post('Profiler.stop');
    await this.#target.post('Profiler.start');
    return { profile: profileIn(await stopped), pauseMs: pauseMs() };
  }

  async finish(): Promise<FinishedWindow | undefined> {
    const pauseMs = this.#stopwatch();
    return { profile: profileIn(await this.#target.post('Profiler.stop')), pauseMs: pauseMs() };
  }

  leftover(): undefined {
    return undefined;
  }

  /** As seen from here, where the answer's way is part of the pause, and what the thread did or waited for on that way too. */
  #stopwatch(): () => number {
    const start = performance.now();
    const before = this.#clock?.peek();
    return () => {
      const pauseMs = performance.now() - start;
      const after = this.#clock?.peek();
      if (before === undefined || after === undefined) return pauseMs;
      const { cpuNanos, runQueueWaitNanos } = minus(after, before);
      return Math.min(pauseMs, Math.max(cpuNanos, pauseMs * 1e6 - runQueueWaitNanos) / 1e6);
    };
  }
}

function profileIn({ profile }: Record<string, unknown>): V8Profile {
  return profile as V8Profile;
}
