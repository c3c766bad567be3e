/** Signals that end a process which has no listener for them, and that people and process managers send. */
export const watchedSignals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR2'] as const;
export type WatchedSignal = (typeof watchedSignals)[number];

/** Node has handlers of its own for these, from the start, which restore the standard streams before it dies of them all the same. */
export const caughtByNode: ReadonlySet<string> = new Set<WatchedSignal>(['SIGINT', 'SIGTERM']);

/**
 * Whether a signal does nothing to this process that it does not listen to: Linux keeps the first process of a container from
 * dying of any but SIGKILL.
 */
export function isFirstProcess(): boolean {
  return process.platform === 'linux' && process.pid === 1;
}
