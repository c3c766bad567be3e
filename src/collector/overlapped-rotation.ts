import type { Target } from './inspector-client.js';
import type { FinishedWindow, Rotation } from './rotation.js';
import type { ThreadControl } from './thread-control.js';
import type { V8Profile } from './window.js';

let seriesCount = 0;

/**
 * Windows without a gap: the next profile starts before the last one ends. V8 forgets all code that it knows when its
 * last profile ends, and then every start walks the heap again: 100 ms and more in a large program, against 0.5 ms here.
 * Profiles with a name of their own, which is what lets two run at once, are to be had through `console.profile` only.
 */
export class OverlappedRotation implements Rotation {
  readonly shortestBusyMs = 20;
  /** Longer ones would cost less, but a program that changes to deeper stacks meanwhile would pay with one long pause. */
  readonly longestBusyMs = 250;
  readonly #control: ThreadControl;
  readonly #finished = new Map<string, V8Profile>();
  /** No two have the same, so that a profile which a rotation before has left behind is not taken for this one's. */
  readonly #series: string;
  /** Which of the series is running. */
  #number = 1;
  /** Title of the window that is being ended. */
  #ending = '';
  startPauseMs = 0;

  private constructor(target: Target, control: ThreadControl, onInterrupted: () => void) {
    this.#control = control;
    seriesCount++;
    this.#series = `profbuf ${seriesCount}.`;
    target.onEvent((method, parameters) => {
      if (method !== 'Profiler.consoleProfileFinished') return;
      const { title = '', profile } = parameters as { title?: string; profile: V8Profile };
      // The program may use console.profile too; its profiles are its own.
      if (title !== this.#running && title !== this.#ending) return;
      this.#finished.set(title, profile);
      if (title !== this.#ending) onInterrupted();
    });
  }

  /** Title of the window that is running; the thread counts in the same way. */
  get #running(): string {
    return `${this.#series}${this.#number}`;
  }

  /**
   * @param onInterrupted Called when the thread has ended the running window by itself: a worker thread on its way out, or
   *   a program by `console.profileEnd()`, which without a title ends whatever began last, up to Node 22.
   */
  static async start(target: Target, control: ThreadControl, onInterrupted: () => void): Promise<OverlappedRotation> {
    const rotation = new OverlappedRotation(target, control, onInterrupted);
    rotation.startPauseMs = await control.begin(rotation.#series);
    return rotation;
  }

  rotate(): Promise<FinishedWindow | undefined> {
    this.#ending = this.#running;
    this.#number++;
    return this.#takeAfter(this.#control.rotate());
  }

  finish(): Promise<FinishedWindow | undefined> {
    this.#ending = this.#running;
    return this.#takeAfter(this.#control.end());
  }

  leftover(): FinishedWindow | undefined {
    return this.#take(this.#running, 0);
  }

  async #takeAfter(ended: Promise<number>): Promise<FinishedWindow | undefined> {
    const pauseMs = await ended;
    // The event is sent while the function runs, so it is here before the function's result.
    return this.#take(this.#ending, pauseMs);
  }

  #take(title: string, pauseMs: number): FinishedWindow | undefined {
    const profile = this.#finished.get(title);
    this.#finished.delete(title);
    return profile && { profile, pauseMs };
  }
}
