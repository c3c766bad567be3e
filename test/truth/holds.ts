import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { Unit } from '../../bench/truth/account.js';
import { describeShares, largestError, sharesOf } from '../../bench/truth/error.js';
import { observe } from '../../bench/truth/profilers/index.js';
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
  /**
   * Processes that are measured at once. Default: {@link inUse}. A program that gives turns of some milliseconds to its rows, and asks
   * for its CPU time after each, is preempted there most, and sampled when it goes on: it needs a processor of its own.
   */
  readonly atOnce?: number;
}

/** Processes that are measured at once, each with a thread of its own and a collector: a machine in use. */
export const inUse = 2;

/** The shares that profbuf's profile of the program has are those that the program knows, on each Node. */
export function holds(name: ProgramName, expectation: Expectation = {}): void {
  const program: Program = programs[name];
  const { within = program.goal, unit = program.way === 'allocations' ? 'bytes' : 'cpu' } = expectation;
  const { rate = 1000, atOnce = inUse } = expectation;
  describe(`${program.title}: ${unit} at ${rate} Hz is right to ${within} points`, { concurrency: atOnce }, () => {
    for (const runtime of runtimes) {
      test(runtime.name, (t) => holdsOn(t, program, runtime, { within, unit, rate }));
    }
  });
}

type Asked = Required<Omit<Expectation, 'atOnce'>>;

/**
 * Samples are drawn by chance, so one run may be off: two more decide then, and both must be right. What is wrong is wrong
 * each time.
 */
async function holdsOn(t: TestContext, program: Program, runtime: Runtime, expectation: Asked): Promise<void> {
  if (await isRight(t, program, runtime, expectation)) return;
  assert.ok(await isRight(t, program, runtime, expectation), 'off two times of two');
  assert.ok(await isRight(t, program, runtime, expectation), 'off two times of three');
}

/**
 * A thread that waits for a processor runs for some milliseconds at a time, and what it did in them is known from where it was
 * when they began: fewer samples stand for more. So what is asked of a run is less, up to three times, if it waited.
 */
async function isRight(
  t: TestContext,
  program: Program,
  runtime: Runtime,
  { within, unit, rate }: Asked,
): Promise<boolean> {
  const { account, stacks } = await observe(unit === 'wall' ? 'profbuf-wall' : 'profbuf', { program, runtime, rate });
  const shares = sharesOf(account, unit, stacks[unit] ?? []);
  const error = largestError(shares);
  const allowed = within * (1 + 2 * (account.busyness ?? 0));
  t.diagnostic(`off by ${error.toFixed(2)} points of ${allowed.toFixed(2)} (${describeShares(shares)})`);
  return error <= allowed;
}
