import type { Target } from './inspector-client.js';
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
  startPauseMs = 0;

  private constructor(target: Target) {
    this.#target = target;
  }

  static async start(target: Target): Promise<RestartedRotation> {
    const rotation = new RestartedRotation(target);
    const start = performance.now();
    await target.post('Profiler.start');
    rotation.startPauseMs = performance.now() - start;
    return rotation;
  }

  async rotate(): Promise<FinishedWindow | undefined> {
    const start = performance.now();
    const stopped = this.#target.post('Profiler.stop');
    await this.#target.post('Profiler.start');
    // As seen from here; the answer's way is part of it.
    return { profile: profileIn(await stopped), pauseMs: performance.now() - start };
  }

  async finish(): Promise<FinishedWindow | undefined> {
    const start = performance.now();
    return { profile: profileIn(await this.#target.post('Profiler.stop')), pauseMs: performance.now() - start };
  }

  leftover(): undefined {
    return undefined;
  }
}

function profileIn({ profile }: Record<string, unknown>): V8Profile {
  return profile as V8Profile;
}
