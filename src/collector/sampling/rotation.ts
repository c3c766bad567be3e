import type { FirstWindow } from '../../protocol/thread-control.js';
import type { V8Profile } from './window.js';

export interface FinishedWindow {
  readonly profile: V8Profile;
  /** What finishing it held up the thread, in milliseconds: without what the machine gave to other threads meanwhile. */
  readonly pauseMs: number;
  /** How the thread's sampling began, where the thread did that by itself and the collector has not reached it since. */
  readonly first?: FirstWindow;
  /** Of a worker thread's last window: its CPU time on the way out, in nanoseconds; -1 where the system does not tell. */
  readonly lastNanos?: number;
  /** It is the last one, and the program's end may wait for it. */
  readonly isAwaited?: boolean;
}

/** V8's sampler on one thread, in windows that follow each other. */
export interface Rotation {
  /** The shortest that a window should last while the thread works, in milliseconds. */
  readonly shortestBusyMs: number;
  /** The longest that a window should last while the thread works, in milliseconds. */
  readonly longestBusyMs: number;
  /** Whether each end costs the less the fewer samples there are. */
  readonly isCheaperAtLowerRate: boolean;
  readonly first: FirstWindow;
  /**
   * Begins the next window beside the one that runs.
   * @returns what that held up the thread, in milliseconds; `undefined` if the next one begins when this one ends.
   */
  next(): Promise<number | undefined>;
  /** Ends the window that runs beside the next. `undefined`: V8 did not deliver it. */
  end(): Promise<FinishedWindow | undefined>;
  /** Ends the last window. */
  finish(): Promise<FinishedWindow | undefined>;
  /** The thread is about to be terminated: has the last window ended, which is {@link leftover} or handed over then. */
  leave(): Promise<void>;
  /** A window that the thread has ended and nobody has taken: on its way out, or beside another one. */
  leftover(): FinishedWindow | undefined;
}
