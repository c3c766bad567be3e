import { deepEqual, equal } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LabelLimits } from '#profbuf/collector/labels/label-limits.js';
import { Accumulator } from '#profbuf/collector/profiles/accumulator.js';
import { SamplingTotals } from '#profbuf/collector/sampling/sampling-totals.js';
import { ThreadWindow } from '#profbuf/collector/sampling/thread-window.js';
import { noOriginals } from '#profbuf/profile/source-maps/with-originals.js';

describe('the limits on labels in one profile', () => {
  it('put what is beyond 10,000 values of a label under (other), and leave its other labels alone', () => {
    const limits = new LabelLimits();
    for (let request = 0; request < 10_000; request++) {
      deepEqual(limits.apply({ route: '/a', request }), { route: '/a', request });
    }
    deepEqual(limits.apply({ route: '/a', request: 10_000 }), { route: '/a', request: '(other)' });
    deepEqual(limits.apply({ route: '/b', request: 9999 }), { route: '/b', request: 9999 });
    equal(limits.exceeded, 1);
  });

  it('put labels beyond 64 names under one', () => {
    const limits = new LabelLimits();
    for (let i = 0; i < 64; i++) limits.apply({ [`label${i}`]: 1 });
    deepEqual(limits.apply({ label0: 2, more: 3, evenMore: 4 }), { label0: 2, 'profbuf.otherLabels': '(other)' });
    equal(limits.exceeded, 2);
  });

  it('hold in a profile that adds up samples, which all stay in it', async () => {
    const accumulator = new Accumulator({ kind: 'cpu', sampleRate: 100, fromMicros: 0, before: new SamplingTotals() });
    const count = 12_000;
    const samples = Array.from({ length: count }, (_, i) => ({
      timeMicros: i + 1,
      stack: 0,
      isIdle: false,
      hasJavaScript: true,
    }));
    const stacks = [[{ functionName: 'f', file: '', startLine: 1, line: 1 }]];
    const labels = samples.map((_, request) => ({ request }));
    const ones = samples.map(() => 1);
    accumulator.add(new ThreadWindow('worker 1', { stacks, samples }, labels, ones, ones));
    const { model } = await accumulator.build(noOriginals, () => []);
    const values = model.samples.map(({ labels }) => labels.find(({ key }) => key === 'request')?.value);
    equal(new Set(values).size, 10_001);
    equal(accumulator.otherLabels, 2000);
    equal(
      model.samples.reduce((sum, { values }) => sum + Number(values[0]), 0),
      count,
    );
    equal(
      model.samples.every(({ labels }) => labels.some(({ key, value }) => key === 'thread' && value === 'worker 1')),
      true,
    );
  });
});
