import type { HeapSettings } from './heap-settings.js';
import type { Definitions, SwitchReader } from './label-records.js';
import type { InheritedSettings } from './thread-channel.js';

/** Every script that the collector runs on a thread of the application carries this name, so that samples show it. */
export const controlUrl = 'profbuf:control';

/**
 * Where a thread has its control, the main thread before the application's code runs. It outlives its collector, and the
 * next one may be of another version: the number is that of {@link Control}.
 */
export const controlKey = 'profbuf.control.6';

/** What a thread that is about to end calls a profile: this behind the name of the series, then its CPU nanoseconds. */
export const endTitle = 'end';

/** What the collector calls on a thread of the application; made by `application/control/`. */
export interface Control {
  readonly thread: ThreadFacts;
  /** Samples the thread from now on, before the collector has met it. Only where the thread has profile handles. */
  startEarly(settings: InheritedSettings): void;
  /**
   * Begins the first window of a series, and ends what is left of the series before. A window that began early is the first
   * one then.
   */
  begin(series: Series): FirstWindow;
  /**
   * Begins the next window of the series beside the one that runs.
   * @returns what that took, in milliseconds.
   */
  next(): number;
  /**
   * Ends the windows of the series but for the newest `kept`.
   * @returns what that took, in milliseconds.
   */
  end(kept: 0 | 1): number;
  /** Of a worker thread that is about to be terminated: hands over what it has, as one does that ends by itself. */
  leave(): void;
  /** Runs the profiler's own work so that its stack is known as ours. */
  own(work: () => void): void;
  /**
   * Has the thread write its label switches down, or no more.
   * @returns `false` where another version of the package has the thread's labels.
   */
  readLabels(reader: SwitchReader | undefined): boolean;
  /** What the sets with these tags say; `undefined` where the thread uses no labels. */
  defineLabels(tags: readonly number[]): Definitions | undefined;
  /**
   * Starts V8's heap sampler by Node's own function, which Node has since 26, unless it has begun early. Throws when someone
   * else has started it.
   * @returns when it began, in milliseconds since 1970; 0 where there is no such function.
   */
  startHeap(settings: HeapSettings): number;
  /** The same before the collector has met the thread. */
  startHeapEarly(settings: HeapSettings): void;
  /** Ends what began early, if the collector has not taken it over. */
  endEarlyHeap(): void;
  /** Commands of the inspector follow that the thread is held up by. */
  beginPause(): void;
  /** @returns for how long it was, in milliseconds. */
  endPause(): number;
  /** Of the process, and of the thread's heap; in bytes. */
  memoryUsage(): NodeJS.MemoryUsage;
  /** What keeps the event loop alive, by its kind. */
  activeResources(): string[];
  /** Leaves the standard streams as others expect them who use them next: of a process that is to die of a signal. */
  restoreStreams(): void;
  /** Of the sessions with the inspector that the thread's program may have. */
  sessionPrototype(): object;
  /** Whether there is a port by which a debugger may have come to the thread. */
  hasInspectorPort(): boolean;
}

export interface ThreadFacts {
  /** Node's number of the thread; 0 for the main thread. */
  readonly threadId: number;
  /** The operating system's; 0 when it cannot be known. */
  readonly systemId: number;
  /** Whether the thread has `v8.startCpuProfile()`: Node 24.12 and later. Otherwise windows are console profiles. */
  readonly hasHandles: boolean;
  /** Whether it has `v8.startHeapProfile()`: Node 26 and later. */
  readonly hasHeapHandles: boolean;
}

export interface Series {
  /** Console profiles are called by it and a number from 1 on. */
  readonly name: string;
  /** Of the BroadcastChannel that takes the windows of handles. */
  readonly channel: string;
  readonly intervalMicros: number;
  /** Descriptor of the thread's file of that name, which stays open until the series has ended; or -1. */
  readonly schedstat: number;
}

/** How sampling began. */
export interface FirstWindow {
  /** What that held up the thread, in milliseconds. */
  readonly pauseMs: number;
  /** When the first sample could be taken, in microseconds on the clock of `process.hrtime`. */
  readonly startMicros: number;
  /** What the thread had spent by then. */
  readonly spent: Spending;
}

/** A thread's time since its beginning, by `schedstat`; -1 where the system does not tell. */
export interface Spending {
  readonly cpuNanos: number;
  /** Time spent ready to run, waiting for a processor. */
  readonly runQueueWaitNanos: number;
}
