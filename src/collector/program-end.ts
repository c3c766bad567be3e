import { sideDoorsOfProcess } from './side-doors.js';

/**
 * Calls back when the program has come to its end, after its own listeners of `exit`: their work is to be in the profile.
 *
 * Two listeners of ours stand around those of the program. One in between may end the process for good, so the side doors are
 * watched from the first to the last. When the program adds a listener, ours step aside until the next microtask, because
 * Node counts listeners, and warns of too many. Before that microtask the process can end through a side door only.
 *
 * A program that has frozen its process object keeps what is there then: listeners can be neither added nor taken away.
 *
 * @param callBack May be called again if a program goes on after its end.
 * @returns takes everything away.
 */
export function onProgramEnd(callBack: () => void): () => void {
  const { on, prependListener, removeListener } = process;
  const { isFrozen } = Object;
  const { apply, get, set } = Reflect;
  const schedule = queueMicrotask;
  let isOver = false;
  // Node's own flag, set before its first listener is called.
  const isEnding = () => get(process, '_exiting') === true;

  const first = () => {
    if (!sideDoors.watch()) last();
  };
  const last = () => {
    sideDoors.leave();
    callBack();
  };
  const sideDoors = sideDoorsOfProcess({ onExit: last, onError: () => (isEnding() ? last() : stepIn()) });

  const added = (event: string | symbol) => {
    if (event === 'exit') stepAside();
  };
  // A program that takes away all listeners of `exit`, to put its own there, does not mean ours.
  const removed = (event: string | symbol, listener: unknown) => {
    if (event === 'exit' && (listener === first || listener === last)) stepAside();
  };
  const stepAside = () => {
    if (isEnding() || !sideDoors.watch()) return;
    stepOut();
    schedule(stepIn);
  };
  // Those who hear of listeners come last and go first: they are not to hear of ours.
  const stepIn = () => {
    if (isOver || isEnding() || isFrozen(process)) return;
    stepOut();
    // Node's field behind process.setMaxListeners, which cannot say again that nothing was set.
    const limit = get(process, '_maxListeners');
    set(process, '_maxListeners', 0);
    apply(prependListener, process, ['exit', first]);
    on.call(process, 'exit', last);
    set(process, '_maxListeners', limit);
    on.call(process, 'newListener', added);
    on.call(process, 'removeListener', removed);
    sideDoors.leave();
  };
  const stepOut = () => {
    if (isFrozen(process)) return;
    removeListener.call(process, 'removeListener', removed);
    removeListener.call(process, 'newListener', added);
    removeListener.call(process, 'exit', first);
    removeListener.call(process, 'exit', last);
  };

  stepIn();
  return () => {
    isOver = true;
    stepOut();
    sideDoors.leave();
  };
}
