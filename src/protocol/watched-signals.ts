/** Signals that end a process which has no listener for them, and that people and process managers send. */
export const watchedSignals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR2'] as const;
export type WatchedSignal = (typeof watchedSignals)[number];
