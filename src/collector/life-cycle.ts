/**
 * How far the collector is.
 *
 *     starting ──► running ──► ending ──► over
 *         │  └────────────────►  │
 *         └───────────┴──────────┴──► unavailable
 */
export type Phase =
  /** The program's main thread is not sampled yet. */
  | 'starting'
  | 'running'
  /** The program ends, or nobody wants more: last windows are fetched, and what is due is written and answered. */
  | 'ending'
  /** Sampling has ended; the run's profile is whole, and in its file. */
  | 'over'
  /** Sampling is not possible, or has failed: the program goes on without. */
  | 'unavailable';

const next: Readonly<Record<Phase, readonly Phase[]>> = {
  starting: ['running', 'ending', 'unavailable'],
  running: ['ending', 'unavailable'],
  ending: ['over', 'unavailable'],
  over: [],
  unavailable: [],
};

/** The one place where the collector goes from one phase to the next. */
export class LifeCycle {
  readonly #end = new AbortController();
  #phase: Phase = 'starting';

  get phase(): Phase {
    return this.#phase;
  }

  /** Aborted when sampling is about to end: whoever waits for time to pass waits no longer. */
  get ending(): AbortSignal {
    return this.#end.signal;
  }

  /** @returns whether this phase may follow; if not, nothing has changed. */
  enter(phase: Phase): boolean {
    if (!next[this.#phase].includes(phase)) return false;
    this.#phase = phase;
    if (phase === 'ending') this.#end.abort();
    return true;
  }

  /** Resolves after the seconds, or when sampling is about to end. Rejects when the signal is aborted. */
  pause(seconds: number, signal: AbortSignal): Promise<void> {
    const ending = this.#end.signal;
    return new Promise((resolve, reject) => {
      const settle = (action: () => void) => () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', abort);
        ending.removeEventListener('abort', end);
        action();
      };
      const end = settle(resolve);
      const abort = settle(() => reject(signal.reason));
      const timer = setTimeout(end, seconds * 1000);
      signal.addEventListener('abort', abort);
      ending.addEventListener('abort', end);
      if (signal.aborted) abort();
      else if (ending.aborted) end();
    });
  }
}
