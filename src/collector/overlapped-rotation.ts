import type { Target } from './inspector-client.js';
import type { FinishedWindow, Rotation } from './rotation.js';
import type { ThreadControl } from './thread-control.js';
import type { V8Profile } from './window.js';

const titles = ['profbuf 1', 'profbuf 2'] as const;

/**
 * Windows without a gap: the next profile starts before the last one ends. V8 forgets all code that it knows when its
 * last profile ends, and then every start walks the heap again: 100 ms and more in a large program, against 0.5 ms here.
 * Profiles with a name of their own, which is what lets two run at once, are to be had through `console.profile` only.
 */
export class OverlappedRotation implements Rotation {
  /** Longer ones would cost less, but a program that changes to deeper stacks meanwhile would pay with one long pause. */
  readonly longestBusyMs = 250;
  readonly #control: ThreadControl;
  readonly #finished = new Map<string, V8Profile>();
  #current: 0 | 1 = 0;
  startPauseMs = 0;

  private constructor(target: Target, control: ThreadControl) {
    this.#control = control;
    target.onEvent((method, parameters) => {
      if (method !== 'Profiler.consoleProfileFinished') return;
      const { title, profile } = parameters as { title?: string; profile: V8Profile };
      // The program may use console.profile too; its profiles are its own.
      if (title === titles[0] || title === titles[1]) this.#finished.set(title, profile);
    });
  }

  static async start(target: Target, control: ThreadControl): Promise<OverlappedRotation> {
    const rotation = new OverlappedRotation(target, control);
    rotation.startPauseMs = await control.rotate(titles[0]);
    return rotation;
  }

  rotate(): Promise<FinishedWindow | undefined> {
    const last = this.#current;
    this.#current = last === 0 ? 1 : 0;
    return this.#end(titles[last], titles[this.#current]);
  }

  finish(): Promise<FinishedWindow | undefined> {
    return this.#end(titles[this.#current]);
  }

  leftover(): FinishedWindow | undefined {
    return this.#take(titles[this.#current], 0);
  }

  async #end(title: string, next?: string): Promise<FinishedWindow | undefined> {
    const pauseMs = await this.#control.rotate(next);
    // The event is sent while the function runs, so it is here before the function's result.
    return this.#take(title, pauseMs);
  }

  #take(title: string, pauseMs: number): FinishedWindow | undefined {
    const profile = this.#finished.get(title);
    this.#finished.delete(title);
    return profile && { profile, pauseMs };
  }
}
