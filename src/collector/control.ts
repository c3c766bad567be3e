import { sharedStatsBytes } from './shared-stats.js';

/**
 * The memory that the application's thread and the collector share: an Int32 word, 4 bytes of padding, and the figures
 * of ./shared-stats.ts. Only at exit does the application's thread wait, and then no message can reach it: it has to be
 * told through memory.
 */
export const controlBytes = 8 + sharedStatsBytes;

/** Where the figures are. */
export const statsOffset = 8;

/** Index of the word that says how far the farewell at exit is. Only ever moves up. */
export const farewellWord = 0;

export const farewell = {
  /** The program runs. */
  none: 0,
  /** Stored by the application's thread, which now waits on this word. */
  asked: 1,
  /** Stored by the collector: the profile is written and the session closed, or there is nothing to wait for. */
  done: 2,
} as const;
