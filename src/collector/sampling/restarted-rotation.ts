import { nowMicros } from '../../protocol/monotonic-clock.js';
import type { FirstWindow } from '../../protocol/thread-control.js';
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
  /** Most of the pause is the walk over all code, whatever the rate. */
  readonly isCheaperAtLowerRate = false;
  readonly first: FirstWindow;
  #left: FinishedWindow | undefined;

  private constructor(target: Target, clock: CpuClock | undefined, first: FirstWindow) {
    this.#target = target;
    this.#clock = clock;
    this.first = first;
  }

  /** @param clock Of the thread. */
  static async start(target: Target, clock: CpuClock | undefined): Promise<RestartedRotation> {
    const pauseMs = stopwatch(clock);
    await target.post('Profiler.start');
    const spent = clock?.read() ?? { cpuNanos: -1, runQueueWaitNanos: -1 };
    return new RestartedRotation(target, clock, { pauseMs: pauseMs(), startMicros: nowMicros(), spent });
  }

  /** One profile at a time is all that V8 lets a session have. */
  async next(): Promise<undefined> {
    return undefined;
  }

  async end(): Promise<FinishedWindow | undefined> {
    const pauseMs = stopwatch(this.#clock);
    // Both at once: a thread may end between them, and then both fail.
    const [stopped] = await Promise.all([this.#target.post('Profiler.stop'), this.#target.post('Profiler.start')]);
    return { profile: profileIn(stopped), pauseMs: pauseMs() };
  }

  async finish(): Promise<FinishedWindow> {
    const pauseMs = stopwatch(this.#clock);
    return { profile: profileIn(await this.#target.post('Profiler.stop')), pauseMs: pauseMs() };
  }

  async leave(): Promise<void> {
    this.#left = { ...(await this.finish()), lastNanos: -1 };
  }

  leftover(): FinishedWindow | undefined {
    const left = this.#left;
    this.#left = undefined;
    return left;
  }
}

/** As seen from here, where the answer's way is part of the pause, and what the thread did or waited for on that way too. */
function stopwatch(clock: CpuClock | undefined): () => number {
  const start = performance.now();
  const before = clock?.read();
  return () => {
    const pauseMs = performance.now() - start;
    const after = clock?.read();
    if (before === undefined || after === undefined) return pauseMs;
    const { cpuNanos, runQueueWaitNanos } = minus(after, before);
    return Math.min(pauseMs, Math.max(cpuNanos, pauseMs * 1e6 - runQueueWaitNanos) / 1e6);
  };
}

function profileIn({ profile }: Record<string, unknown>): V8Profile {
  return profile as V8Profile;
}
