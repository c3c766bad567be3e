import type { Definitions, SwitchReader } from './label-records.js';

/** Every script that the collector runs on a thread of the application carries this name, so that samples show it. */
export const controlUrl = 'profbuf:control';

/**
 * Where a thread has its control, the main thread before the application's code runs. It outlives its collector, and the
 * next one may be of another version: the number is that of {@link Control}.
 */
export const controlKey = 'profbuf.control.2';

/** What a thread that is about to end calls a profile, behind the name of the series. */
export const endTitle = 'end';

/** What the collector calls on a thread of the application; made by `application/control/`. */
export interface Control {
  /** The operating system's number of the thread; 0 when it cannot be known. */
  readonly threadId: number;
  /**
   * Begins the first profile of a series, which are called by the series' name and a number from 1 on, and ends what is left
   * of the series before.
   * @param schedstat Descriptor of the thread's file of that name, which stays open until the series has ended; or -1.
   * @returns what that took, in milliseconds.
   */
  begin(series: string, schedstat: number): number;
  /**
   * Begins the next profile of the series, then ends the one before.
   * @returns what that took, in milliseconds.
   */
  rotate(): number;
  /**
   * Ends the last profile of the series.
   * @returns what that took, in milliseconds.
   */
  end(): number;
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
   * Starts V8's heap sampler by Node's own function, which Node has since 26.
   * @returns `false` where there is none.
   */
  startHeap(sampleInterval: number, stackDepth: number): boolean;
  /** What keeps the event loop alive, by its kind. */
  activeResources(): string[];
}
