import { Worker } from 'node:worker_threads';
import { nowMicros } from '../protocol/monotonic-clock.js';
import { ThreadDoors } from '../protocol/thread-doors.js';

/** How long a termination waits for commands under way, in milliseconds. Most take some tenths. */
const patience = {
  /** The caller waits: the thread is to have stopped when `terminate()` returns, as far as Node has it so. */
  blocking: 10,
  /** Then the termination itself: the first command of a thread takes 15 to 60, and one that is blocked in native code answers none. */
  altogether: 500,
  look: 5,
} as const;

/**
 * Keeps the collector's commands out of worker threads that this thread terminates, from just before: see
 * `protocol/thread-doors.ts`. Nothing tells of a termination beforehand, so `terminate` is wrapped, in the prototype because
 * threads may have been started before.
 *
 * @returns takes it away.
 */
export function closeDoorsAtTermination(control: SharedArrayBuffer): () => void {
  const { apply, defineProperty, getOwnPropertyDescriptor } = Reflect;
  // Taken early: a program under test may put timers of its own there, which its tests turn by hand.
  const { setTimeout: schedule } = process.getBuiltinModule('node:timers');
  const { prototype } = Worker;
  const { ref } = prototype;
  const doors = new ThreadDoors(control);
  const own = getOwnPropertyDescriptor(prototype, 'terminate');
  if (typeof own?.value !== 'function') return () => {};
  const original: (this: Worker, ...rest: unknown[]) => Promise<number> = own.value;
  // A method, which has the name, no prototype, and cannot be constructed, as the original.
  const { terminate } = {
    terminate(this: Worker, ...rest: unknown[]): Promise<number> {
      // Of a thread that has ended it is -1; and anything may be `this`.
      const threadId: unknown = this?.threadId;
      const go = () => apply(original, this, rest);
      if (typeof threadId !== 'number' || threadId <= 0 || doors.close(threadId, patience.blocking)) return go();
      // As the original does at once.
      apply(ref, this, []);
      const until = nowMicros() + patience.altogether * 1000;
      return new Promise((resolve) => {
        const look = () => {
          if (doors.isEmpty(threadId) || nowMicros() >= until) resolve(go());
          else schedule(look, patience.look);
        };
        look();
      });
    },
  };
  // Node 20 counts a callback.
  defineProperty(terminate, 'length', { value: original.length, configurable: true });
  defineProperty(prototype, 'terminate', { ...own, value: terminate });
  return () => {
    // Whoever has wrapped ours keeps it, and it only passes on.
    if (getOwnPropertyDescriptor(prototype, 'terminate')?.value === terminate) {
      defineProperty(prototype, 'terminate', own);
    }
  };
}
