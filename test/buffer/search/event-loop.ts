/**
 * The part of a host that `waitAsync` needs, in a form that can be searched: promises that settle at once, one timer, and
 * the engine's wait. What they would do later happens when the script of the reader awaits it. All of it is local state.
 */
import { type SharedMemory, searchedAtomics } from './access.js';

type Callback = () => void;

/** A promise whose outcome can be looked at. */
export class Settlement {
  isSettled = false;
  error: unknown = null;

  constructor(executor: (resolve: Callback, reject: (error: unknown) => void) => void) {
    executor(
      () => {
        this.isSettled = true;
      },
      (error) => {
        this.isSettled = true;
        this.error = error;
      },
    );
  }
}

export class EventLoop {
  readonly jobs = new Set<Callback>();
  /** What follows when the engine's wait is over. */
  listener: Callback | null = null;
  timer: { readonly callback: Callback } | null = null;

  /** What the modules find in place of the host's own. */
  get globals(): Record<string, unknown> {
    const resolved = thenable((callback) => this.jobs.add(callback));
    class SearchedPromise extends Settlement {
      static resolve(): object {
        return resolved;
      }
    }
    return {
      Promise: SearchedPromise,
      setTimeout: (callback: Callback) => {
        this.timer = { callback };
        return this.timer;
      },
      clearTimeout: (timer: object) => {
        if (this.timer === timer) this.timer = null;
      },
      setInterval: undefined,
      clearInterval: undefined,
      Atomics: {
        ...searchedAtomics,
        waitAsync: (array: object, index: number, value: number) =>
          searchedAtomics.waitAsync(array, index, value) === 'not-equal'
            ? { async: false }
            : { async: true, value: thenable((callback) => this.#listen(callback)) },
      },
    };
  }

  /** Lets one thing happen: a job, or else the end of the engine's wait or of the timer's time, whichever comes first. */
  turn(memory: SharedMemory): void {
    for (const job of this.jobs) {
      this.jobs.delete(job);
      job();
      return;
    }
    const isTimeUp = memory.perform('awaken', 'control', 0) === 'timed-out';
    const callback = isTimeUp ? this.timer?.callback : this.listener;
    if (isTimeUp) this.timer = null;
    else this.listener = null;
    if (!callback) throw new Error(isTimeUp ? 'there is no timer' : 'nobody listens');
    callback();
  }

  #listen(callback: Callback): void {
    if (this.listener !== null) throw new Error('two of the engine’s waits are pending');
    this.listener = callback;
  }
}

function thenable(then: (callback: Callback) => void): object {
  return { then };
}
