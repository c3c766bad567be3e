// Taken early: the program may delete globals later.
const { add, load } = Atomics;

const figures = [
  'startMicros',
  'samples',
  'idleSamples',
  'cpuNanos',
  'outsideNanos',
  'lostNanos',
  'unattributedNanos',
  'runQueueWaitNanos',
  'windows',
  'lostWindows',
  'otherSamples',
  'restarts',
  'startPauseMs',
  'endPauseMs',
  'longestPauseMs',
  'totalPauseMs',
  'threads',
  'labelSwitches',
  'lostLabelSwitches',
  'samplesWithLostLabels',
  'pushedProfiles',
  'queuedProfiles',
  'droppedProfiles',
  'hasClock',
] as const;

/**
 * Figures that the collector writes and the application's thread reads without asking.
 *
 * Layout: one Int32 word, 4 bytes of padding, then one float64 for each figure. The word is odd while the collector
 * writes. A reader that finds it odd, or changed since it began, has seen a mixture and reads again.
 */
export const sharedStatsBytes = 8 + 8 * figures.length;

export type Figures = Record<(typeof figures)[number], number>;

export class SharedStats {
  readonly #word: Int32Array;
  readonly #values: Float64Array;

  constructor(memory: SharedArrayBuffer, byteOffset: number) {
    this.#word = new Int32Array(memory, byteOffset, 1);
    this.#values = new Float64Array(memory, byteOffset + 8, figures.length);
  }

  write(values: Figures): void {
    add(this.#word, 0, 1);
    figures.forEach((figure, i) => {
      this.#values[i] = values[figure];
    });
    add(this.#word, 0, 1);
  }

  read(): Figures {
    for (;;) {
      const before = load(this.#word, 0);
      const values = figures.map((figure, i) => [figure, this.#values[i] ?? 0]);
      if (before % 2 === 0 && load(this.#word, 0) === before) return Object.fromEntries(values) as Figures;
    }
  }
}
