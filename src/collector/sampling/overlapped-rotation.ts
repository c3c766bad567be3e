import { endTitle, type FirstWindow, type Series } from '../../protocol/thread-control.js';
import type { Target } from '../inspector/target.js';
import type { ThreadControl } from '../inspector/thread-control.js';
import type { FinishedWindow, Rotation } from './rotation.js';
import type { V8Profile } from './window.js';

export interface OverlappedRotationEvents {
  /**
   * The program has ended the running window, by `console.profileEnd()`, which without a title ends whatever began last, up
   * to Node 22.
   */
  onInterrupted(): void;
  /** The thread, a worker, is about to end, and has ended its last window. */
  onLeaving(): void;
}

/**
 * Windows without a gap: the next profile starts before the last one ends. V8 forgets all code that it knows when its
 * last profile ends, and then every start walks the heap again: 100 ms and more in a large program, against 0.5 ms here.
 * Profiles with a name of their own, which is what lets two run at once, are to be had through `console.profile` only.
 */
export class OverlappedRotation implements Rotation {
  readonly shortestBusyMs = 20;
  /** Longer ones would cost less, but a program that changes to deeper stacks meanwhile would pay with one long pause. */
  readonly longestBusyMs = 250;
  readonly isCheaperAtLowerRate = true;
  readonly first: FirstWindow;
  readonly #control: ThreadControl;
  /** Ended and not taken yet, in the order of their ends. */
  readonly #finished: V8Profile[] = [];
  #isEnding = false;
  /** CPU time of the thread, which is about to end and has ended its last window. */
  #lastNanos: number | undefined;

  private constructor(
    target: Target,
    control: ThreadControl,
    series: string,
    first: FirstWindow,
    { onInterrupted, onLeaving }: OverlappedRotationEvents,
  ) {
    this.#control = control;
    this.first = first;
    target.onEvent((method, parameters) => {
      const { title = '', profile } = parameters as { title?: string; profile: V8Profile };
      // The program may use console.profile too; its profiles are its own.
      if (!title.startsWith(series)) return;
      if (title.startsWith(series + endTitle)) {
        this.#lastNanos = Number(title.slice(series.length + endTitle.length));
      } else if (method === 'Profiler.consoleProfileFinished') {
        this.#finished.push(profile);
        if (this.#lastNanos !== undefined) onLeaving();
        else if (!this.#isEnding) onInterrupted();
      }
    });
  }

  static async start(
    target: Target,
    control: ThreadControl,
    series: Series,
    events: OverlappedRotationEvents,
  ): Promise<OverlappedRotation> {
    return new OverlappedRotation(target, control, series.name, await control.begin(series), events);
  }

  next(): Promise<number> {
    return this.#control.next();
  }

  end(): Promise<FinishedWindow | undefined> {
    return this.#endBy(() => this.#control.end(1));
  }

  finish(): Promise<FinishedWindow | undefined> {
    return this.#endBy(() => this.#control.end(0));
  }

  leave(): Promise<void> {
    return this.#control.leave();
  }

  leftover(): FinishedWindow | undefined {
    return this.#take(0);
  }

  async #endBy(command: () => Promise<number>): Promise<FinishedWindow | undefined> {
    this.#isEnding = true;
    try {
      const pauseMs = await command();
      // The event is sent while the command runs, so it is here before the command's result.
      return this.#take(pauseMs);
    } finally {
      this.#isEnding = false;
    }
  }

  #take(pauseMs: number): FinishedWindow | undefined {
    const profile = this.#finished.shift();
    if (profile === undefined) return undefined;
    const lastNanos = this.#finished.length === 0 ? this.#lastNanos : undefined;
    return lastNanos === undefined ? { profile, pauseMs } : { profile, pauseMs, lastNanos };
  }
}
