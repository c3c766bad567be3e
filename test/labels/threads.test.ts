import { deepEqual, equal, ok } from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ProfilerStats } from 'profbuf';
import { runtimes } from '../runtimes.js';
import type { LabelledSample } from './programs/samples.js';
import { runProgram } from './run-program.js';

describe('every thread of the application labels its own samples', () => {
  for (const runtime of runtimes) {
    it(runtime.name, async () => {
      const { samples, stats } = await runProgram<{ samples: LabelledSample[]; stats: ProfilerStats }>(
        runtime,
        'threads',
      );
      for (const name of ['main', 'stays', 'ends']) {
        const own = samples.filter(({ functions }) => functions.includes(`work_of_${name}`));
        const count = own.reduce((sum, sample) => sum + sample.count, 0);
        ok(count > 5, `${count} samples of ${name}`);
        deepEqual(new Set(own.map(({ labels }) => labels.thread_name)), new Set([name]));
        equal(
          own.every(({ labels }) => 'thread' in labels === (name !== 'main')),
          true,
        );
      }
      equal(stats.lostWindows, 0);
      equal(stats.lostLabelSwitches, 0);
      equal(stats.samplesWithLostLabels, 0);
    });
  }
});
