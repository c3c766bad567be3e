import { deepEqual } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runtimes } from '../runtimes.js';
import { runProgram } from './run-program.js';

describe('the hook that sees switches', () => {
  for (const runtime of runtimes) {
    it(`is there while a profiler runs in a program with labels, ${runtime.name}`, async () => {
      deepEqual(await runProgram(runtime, 'hook'), {
        'labels without a profiler': 0,
        'a profiler, and labels used before': 1,
        'the profiler stopped': 0,
        'started again, with labels': 1,
        'stopped again': 0,
      });
    });

    it(`is never there in a program without labels, ${runtime.name}`, async () => {
      deepEqual(await runProgram(runtime, 'no-labels'), { hooks: 0, labelSwitches: 0 });
    });

    it(`keeps the object of one tick, which keeps process.nextTick fast, ${runtime.name}`, async () => {
      deepEqual(await runProgram(runtime, 'tick-objects', true), { seen: true, left: 1 });
      deepEqual(await runProgram(runtime, 'tick-objects', false), { seen: true, left: 0 });
    });
  }
});
