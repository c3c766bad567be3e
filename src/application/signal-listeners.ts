import { hasListeners, listenersWord, watch, watchedSince, watchState, watchWord } from '../protocol/control-words.js';
import { type WatchedSignal, watchedSignals } from '../protocol/watched-signals.js';
import { tracesSigint } from './node-flags.js';

/**
 * The longest that taking a signal's last listener away waits for the collector, in milliseconds. It takes well below one,
 * where the collector gets a processor: on a busy machine of two, 50 were not enough, and a profile was not written.
 */
const handOverMs = 250;

/**
 * Keeps the collector informed which signals the program handles itself, because what a signal does is decided by that.
 * No listener for a signal is added: programs count them to know whether they are alone. A signal that Node itself handles
 * counts as one with a listener, for good.
 *
 * A program may take its last listener away and send itself the signal again, to die of it as if it had never listened.
 * That is why a removal waits until the collector watches: the signal would end the process with the profile unwritten.
 *
 * To be called before the collector looks for the first time.
 *
 * @param tell Wakes the collector.
 * @returns takes the hooks away.
 */
export function trackSignalListeners(words: Int32Array, tell: () => void): () => void {
  const { add, load, wait } = Atomics;
  const { apply } = Reflect;
  const { on, removeListener, listenerCount } = process;
  const nodesOwn = tracesSigint() ? 'SIGINT' : undefined;

  const added = (event: string | symbol) => {
    if (!isWatched(event) || hasListeners(load(words, listenersWord(event)))) return;
    add(words, listenersWord(event), 1);
    tell();
  };
  const removed = (event: string | symbol) => {
    if (!isWatched(event) || event === nodesOwn || (apply(listenerCount, process, [event]) as number) > 0) return;
    if (!hasListeners(load(words, listenersWord(event)))) return;
    const since = watchedSince(watch.open, add(words, listenersWord(event), 1) + 1);
    tell();
    for (;;) {
      const word = load(words, watchWord(event));
      if (word === since || watchState(word) === watch.none) return;
      if (wait(words, watchWord(event), word, handOverMs) === 'timed-out') return;
    }
  };

  for (const signal of watchedSignals) {
    if (signal === nodesOwn || process.listenerCount(signal) > 0) words[listenersWord(signal)] = 1;
  }
  apply(on, process, ['newListener', added]);
  apply(on, process, ['removeListener', removed]);
  return () => {
    apply(removeListener, process, ['newListener', added]);
    apply(removeListener, process, ['removeListener', removed]);
  };
}

function isWatched(event: string | symbol): event is WatchedSignal {
  return watchedSignals.some((signal) => signal === event);
}
