import { sharedStatsBytes } from './shared-stats.js';
import { type WatchedSignal, watchedSignals } from './watched-signals.js';

/*
 * The memory that the application's threads and the collector share: Int32 words, then the figures of ./shared-stats.ts, then
 * the doors of ./thread-doors.ts.
 *
 *   1 word            how far the farewell at exit is
 *   1 for each signal whether the program has listeners of its own, and how often that has changed
 *   1 for each signal whether the collector watches it, and since which of these changes
 *   1 word            whether the main thread is sampled, for which its preload may wait
 *   1 word            whether a thread sets V8's flag for the sampling interval just now
 *   1 word            whether somebody attends to the doors
 *   2 words           the last beat of the stall watch, and the last one that the event loop has answered
 *
 * Messages would do for most of it, but the application's thread cannot receive one while it waits.
 */

/** Index of the farewell's word, which only moves up. */
export const farewellWord = 0;

export const farewell = {
  /** The program runs. */
  none: 0,
  /** Stored by the application's thread, which now waits on this word. */
  asked: 1,
  /** Stored by the collector: the profile is written and the session closed, or there is nothing to wait for. */
  done: 2,
} as const;

/**
 * Index of the word that is odd while the program has listeners for the signal, and counts up when that changes. Stored by
 * the application's thread.
 */
export function listenersWord(signal: WatchedSignal): number {
  return 1 + watchedSignals.indexOf(signal);
}

/**
 * Index of the word that says whether the collector watches the signal: one of {@link watch} in its low two bits, above them
 * the listeners' word from which on. Stored by the collector.
 */
export function watchWord(signal: WatchedSignal): number {
  return 1 + watchedSignals.length + watchedSignals.indexOf(signal);
}

export const watch = {
  /** It cannot, or not yet. */
  none: 0,
  open: 1,
  /** It does not, because the program has listeners. */
  left: 2,
} as const;

export function watchedSince(state: number, listeners: number): number {
  return (listeners << 2) | state;
}

export function watchState(word: number): number {
  return word & 3;
}

export function hasListeners(listeners: number): boolean {
  return (listeners & 1) === 1;
}

/** Index of the word that says whether the main thread is sampled: one of {@link sampled}, which only moves up. */
export const sampledWord = 1 + 2 * watchedSignals.length;

export const sampled = {
  no: 0,
  /** Stored by the collector, also when there is nothing to wait for. */
  yes: 1,
  /** Stored by the main thread, which has waited for too long. */
  notWaitedFor: 2,
} as const;

/** Index of the word that is 1 while some thread sets V8's flag for the sampling interval. Taken by compare-and-swap. */
export const samplingIntervalWord = sampledWord + 1;

/** Index of the word that is 1 while the collector shuts the doors of threads that are about to be terminated. Stored by it. */
export const attendedWord = samplingIntervalWord + 1;

/** Index of the word that the collector counts up, and wakes whoever waits on it, to see whether the event loop turns. */
export const beatWord = attendedWord + 1;
/** Index of the word that follows it when the event loop turns. Stored by the application's thread. */
export const answerWord = beatWord + 1;

/** An even number of words, since the figures behind them take 8 bytes each. */
const words = 2 * Math.ceil((answerWord + 1) / 2);

/** Where the figures are. */
export const statsOffset = words * Int32Array.BYTES_PER_ELEMENT;

/** Words of ./thread-doors.ts; threads whose numbers differ by that many, and live at the same time, share one. */
export const doorWords = 4096;
export const doorsOffset = statsOffset + sharedStatsBytes;

export const controlBytes = doorsOffset + doorWords * Int32Array.BYTES_PER_ELEMENT;

export function wordsOf(control: SharedArrayBuffer): Int32Array {
  return new Int32Array(control, 0, words);
}
