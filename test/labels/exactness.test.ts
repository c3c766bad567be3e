import { deepEqual, equal, ok } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runtimes } from '../runtimes.js';
import { seed } from '../seed.js';
import type { RandomTasksOptions, RandomTasksResult } from './programs/random-tasks.js';
import { runProgram } from './run-program.js';

const run = (runtime: (typeof runtimes)[number], options: Omit<RandomTasksOptions, 'seed'>) =>
  runProgram<RandomTasksResult>(runtime, 'random-tasks', { seed, ...options });

describe('random programs of labelled tasks, sampled at 1 kHz', () => {
  for (const runtime of runtimes) {
    it(`carry their label in 99.9 % of samples, ${runtime.name}`, async (test) => {
      const result = await run(runtime, { labelBufferWords: 2 ** 17, samples: 2500 });
      const all = result.right + result.unknown + result.wrong.length;
      test.diagnostic(`${result.tasks} tasks, ${result.switches} switches, ${result.right} of ${all} samples right`);
      // The others are of the engine between the tasks: the more, the busier the machine is.
      ok(all > 500, `only ${all} samples`);
      ok(result.right >= all * 0.999 - 1, JSON.stringify(result));
      equal(result.lostSwitches, 0);
      deepEqual(result.stats, { labelSwitches: result.switches, lostLabelSwitches: 0 });
    });

    it(`never carry a wrong label, and losses are counted exactly, when the ring overflows, ${runtime.name}`, async (test) => {
      const result = await run(runtime, { labelBufferWords: 64, samples: 1000 });
      test.diagnostic(
        `${result.lostSwitches} of ${result.switches} switches lost, ${result.unknown} samples unknown, ${result.right} right`,
      );
      deepEqual(result.wrong, []);
      ok(result.lostSwitches > 0 && result.unknown > 0 && result.right > 0, JSON.stringify(result));
      deepEqual(result.stats, { labelSwitches: result.switches, lostLabelSwitches: result.lostSwitches });
      const { switches, lostSwitches } = result;
      const said = `labels: ${switches} switches, ${lostSwitches} of them lost for want of room in the buffer`;
      ok(result.comments.includes(said), result.comments.join('\n'));
    });
  }
});
