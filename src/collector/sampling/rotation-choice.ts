import { threadId as ownThreadId } from 'node:worker_threads';
import type { Series } from '../../protocol/thread-control.js';
import type { Target } from '../inspector/target.js';
import type { ThreadControl } from '../inspector/thread-control.js';
import type { CpuClock } from './cpu-clock.js';
import { HandleRotation, type Inbox } from './handle-rotation.js';
import { OverlappedRotation, type OverlappedRotationEvents } from './overlapped-rotation.js';
import { RestartedRotation } from './restarted-rotation.js';
import type { Rotation } from './rotation.js';

/**
 * What keeps windows from being what they are at best:
 * - `interrupted`: the program ends profiles by `console.profileEnd()` which it has not begun;
 * - `shared`: Node itself profiles or measures coverage, and its session complains about each console profile;
 * - `unreachable`: Node runs nothing in the thread any more for the inspector, which it does when a program sends itself a
 *   signal that it has no listener for.
 */
export type Hindrance = 'interrupted' | 'shared' | 'unreachable';

export interface RotationChoiceOptions {
  /** Name of the channel over which the thread hands its windows over. */
  readonly channelName: string;
  readonly inbox: Inbox;
  readonly events: OverlappedRotationEvents;
  readonly hindrance: Hindrance | undefined;
}

let seriesCount = 0;

/** Which of the ways of having windows a thread gets: the cheapest that nothing stands in the way of. */
export class RotationChoice {
  readonly #target: Target;
  readonly #options: RotationChoiceOptions;
  #hindrance: Hindrance | undefined;

  constructor(target: Target, options: RotationChoiceOptions) {
    this.#target = target;
    this.#options = options;
    this.#hindrance = options.hindrance;
  }

  get isHindered(): boolean {
    return this.#hindrance !== undefined;
  }

  hinder(hindrance: Hindrance): void {
    this.#hindrance = hindrance;
  }

  /** Whether the program gets in the way of these windows, where it would not in that of others. */
  isDisturbed(rotation: Rotation): boolean {
    return this.#hindrance === 'interrupted' && rotation instanceof OverlappedRotation;
  }

  /** Begins the first window. */
  async start(control: ThreadControl, intervalMicros: number, clock: CpuClock | undefined): Promise<Rotation> {
    const { channelName, inbox, events } = this.#options;
    const series = this.#newSeries(channelName, intervalMicros, clock);
    if (control.hasHandles && this.#hindrance !== 'unreachable') return HandleRotation.start(control, series, inbox);
    await this.#target.post('Profiler.enable');
    await this.#target.post('Profiler.setSamplingInterval', { interval: intervalMicros });
    if (this.#hindrance !== undefined) return RestartedRotation.start(this.#target, clock);
    return OverlappedRotation.start(this.#target, control, series, events);
  }

  /** No two have the same name: what another rotation or another collector has left behind is not taken for ours. */
  #newSeries(channel: string, intervalMicros: number, clock: CpuClock | undefined): Series {
    seriesCount++;
    return { name: `profbuf ${ownThreadId}.${seriesCount}.`, channel, intervalMicros, schedstat: clock?.file ?? -1 };
  }
}
