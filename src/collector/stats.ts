/** What the collector did and what it cost, since its start. */
export interface CollectorStats {
  /** Samples a second that were asked for. */
  readonly sampleRate: number;
  readonly elapsedMs: number;
  /** CPU samples, idle ones not among them. */
  readonly samples: number;
  readonly idleSamples: number;
  readonly cpuNanos: number;
  /** Where `cpuNanos` come from: the operating system's clock of each thread, or the number of samples. */
  readonly cpuSource: 'schedstat' | 'samples';
  /** Time that the threads were ready to run and had to wait for a processor; 0 when `cpuSource` is `samples`. */
  readonly runQueueWaitNanos: number;
  readonly windows: number;
  readonly lostWindows: number;
  /** Samples counted under `(other)` because the table of stacks was full. */
  readonly otherSamples: number;
  /** Times that V8's sampler stood still and was started anew. */
  readonly restarts: number;
  /** The longest that one command of the collector held up a thread of the application. */
  readonly longestPauseMs: number;
  /** All of these added up. */
  readonly totalPauseMs: number;
  /** Threads of the application being sampled now. */
  readonly threads: number;
}
