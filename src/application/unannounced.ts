type NextTick = (this: unknown, callback: () => void, ...rest: unknown[]) => void;

/**
 * Makes a thread of which the program does not hear: Node tells it of every worker that it makes, by the event `worker` of `process`, in
 * the next tick. That tick alone shows, too: with one pending when the program begins, errors have a frame more,
 * `process.processTicksAndRejections`.
 *
 * Where Node has other words for it than those of 20.20 to 26.10, or the process object is frozen, the program hears of it.
 */
export function unannounced<T>(makeThread: () => T): T {
  const { apply, get, set } = Reflect;
  const textOf = Function.prototype.toString;
  const nextTick = get(process, 'nextTick') as NextTick;
  const filter: NextTick = function (callback, ...rest) {
    if (/\.emit\(\s*['"]worker['"]/.test(apply(textOf, callback, []))) return;
    apply(nextTick, this, [callback, ...rest]);
  };
  if (!set(process, 'nextTick', filter)) return makeThread();
  try {
    return makeThread();
  } finally {
    set(process, 'nextTick', nextTick);
  }
}
