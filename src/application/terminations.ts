import { BroadcastChannel, Worker } from 'node:worker_threads';
import { type HandOver, handOverBy } from '../protocol/hand-over.js';
import { nowMicros } from '../protocol/monotonic-clock.js';
import type { InheritedSettings, TerminationMessage } from '../protocol/thread-channel.js';
import { ThreadDoors } from '../protocol/thread-doors.js';
import { BlockingAllowance } from './blocking-allowance.js';

/** How long a termination waits for commands under way, in milliseconds. Most take some tenths. */
const patience = {
  /** The caller waits: the thread is to have stopped when `terminate()` returns, as far as Node has it so. A last window takes 1 to 3. */
  blocking: 10,
  /** Then the termination itself: the first command of a thread takes 15 to 60, and one that is blocked in native code answers none. */
  altogether: 500,
  look: 5,
} as const;

/**
 * Of the time, what may be waited for last windows: a pool that ends all of its threads at once, 16 that work on two processors, would
 * be held up for 200 ms (Node 20 to 26). What is not waited for is lost, and counted.
 */
const shareOfTime = 1 / 10;
/** Less is not worth a question, in milliseconds. */
const leastMs = 1;

/** Which collector, and where it is. */
type DoorSettings = Pick<InheritedSettings, 'channel' | 'control'>;

/**
 * Has worker threads that this thread terminates hand over what was sampled last, and keeps the collector's commands out of them from
 * then on: see `protocol/thread-doors.ts`. Nothing tells of a termination beforehand, so `terminate` is wrapped, in the prototype because
 * threads may have been started before.
 *
 * @returns takes it away.
 */
export function closeDoorsAtTermination({ channel, control }: DoorSettings): () => void {
  const { apply, defineProperty, getOwnPropertyDescriptor } = Reflect;
  // Taken early: a program under test may put timers of its own there, which its tests turn by hand.
  const { setTimeout: schedule } = process.getBuiltinModule('node:timers');
  const { prototype } = Worker;
  const { ref } = prototype;
  const doors = new ThreadDoors(control);
  let handOver: HandOver<TerminationMessage> | undefined;
  const allowance = new BlockingAllowance(patience.blocking, shareOfTime);
  const askForLastWindow = (threadId: number) => {
    const { leftMs } = allowance;
    if (leftMs < leastMs) return;
    try {
      handOver ??= handOverBy(BroadcastChannel);
      handOver(channel, { threadId, isTerminated: true });
    } catch {
      // No room on the stack. The collector counts the window as lost.
      return;
    }
    allowance.spend(() => doors.waitUntilShut(threadId, leftMs));
  };
  const own = getOwnPropertyDescriptor(prototype, 'terminate');
  if (typeof own?.value !== 'function') return () => {};
  const original: (this: Worker, ...rest: unknown[]) => Promise<number> = own.value;
  // A method, which has the name, no prototype, and cannot be constructed, as the original.
  const { terminate } = {
    terminate(this: Worker, ...rest: unknown[]): Promise<number> {
      // Of a thread that has ended it is -1; and anything may be `this`.
      const threadId: unknown = this?.threadId;
      const go = () => apply(original, this, rest);
      if (typeof threadId !== 'number' || threadId <= 0) return go();
      const blockedUntil = nowMicros() + patience.blocking * 1000;
      if (doors.isAttended && !doors.isShut(threadId)) askForLastWindow(threadId);
      if (doors.close(threadId, (blockedUntil - nowMicros()) / 1000)) return go();
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
