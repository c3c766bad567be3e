import type { CollectorClient } from './collector/collector-client.js';

/**
 * The collector of this process, where every copy of profbuf finds it: the preload, the application's own copy, and one
 * that a bundler has made. Two collectors would sample each other's commands, and pause the application twice.
 */
interface RunningCollector {
  /** Of the protocol between copies of different versions. */
  readonly version: 1;
  readonly client: CollectorClient;
  /** Whether `startProfiler` made or took it, and has not stopped it. */
  isTaken: boolean;
}

const key = Symbol.for('profbuf');
const holder = globalThis as { [key]?: RunningCollector };

/** `undefined` when there is none, or none any more. */
export function runningCollector(): RunningCollector | undefined {
  const running = holder[key];
  return running === undefined || running.client.isOver ? undefined : running;
}

export function setRunningCollector(client: CollectorClient, isTaken: boolean): RunningCollector {
  const running: RunningCollector = { version: 1, client, isTaken };
  Object.defineProperty(holder, key, { value: running, configurable: true, enumerable: false });
  return running;
}
