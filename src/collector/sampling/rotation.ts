import type { V8Profile } from './window.js';

export interface FinishedWindow {
  readonly profile: V8Profile;
  /** What finishing it held up the thread, in milliseconds: without what the machine gave to other threads meanwhile. */
  readonly pauseMs: number;
}

/** V8's sampler on one thread, in windows that follow each other. */
export interface Rotation {
  /** The shortest that a window should last while the thread works, in milliseconds. */
  readonly shortestBusyMs: number;
  /** The longest that a window should last while the thread works, in milliseconds. */
  readonly longestBusyMs: number;
  /** What the beginning held up the thread, likewise. */
  readonly startPauseMs: number;
  /** Ends a window and begins the next. `undefined`: V8 did not deliver the one that ended. */
  rotate(): Promise<FinishedWindow | undefined>;
  /** Ends the last window. */
  finish(): Promise<FinishedWindow | undefined>;
  /** A window that the thread has ended and nobody has taken: on its way out, or beside another one. */
  leftover(): FinishedWindow | undefined;
}
