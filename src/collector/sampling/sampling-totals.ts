import type { LabelCounts } from '../labels/thread-labels.js';

/** What was sampled on one thread or on several. */
export class SamplingTotals implements LabelCounts {
  samples = 0;
  idleSamples = 0;
  /** Those whose function is not known, only the one that V8 had inlined it into. */
  unknownSamples = 0;
  /** Those of the samples, idle ones not counted, whose stack V8 has cut. */
  truncatedSamples = 0;
  cpuNanos = 0;
  /** CPU time that threads had spent before they were sampled, and after they had ended their last window themselves. */
  outsideNanos = 0;
  /** CPU time of windows that never arrived. */
  lostNanos = 0;
  /** CPU time that no sample was there to carry. */
  unattributedNanos = 0;
  runQueueWaitNanos = 0;
  /** How long the whole process stood still: stopped by a signal or by a debugger, or with its machine. */
  frozenMicros = 0;
  windows = 0;
  lostWindows = 0;
  /** Because V8 had stopped taking samples, the program had ended the profile, or the rate was lowered. */
  restarts = 0;
  /** Those of them that the program has caused. */
  interruptions = 0;
  /** Threads in which nothing can be called any more. */
  lostContexts = 0;
  /** Those of them that lowered a thread's rate. */
  rateReductions = 0;
  /** The lowest rate of any thread, in samples a second, if it is not what was asked for. */
  lowestRate = Number.POSITIVE_INFINITY;
  /** The longest that the beginning of the first window held up a thread: V8 walks all code that is there. */
  startPauseMs = 0;
  /** Threads on which V8 was made to compile again what it had compiled before they were sampled. */
  recompilations = 0;
  /** The longest that this held up a thread. */
  recompilePauseMs = 0;
  /** When the first sample of any thread could be taken, in microseconds of `process.hrtime`. */
  startedMicros = Number.POSITIVE_INFINITY;
  /** The longest that the end of the last window did: V8 throws away all that it knew of the code. */
  endPauseMs = 0;
  /** The same of any command in between. */
  longestPauseMs = 0;
  /** Of those in between. */
  totalPauseMs = 0;
  labelSwitches = 0;
  lostLabelSwitches = 0;
  foreignLabels = 0;
  samplesWithLostLabels = 0;

  addPause(pauseMs: number): void {
    this.longestPauseMs = Math.max(this.longestPauseMs, pauseMs);
    this.totalPauseMs += pauseMs;
  }

  add(other: SamplingTotals): void {
    this.samples += other.samples;
    this.idleSamples += other.idleSamples;
    this.unknownSamples += other.unknownSamples;
    this.truncatedSamples += other.truncatedSamples;
    this.cpuNanos += other.cpuNanos;
    this.outsideNanos += other.outsideNanos;
    this.lostNanos += other.lostNanos;
    this.unattributedNanos += other.unattributedNanos;
    this.runQueueWaitNanos += other.runQueueWaitNanos;
    this.frozenMicros += other.frozenMicros;
    this.windows += other.windows;
    this.lostWindows += other.lostWindows;
    this.restarts += other.restarts;
    this.interruptions += other.interruptions;
    this.lostContexts += other.lostContexts;
    this.rateReductions += other.rateReductions;
    this.lowestRate = Math.min(this.lowestRate, other.lowestRate);
    this.startPauseMs = Math.max(this.startPauseMs, other.startPauseMs);
    this.recompilations += other.recompilations;
    this.recompilePauseMs = Math.max(this.recompilePauseMs, other.recompilePauseMs);
    this.startedMicros = Math.min(this.startedMicros, other.startedMicros);
    this.endPauseMs = Math.max(this.endPauseMs, other.endPauseMs);
    this.longestPauseMs = Math.max(this.longestPauseMs, other.longestPauseMs);
    this.totalPauseMs += other.totalPauseMs;
    this.labelSwitches += other.labelSwitches;
    this.lostLabelSwitches += other.lostLabelSwitches;
    this.foreignLabels += other.foreignLabels;
    this.samplesWithLostLabels += other.samplesWithLostLabels;
  }
}
