import type { ProfileModel } from '../profile/model.js';
import { printable } from '../profile/text.js';
import { formatTime } from './amounts.js';
import { type FunctionTime, LiveSums } from './live-sums.js';
import { fromHere } from './place.js';

/** What came of one thread since it was asked last. */
export interface ThreadPart {
  /** Empty for the main thread. */
  readonly name: string;
  readonly model: ProfileModel;
}

interface Round {
  readonly parts: readonly ThreadPart[];
  /** Time that it is of, in nanoseconds. */
  readonly nanos: number;
}

/** How many rounds, of an interval each, are recent. */
const recentRounds = 5;

/** Which functions take the time of a process just now, and which have taken it altogether: as lines of text. */
export class LiveTable {
  readonly #title: string;
  readonly #recent = new LiveSums();
  readonly #whole = new LiveSums();
  readonly #rounds: Round[] = [];
  #wholeNanos = 0;

  constructor(title: string) {
    this.#title = title;
  }

  get isEmpty(): boolean {
    return this.#wholeNanos === 0;
  }

  /** Takes what came of all threads in an interval. */
  add(parts: readonly ThreadPart[]): void {
    // Threads are sampled side by side.
    const nanos = Math.max(0, ...parts.map(({ model }) => Number(model.durationNanos)));
    this.#rounds.push({ parts, nanos });
    this.#wholeNanos += nanos;
    for (const { model } of parts) {
      this.#recent.add(model);
      this.#whole.add(model);
    }
    for (const { model } of (this.#rounds.length > recentRounds && this.#rounds.shift()?.parts) || [])
      this.#recent.add(model, -1);
  }

  /**
   * @param notice What else there is to say, on a line of its own.
   * @param rows How many functions to show.
   */
  lines(notice: string, rows: number): readonly string[] {
    const recentNanos = this.#rounds.reduce((sum, { nanos }) => sum + nanos, 0);
    const share = (nanos: number, of: number) => `${((100 * Math.max(0, nanos)) / Math.max(of, 1)).toFixed(1)}%`;
    const key = ({ name, place }: FunctionTime) => `${name} ${place}`;
    const recent = new Map([...this.#recent.functions].map((sum) => [key(sum), sum]));
    const rowsOf = [...this.#whole.functions].map((whole) => ({ whole, now: recent.get(key(whole)) }));
    rowsOf.sort(
      (a, b) =>
        (b.now?.flat ?? 0) - (a.now?.flat ?? 0) ||
        b.whole.flat - a.whole.flat ||
        (b.now?.cum ?? 0) - (a.now?.cum ?? 0) ||
        b.whole.cum - a.whole.cum,
    );
    const columns = (texts: readonly string[]) => texts.map((text) => text.padStart(8)).join('');
    const [last, all] = [formatTime(recentNanos / 1e6), formatTime(this.#wholeNanos / 1e6)];
    return [
      `${this.#title}: not idle ${share(this.#recent.busyNanos, recentNanos)} of the last ${last}, ${share(this.#whole.busyNanos, this.#wholeNanos)} of ${all} altogether`,
      `${this.#threads(recentNanos)}${notice}`,
      '',
      `${columns(['last', last.replace(' ', ''), 'all', all.replace(' ', '')])}`,
      `${columns(['flat', 'cum', 'flat', 'cum'])}  function`,
      ...rowsOf.slice(0, rows).map(({ whole, now }) => {
        const figures = columns([
          share(now?.flat ?? 0, recentNanos),
          share(now?.cum ?? 0, recentNanos),
          share(whole.flat, this.#wholeNanos),
          share(whole.cum, this.#wholeNanos),
        ]);
        return printable(`${figures}  ${whole.name}  ${fromHere(whole.place)}`.trimEnd());
      }),
    ];
  }

  /** What each thread took lately. */
  #threads(recentNanos: number): string {
    const busy = new Map<string, number>();
    for (const { parts } of this.#rounds) {
      for (const { name, model } of parts) {
        const column = model.sampleTypes.findIndex(({ type }) => type === 'cpu');
        const nanos = model.samples.reduce((sum, { values }) => sum + Number(values[column] ?? 0), 0);
        busy.set(name, (busy.get(name) ?? 0) + nanos);
      }
    }
    return [...busy]
      .sort(([, a], [, b]) => b - a)
      .slice(0, 4)
      .map(
        ([name, nanos]) =>
          `${printable(name || 'main thread')} ${((100 * nanos) / Math.max(recentNanos, 1)).toFixed(0)}%`,
      )
      .join(', ');
  }
}
