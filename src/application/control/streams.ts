/** What lies under an open file of the program's: a terminal, or a pipe. */
interface Opened {
  readonly fd?: number;
  readonly _handle?: {
    readonly fd?: number;
    setRawMode?(isRaw: boolean): number;
    setBlocking?(isBlocking: boolean): number;
  };
  readonly isRaw?: boolean;
}

const { apply, get } = Reflect;
const activeHandles = get(process, '_getActiveHandles') as (() => Opened[]) | undefined;

/**
 * Gives a terminal back that the program has in raw mode, and pipes of the standard streams that do not block by then: others use them
 * after the program. Node does so when it dies of SIGINT or SIGTERM, unless its handler was taken away, as ours does.
 *
 * A stream that the program has unreferenced is not found.
 */
export function restoreStreams(): void {
  if (activeHandles === undefined) return;
  for (const { fd = -1, isRaw, _handle: handle } of apply(activeHandles, process, [])) {
    if (isRaw === true) handle?.setRawMode?.(false);
    else if (fd >= 0 && fd <= 2) handle?.setBlocking?.(true);
  }
}
