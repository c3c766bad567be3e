import { ProfbufError } from '../errors.js';
import type { CollectorClient } from './collector-client.js';

/** Of what copies of different versions agree on: all of {@link RunningCollector}, and of `client` every member. */
const protocolVersion = 1;

/**
 * The collector of this process, where every copy of profbuf finds it: the preload, the application's own copy, and one
 * that a bundler has made. Two collectors would sample each other's commands, and pause the application twice.
 */
interface RunningCollector {
  readonly version: typeof protocolVersion;
  readonly client: CollectorClient;
  /** Whether `startProfiler` made or took it, and has not stopped it. */
  isTaken: boolean;
}

/** In every version. */
interface AnyCollector {
  readonly version: number;
  readonly client: Pick<CollectorClient, 'isOver'>;
}

const key = Symbol.for('profbuf');
const holder = globalThis as { [key]?: RunningCollector | AnyCollector };

/** Whether this process is being profiled, by whatever version. */
export function isCollecting(): boolean {
  return holder[key]?.client.isOver === false;
}

/**
 * `undefined` when there is none, or none any more.
 *
 * @throws ProfbufError `ERR_PROFBUF_UNAVAILABLE`: it belongs to a version that this one cannot talk to.
 */
export function runningCollector(): RunningCollector | undefined {
  const running = holder[key];
  if (running === undefined || running.client.isOver) return undefined;
  if (!isOurs(running)) {
    const message = 'another version of profbuf profiles this process already: load the same one everywhere';
    throw new ProfbufError('ERR_PROFBUF_UNAVAILABLE', message);
  }
  return running;
}

function isOurs(collector: RunningCollector | AnyCollector): collector is RunningCollector {
  return collector.version === protocolVersion;
}

export function setRunningCollector(client: CollectorClient, isTaken: boolean): RunningCollector {
  const running: RunningCollector = { version: protocolVersion, client, isTaken };
  Object.defineProperty(holder, key, { value: running, configurable: true, enumerable: false });
  return running;
}
