/** What the collector did and what it cost, since its start. */
export interface CollectorStats {
  /** Samples a second that were asked for. */
  readonly sampleRate: number;
  readonly elapsedMs: number;
  /** CPU samples, idle ones not among them. */
  readonly samples: number;
  readonly idleSamples: number;
  /** CPU time of the samples. With the three below it is all that the clocks of the sampled threads have counted. */
  readonly cpuNanos: number;
  /** CPU time that threads had spent before they were sampled, and after their last line. */
  readonly outsideNanos: number;
  /** CPU time of windows that never arrived. */
  readonly lostNanos: number;
  /** CPU time while a thread was sampled that no sample was there to carry. */
  readonly unattributedNanos: number;
  /**
   * Where `cpuNanos` come from: the operating system's clock of each thread (`schedstat`), or the number of samples times
   * the period (`samples`).
   */
  readonly cpuSource: 'schedstat' | 'samples';
  /** Time that the threads were ready to run and had to wait for a processor; 0 when `cpuSource` is `samples`. */
  readonly runQueueWaitNanos: number;
  readonly windows: number;
  /** Windows that never arrived: their thread ended, did not answer at the end, or V8's sampler was started anew. */
  readonly lostWindows: number;
  /** Samples counted under `(other)` because the table of stacks was full. */
  readonly otherSamples: number;
  /** Times that V8's sampler stood still and was started anew. */
  readonly restarts: number;
  /** The longest that the start held up a thread of the application: V8 walks all code that is loaded. */
  readonly startPauseMs: number;
  /** The longest that the end did: V8 throws away all that it knew of the code. 0 until then. */
  readonly endPauseMs: number;
  /** The longest that any command of the collector in between did. */
  readonly longestPauseMs: number;
  /** All of those in between added up. */
  readonly totalPauseMs: number;
  /** Threads of the application being sampled now. */
  readonly threads: number;
  /** Times that another label set came into force on any thread, lost ones included. */
  readonly labelSwitches: number;
  /** Those that found no room in the buffer to the collector. */
  readonly lostLabelSwitches: number;
  /** Samples whose labels are not known for it: they carry `profbuf.labels` = `lost`. */
  readonly samplesWithLostLabels: number;
  /** Profiles that servers have taken which they were pushed to. */
  readonly pushedProfiles: number;
  /** Those that wait for their delivery. */
  readonly queuedProfiles: number;
  /** Those that were given up: refused, too old, without room, or not delivered before the end. */
  readonly droppedProfiles: number;
}
