import type { Runtime } from '../../test/runtimes.js';
import type { Unit } from './account.js';
import type { ProfilerName } from './profilers/index.js';
import type { ProgramName } from './programs.js';

/** One cell of the table. */
export interface Cell {
  readonly program: ProgramName;
  readonly runtime: Runtime;
  readonly profiler: ProfilerName;
  readonly unit: Unit;
}

/** The errors of all runs, in points, cell by cell. */
export class Results {
  readonly #errors = new Map<string, number[]>();
  readonly #reasons = new Map<string, string>();

  add(cell: Cell, error: number): void {
    const key = keyOf(cell);
    const errors = this.#errors.get(key) ?? [];
    errors.push(error);
    this.#errors.set(key, errors);
  }

  cannot(cell: Cell, reason: string): void {
    this.#reasons.set(keyOf(cell), reason);
  }

  /** Empty where nothing was measured. */
  errors(cell: Cell): readonly number[] {
    return this.#errors.get(keyOf(cell)) ?? [];
  }

  /** Why nothing was measured, if nothing could be. */
  reason(cell: Cell): string | undefined {
    return this.#reasons.get(keyOf(cell));
  }
}

function keyOf({ program, runtime, profiler, unit }: Cell): string {
  return `${program} ${runtime.major} ${profiler} ${unit}`;
}
