import { listenersWord, type WatchedSignal, watch, watchedSignals, watchWord } from './control.js';

/** The longest that taking a signal's last listener away waits for the collector, in milliseconds. */
const handOverMs = 50;

/**
 * Keeps the collector informed which signals the program handles itself, because what a signal does is decided by that.
 * No listener for a signal is added: programs count them to know whether they are alone.
 *
 * A program may take its last listener away and send itself the signal again, to die of it as if it had never listened.
 * That is why a removal waits until the collector watches: the signal would end the process with the profile unwritten.
 *
 * @param tell Wakes the collector.
 * @returns takes the hooks away.
 */
export function trackSignalListeners(words: Int32Array, tell: () => void): () => void {
  const { exchange, wait } = Atomics;
  const { on, removeListener, listenerCount } = process;

  const added = (event: string | symbol) => {
    if (isWatched(event) && exchange(words, listenersWord(event), 1) === 0) tell();
  };
  const removed = (event: string | symbol) => {
    if (!isWatched(event) || listenerCount.call(process, event) > 0) return;
    if (exchange(words, listenersWord(event), 0) === 0) return;
    tell();
    wait(words, watchWord(event), watch.left, handOverMs);
  };

  for (const signal of watchedSignals) words[listenersWord(signal)] = process.listenerCount(signal) > 0 ? 1 : 0;
  on.call(process, 'newListener', added);
  on.call(process, 'removeListener', removed);
  return () => {
    removeListener.call(process, 'newListener', added);
    removeListener.call(process, 'removeListener', removed);
  };
}

function isWatched(event: string | symbol): event is WatchedSignal {
  return watchedSignals.some((signal) => signal === event);
}
