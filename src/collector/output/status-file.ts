import type { Frame } from '../../profile/frame.js';
import { replaceFile } from '../../profile/output-file.js';
import type { CollectorOptions } from '../../protocol/messages.js';
import { nowMicros } from '../../protocol/monotonic-clock.js';
import type { ProcessStatus } from '../../protocol/process-status.js';
import type { Phase } from '../life-cycle.js';
import { stackComments } from '../profiles/comments.js';
import { rateComments } from '../profiles/rate-comments.js';
import type { SamplingTotals } from '../sampling/sampling-totals.js';
import type { ThreadWindow } from '../sampling/thread-window.js';
import { Hottest } from './hottest.js';

const intervalMs = 250;

export interface StatusFacts {
  readonly phase: Phase;
  /** Where the profile is, or is to be. */
  readonly output: string;
  readonly isWritten: boolean;
  /** Why the process is not profiled. */
  readonly reason: string;
  readonly totals: SamplingTotals;
  /** The longest that reading V8's heap sampler held up the main thread. */
  readonly longestHeapReadMs: number;
  readonly otherSamples: number;
  readonly startMicros: number;
  readonly startedAfterMs: number;
  readonly notices: readonly string[];
  /** How a frame is shown, as far as that is known by now. */
  readonly shown: (frame: Frame) => Frame;
}

/** What the command that watches this process reads about it, several times a second. */
export class StatusFile {
  readonly #path: string;
  readonly #options: CollectorOptions;
  readonly #facts: () => StatusFacts;
  readonly #hottest = new Hottest();
  #timer: NodeJS.Timeout | undefined;

  constructor(path: string, options: CollectorOptions, facts: () => StatusFacts) {
    this.#path = path;
    this.#options = options;
    this.#facts = facts;
  }

  add(window: ThreadWindow): void {
    this.#hottest.add(window);
  }

  start(): void {
    this.write();
    this.#timer = setInterval(() => this.write(), intervalMs);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  write(): void {
    try {
      replaceFile(this.#path, JSON.stringify(this.#status()));
    } catch {
      // The command that watched is gone, and its folder with it. The profile does not depend on it.
    }
  }

  #status(): ProcessStatus {
    const { processName, argv, output, sampleRate } = this.#options;
    const facts = this.#facts();
    const { phase, reason, totals, longestHeapReadMs, otherSamples, startMicros, startedAfterMs, notices, shown } =
      facts;
    const hottest = this.#hottest.read(shown);
    const { user, system } = process.cpuUsage();
    return {
      version: 1,
      pid: process.pid,
      ppid: process.ppid,
      name: processName,
      argv,
      output: facts.output,
      isWritten: facts.isWritten,
      state: stateOf(phase),
      ...(phase === 'unavailable' ? { reason } : {}),
      elapsedMs: Math.round((nowMicros() - startMicros) / 1000),
      samples: totals.samples,
      cpuNanos: totals.cpuNanos,
      unsampledNanos: totals.unattributedNanos + totals.lostNanos,
      outsideNanos: totals.outsideNanos,
      processNanos: (user + system) * 1000,
      windows: totals.windows,
      lost: { windows: totals.lostWindows, otherSamples, restarts: totals.restarts },
      startPauseMs: totals.startPauseMs,
      startedAfterMs,
      longestPauseMs: Math.max(totals.longestPauseMs, longestHeapReadMs),
      endPauseMs: totals.endPauseMs,
      notices: [...(output?.kind === 'allocs' ? [] : cpuNotices(totals, sampleRate)), ...notices],
      ...(hottest === undefined ? {} : { hottest }),
    };
  }
}

function cpuNotices(totals: SamplingTotals, sampleRate: number): string[] {
  return [...rateComments(totals, sampleRate), ...stackComments(totals.truncatedSamples)];
}

function stateOf(phase: Phase): ProcessStatus['state'] {
  if (phase === 'unavailable') return 'unavailable';
  return phase === 'over' ? 'finished' : 'running';
}
