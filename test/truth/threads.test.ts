import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { observe } from '../../bench/truth/profilers/index.js';
import { programs } from '../../bench/truth/programs.js';
import { runtimes } from '../runtimes.js';
import { inUse } from './holds.js';

for (const [name, least] of [
  ['workers-terminated', 0.85],
  ['workers-ended', 0.97],
] as const) {
  describe(`${programs[name].title}: ${least * 100} % of what their jobs used is in stacks`, {
    concurrency: inUse,
  }, () => {
    for (const runtime of runtimes) {
      test(runtime.name, async (t) => {
        const { account, stacks } = await observe('profbuf', { program: programs[name], runtime, rate: 100 });
        const used = account.rows.find((row) => 'functions' in row && row.functions.includes('job'))?.cpu ?? 0;
        const inStacks = (stacks.cpu ?? [])
          .filter(({ frames }) => frames.some(({ name }) => name === 'job'))
          .reduce((sum, { value }) => sum + value, 0);
        t.diagnostic(`${((inStacks / used) * 100).toFixed(1)} %`);
        assert.ok(inStacks / used >= least, `${inStacks} of ${used} ns`);
      });
    }
  });
}
