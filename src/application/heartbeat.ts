import { answerWord, beatWord } from '../protocol/control-words.js';

interface AtomicsWithWaitAsync {
  waitAsync(words: Int32Array, index: number, value: number): { readonly async: boolean; readonly value: unknown };
}

/**
 * The application's end of the stall watch: answers a beat of the collector as soon as the event loop turns.
 *
 * A wait without end, of which one is pending at a time, costs nothing until there is a beat, keeps no process alive, and
 * neither wakes nor slows the loop by itself, as a timer would.
 */
export async function answerBeats(words: Int32Array): Promise<void> {
  const { load, store, waitAsync } = Atomics as typeof Atomics & AtomicsWithWaitAsync;
  for (;;) {
    const beat = load(words, beatWord);
    store(words, answerWord, beat);
    const waiting = waitAsync(words, beatWord, beat);
    if (waiting.async) await waiting.value;
  }
}
