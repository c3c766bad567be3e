type ReallyExit = (this: unknown, ...code: unknown[]) => unknown;

export interface SideDoorEvents {
  /** The process is about to end. */
  onExit(): void;
  /** Nobody has caught an error. The program may listen for that, and go on. */
  onError(): void;
}

export interface SideDoors {
  /** @returns `false` where the program has frozen its process object. */
  watch(): boolean;
  leave(): void;
}

/**
 * The ways to the end of the process that lead past listeners of `exit`: an error that nobody catches, and
 * `process.reallyExit`, which is what `process.exit` comes down to. They are watched no longer than is said.
 */
export function sideDoorsOfProcess({ onExit, onError }: SideDoorEvents): SideDoors {
  const { on, removeListener } = process;
  const { apply, get, set } = Reflect;
  const { isFrozen } = Object;
  let restore: (() => void) | undefined;

  return {
    watch() {
      if (restore !== undefined) return true;
      const reallyExit = get(process, 'reallyExit') as ReallyExit;
      const watched: ReallyExit = function (...code) {
        onExit();
        return apply(reallyExit, this, code);
      };
      if (!set(process, 'reallyExit', watched)) return false;
      on.call(process, 'uncaughtExceptionMonitor', onError);
      restore = () => {
        if (isFrozen(process)) return;
        // Whoever has wrapped ours keeps it, and it only passes on.
        if (get(process, 'reallyExit') === watched) set(process, 'reallyExit', reallyExit);
        removeListener.call(process, 'uncaughtExceptionMonitor', onError);
        restore = undefined;
      };
      return true;
    },
    leave() {
      restore?.();
    },
  };
}
