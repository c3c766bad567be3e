import type { ProfileModel } from '../profile/model.js';

/** What a function took, in nanoseconds. */
export interface FunctionTime {
  readonly name: string;
  /** Where it is, as `file:line`; empty when that is not known. */
  readonly place: string;
  flat: number;
  /** With what it called; a recursive function counts once. */
  cum: number;
}

/** A program that makes functions up for ever is not to fill the memory. */
const mostFunctions = 20_000;

/** What functions took, added up as it comes. */
export class LiveSums {
  readonly #functions = new Map<string, FunctionTime>();
  busyNanos = 0;

  get functions(): Iterable<FunctionTime> {
    return this.#functions.values();
  }

  /** @param sign -1 takes it away again. */
  add({ functions, locations, samples, sampleTypes }: ProfileModel, sign: 1 | -1 = 1): void {
    const column = sampleTypes.findIndex(({ type }) => type === 'cpu');
    const sums = functions.map(({ name, filename, startLine }) => this.#of(name, filename, Number(startLine)));
    for (const { stack, values } of samples) {
      const nanos = sign * Number(values[column] ?? 0);
      this.busyNanos += nanos;
      const met = new Set<FunctionTime>();
      for (const location of stack) {
        for (const line of locations[location]?.lines ?? []) {
          const sum = sums[line.function];
          if (sum === undefined || met.has(sum)) continue;
          if (met.size === 0) sum.flat += nanos;
          sum.cum += nanos;
          met.add(sum);
        }
      }
    }
    if (this.#functions.size > mostFunctions) this.#forgetSmall();
  }

  #of(name: string, file: string, line: number): FunctionTime {
    const place = file === '' ? '' : `${file}:${line}`;
    const key = `${name} ${place}`;
    const known = this.#functions.get(key);
    if (known !== undefined) return known;
    const sum = { name, place, flat: 0, cum: 0 };
    this.#functions.set(key, sum);
    return sum;
  }

  #forgetSmall(): void {
    const all = [...this.#functions].sort(([, a], [, b]) => b.cum - a.cum);
    for (const [key] of all.slice(mostFunctions / 2)) this.#functions.delete(key);
  }
}
