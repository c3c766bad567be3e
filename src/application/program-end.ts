import { tracesExit } from './node-flags.js';

type ReallyExit = (this: unknown, ...code: unknown[]) => unknown;
type Listener = () => void;

/**
 * Calls back when the program has come to its end, after its own listeners of `exit`: their work is to be in the profile.
 *
 * A listener of ours is in front of them. If none follows when it is called, this is the end. Otherwise the end is
 * `process.reallyExit`, which `process.exit` comes down to, and which programs call that want no listeners called. The ends that
 * do not come by there are announced, the natural one by `beforeExit`, an error by `uncaughtExceptionMonitor`: ours then moves
 * behind all others. It does so in Node's own list, as `process.on` would tell the program, and count.
 *
 * A listener that is added behind ours after such an announcement is not waited for.
 *
 * @param callBack May be called again if a program goes on after its end.
 * @returns takes everything away.
 */
export function onProgramEnd(callBack: () => void): () => void {
  const { on, prependListener, rawListeners, removeListener } = process;
  const { apply, get, set } = Reflect;
  const { isFrozen } = Object;
  const schedule = queueMicrotask;
  let isOver = false;
  let isAnnounced = false;
  let unwrap: (() => void) | undefined;
  // Node says which functions the program ended in, and one of ours would be among them.
  const staysBare = tracesExit();

  // Node's own flag, set before the first listener of `exit` is called.
  const isExiting = () => get(process, '_exiting') as boolean | undefined;

  const end = () => {
    unwrap?.();
    callBack();
  };

  /** @returns `false` where it stays as it is, or the program has frozen its process object. */
  const wrapReallyExit = () => {
    if (unwrap !== undefined) return true;
    if (staysBare) return false;
    const reallyExit = get(process, 'reallyExit') as ReallyExit;
    const wrapped: ReallyExit = function (...code) {
      end();
      return apply(reallyExit, this, code);
    };
    if (!set(process, 'reallyExit', wrapped)) return false;
    unwrap = () => {
      unwrap = undefined;
      // Whoever has wrapped ours keeps it, and it only passes on.
      if (get(process, 'reallyExit') === wrapped) set(process, 'reallyExit', reallyExit);
    };
    return true;
  };

  const onExit = () => {
    // A program may emit the event itself.
    if (isExiting() === false) return;
    const isLast = (apply(rawListeners, process, ['exit']) as unknown[]).at(-1) === onExit;
    if (isLast || isAnnounced || !wrapReallyExit()) end();
  };
  const onAnnouncement = () => {
    isAnnounced = true;
    wrapReallyExit();
    const listeners = (get(process, '_events') as { exit?: unknown } | undefined)?.exit;
    if (!Array.isArray(listeners) || !listeners.includes(onExit)) return;
    listeners.splice(listeners.indexOf(onExit), 1);
    listeners.push(onExit);
  };
  // Once its other listeners, which may add some of `exit`, have been called.
  const onBeforeExit = () => schedule(onAnnouncement);
  // Also where the program has a listener for such errors, and goes on.
  const onError = () => (isExiting() === true ? end() : onAnnouncement());

  const ours = new Map<string | symbol, Listener>([
    ['exit', onExit],
    ['beforeExit', onBeforeExit],
    ['uncaughtExceptionMonitor', onError],
  ]);
  const listen = () => {
    if (isOver || isFrozen(process)) return;
    for (const [event, listener] of ours) apply(prependListener, process, [event, listener]);
    apply(on, process, ['removeListener', onRemoval]);
  };
  const leave = () => {
    if (isFrozen(process)) return;
    apply(removeListener, process, ['removeListener', onRemoval]);
    for (const [event, listener] of ours) apply(removeListener, process, [event, listener]);
  };
  // A program that takes away all listeners of an event, to put its own there, does not mean ours.
  const onRemoval = (event: string | symbol, removed: unknown) => {
    const listener = ours.get(event);
    if (listener === undefined || listener !== removed) return;
    apply(on, process, [event, listener]);
    // One that takes away all listeners of all events takes this one once more, and `onRemoval` too.
    schedule(() => {
      leave();
      listen();
    });
  };

  listen();
  wrapReallyExit();
  return () => {
    isOver = true;
    leave();
    unwrap?.();
  };
}
