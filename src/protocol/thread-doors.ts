import { attendedWord, doorsOffset, doorWords, wordsOf } from './control-words.js';
import { nowMicros } from './monotonic-clock.js';

// Taken early: the program may delete globals later.
const { compareExchange, load, notify, store, wait } = Atomics;

/*
 * A door for each worker thread, a word of shared memory, by which whoever ends the thread keeps the collector's commands out.
 *
 *   bit 0       closed: the thread is about to end
 *   bits 1 to 7 commands under way
 *   others      which thread the word is about, of those that have this one: its number by the number of words
 *
 * A termination that meets a command is taken for the command's own, so that the program's code runs on; Node 20 aborts where it has
 * just begun to compile; and Node aborts the process if a message comes while the thread destroys its end of a session. (20.20,
 * 24.21, 26.10: of 700 to 1,000 threads that were terminated amid 300 commands a second, each had 1 to 3 such ends.)
 */
const closed = 1;
const command = 2;
const commands = 0xfe;
const thread = 0xff;

export class ThreadDoors {
  readonly #words: Int32Array;
  readonly #shared: Int32Array;

  constructor(control: SharedArrayBuffer) {
    this.#shared = wordsOf(control);
    this.#words = new Int32Array(control, doorsOffset, doorWords);
  }

  /** Whether the collector shuts the door of a thread of which it is told that it is about to be terminated. */
  get isAttended(): boolean {
    return load(this.#shared, attendedWord) === 1;
  }

  set isAttended(value: boolean) {
    store(this.#shared, attendedWord, value ? 1 : 0);
  }

  /** May a command be sent? Then {@link leave} is to be called when it is answered. */
  enter(threadId: number): boolean {
    return this.#change(threadId, (word) =>
      (word & closed) === 0 && (word & commands) < commands ? word + command : undefined,
    );
  }

  leave(threadId: number): void {
    const wasIn = this.#change(threadId, (word) => ((word & commands) > 0 ? word - command : undefined));
    if (wasIn) notify(this.#words, threadId % doorWords);
  }

  /** Lets no further command in, and wakes whoever waits for that. */
  shut(threadId: number): void {
    if (this.#change(threadId, (word) => word | closed)) notify(this.#words, threadId % doorWords);
  }

  /**
   * Waits until the collector has shut the door, and for the commands under way.
   * @param patienceMs How long at most.
   */
  waitUntilShut(threadId: number, patienceMs: number): void {
    this.#waitFor(threadId, patienceMs, (word) => (word & closed) !== 0 && isEmpty(word));
  }

  /**
   * Lets no further command in, and waits for those under way.
   * @param patienceMs How long at most.
   * @returns whether none is left; {@link isEmpty} tells later.
   */
  close(threadId: number, patienceMs: number): boolean {
    this.#change(threadId, (word) => word | closed);
    return this.#waitFor(threadId, patienceMs, isEmpty);
  }

  isShut(threadId: number): boolean {
    return (this.#word(threadId) & closed) !== 0;
  }

  /** Are all commands answered that were let in? */
  isEmpty(threadId: number): boolean {
    return isEmpty(this.#word(threadId));
  }

  #waitFor(threadId: number, patienceMs: number, isSo: (word: number) => boolean): boolean {
    // Not the clock of `Date`, which a program under test may have stopped.
    const until = nowMicros() + patienceMs * 1000;
    for (;;) {
      const word = this.#word(threadId);
      if (isSo(word)) return true;
      const leftMs = (until - nowMicros()) / 1000;
      if (leftMs <= 0) return false;
      wait(this.#words, threadId % doorWords, word, leftMs);
    }
  }

  /** What the thread's door says; open and empty where the word is about another thread. */
  #word(threadId: number): number {
    const word = load(this.#words, threadId % doorWords);
    const door = doorOf(threadId);
    return (word & ~thread) === door ? word : door;
  }

  /** @returns whether there was a change. */
  #change(threadId: number, next: (word: number) => number | undefined): boolean {
    const index = threadId % doorWords;
    const door = doorOf(threadId);
    for (;;) {
      const before = load(this.#words, index);
      const after = next((before & ~thread) === door ? before : door);
      if (after === undefined) return false;
      if (compareExchange(this.#words, index, before, after) === before) return true;
    }
  }
}

function isEmpty(word: number): boolean {
  return (word & commands) === 0;
}

/** The word of a thread's door that is open, with nobody in it. */
function doorOf(threadId: number): number {
  return Math.floor(threadId / doorWords) << 8;
}
