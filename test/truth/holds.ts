import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { median } from '../../bench/median.js';
import type { Unit } from '../../bench/truth/account.js';
import { describeShares, largestError, sharesOf } from '../../bench/truth/error.js';
import { observe, type ProfilerName } from '../../bench/truth/profilers/index.js';
import { type Program, type ProgramName, programs } from '../../bench/truth/programs.js';
import { type Runtime, runtimes } from '../runtimes.js';

/** What is asked of one row of `npm run truth`. */
export interface Expectation {
  /** In points; without it, what the table has for a goal. */
  readonly within?: number;
  /** Of what it is. Default: CPU time, or bytes where the program is about those. */
  readonly unit?: Unit;
  /** Samples a second. Default: 1000. */
  readonly rate?: number;
  /** Nodes that this does not hold on yet. */
  readonly but?: readonly number[];
}

/** Processes that are measured at once, each with a thread of its own and a collector: a machine in use. */
const concurrency = 2;

/** The shares that profbuf's profile of the program has are those that the program knows, on each Node. */
export function holds(name: ProgramName, expectation: Expectation = {}): void {
  const program: Program = programs[name];
  const { within = program.goal, unit = program.way === 'allocations' ? 'bytes' : 'cpu', rate = 1000 } = expectation;
  describe(`${program.title}: ${unit} at ${rate} Hz is right to ${within} points`, { concurrency }, () => {
    for (const runtime of runtimes.filter(({ major }) => !expectation.but?.includes(major))) {
      test(runtime.name, (t) => holdsOn(t, program, runtime, { within, unit, rate }));
    }
  });
}

/**
 * Samples are drawn by chance, and on a machine that is busy a thread may have few: one run may be off. Two more decide then,
 * by the median. What is wrong is wrong each time.
 */
async function holdsOn(
  t: TestContext,
  program: Program,
  runtime: Runtime,
  { within, unit, rate }: Required<Pick<Expectation, 'within' | 'unit' | 'rate'>>,
): Promise<void> {
  const profiler: ProfilerName = unit === 'wall' ? 'profbuf-wall' : 'profbuf';
  const errors: number[] = [];
  do {
    const { account, stacks } = await observe(profiler, { program, runtime, rate });
    const shares = sharesOf(account, unit, stacks[unit] ?? []);
    errors.push(largestError(shares));
    t.diagnostic(`off by ${largestError(shares).toFixed(2)} points (${describeShares(shares)})`);
  } while ((errors[0] as number) > within && errors.length < 3);
  assert.ok(median(errors) <= within, `off by ${errors.map((error) => error.toFixed(2)).join(', ')} points`);
}
