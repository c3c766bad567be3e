import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ProfileModel } from 'profbuf';
import { aligned } from '#profbuf/profile/diff/alignment.js';
import { type By, keyOf, type Observed, observe, type Run } from '#profbuf/profile/diff/observation.js';
import { exampleProfile } from '../example-profile.js';

const flat: By = { kind: 'function', isCumulative: false };

const seen = ({ observed }: Run) =>
  Object.fromEntries([...observed.values()].map(({ name, value, samples }) => [name, [value / 1e6, samples]]));

describe('what is observed in a profile', () => {
  it('is what functions took, themselves or with what they called, as in the table of the top', () => {
    const { model } = exampleProfile();
    const rows = exampleProfile().top();
    const byFlat = observe(model, flat);
    assert.deepEqual(
      Object.entries(seen(byFlat))
        .map(([name, [value]]) => [name, value])
        .sort(),
      rows
        .filter(({ flat }) => flat > 0)
        .map(({ functionName, flat }) => [functionName, flat / 1e6])
        .sort(),
    );
    assert.deepEqual(
      [byFlat.value, byFlat.samples, byFlat.sampleType, byFlat.unit],
      [1_200_000_000, 120, 'cpu', 'nanoseconds'],
    );
    const byCum = observe(model, { kind: 'function', isCumulative: true });
    assert.deepEqual(
      Object.entries(seen(byCum))
        .map(([name, [value]]) => [name, value])
        .sort(),
      rows.map(({ functionName, cum }) => [functionName, cum / 1e6]).sort(),
    );
  });

  it('is what values of a label took, and what has none', () => {
    const { model } = exampleProfile();
    const samples = model.samples.map((sample, index) => ({
      ...sample,
      labels:
        index === 0
          ? [{ key: 'route', value: '/a', unit: '' }]
          : index === 1
            ? [{ key: 'route', value: 7, unit: '' }]
            : [],
    }));
    const run = observe({ ...model, samples }, { kind: 'label', name: 'route' });
    const [first, second] = model.samples.map(({ values }) => Number(values[1]) / 1e6);
    const found = seen(run);
    assert.deepEqual([found['/a']?.[0], found['7']?.[0]], [first, second]);
    assert.equal(found['(without)']?.[0], 1200 - (first ?? 0) - (second ?? 0));
  });

  it('counts samples as the profile says, by its period, or by its stacks', () => {
    const { model } = exampleProfile();
    const only = (
      type: string,
      unit: string,
      periodType: ProfileModel['periodType'],
      period: number,
    ): ProfileModel => ({
      ...model,
      sampleTypes: [{ type, unit }],
      samples: model.samples.map((sample) => ({ ...sample, values: sample.values.slice(1) })),
      periodType,
      period,
    });
    assert.equal(
      observe(only('cpu', 'nanoseconds', { type: 'cpu', unit: 'nanoseconds' }, 10_000_000), flat).samples,
      120,
    );
    assert.equal(observe(only('cpu', 'nanoseconds', { type: 'cpu', unit: 'milliseconds' }, 10), flat).samples, 120);
    const { samples } = model;
    assert.equal(observe(only('cpu', 'nanoseconds', { type: '', unit: '' }, 0), flat).samples, samples.length);
    assert.equal(
      observe(only('space', 'bytes', { type: 'cpu', unit: 'nanoseconds' }, 7), flat).samples,
      samples.length,
    );
  });

  it('is not to be had of a difference, or of a type that is not there', () => {
    const { model } = exampleProfile();
    const samples = model.samples.map((sample) => ({ ...sample, values: sample.values.map((value) => -value) }));
    assert.throws(() => observe({ ...model, samples }, flat), /it is a difference already/);
    assert.throws(() => observe(model, flat, 'bytes'), /no sample type "bytes"/);
  });
});

describe('functions of two versions', () => {
  const run = (...lines: readonly (readonly [name: string, file: string, value: number])[]): Run => ({
    observed: new Map(
      lines.map(([name, file, value]): [string, Observed] => [
        keyOf(name, file),
        { name, file, line: 1, value, samples: value },
      ]),
    ),
    value: 0,
    samples: 0,
    sampleType: 'cpu',
    unit: '',
  });
  const keys = (runs: readonly Run[]) =>
    runs
      .flatMap(({ observed }) => [...observed.values()].map(({ name, file, value }) => `${name} ${file} ${value}`))
      .sort();

  it('are the same when the program stood in another folder', () => {
    const base = run(
      ['main', '/builds/old/src/app.js', 5],
      ['parse', '/builds/old/node_modules/csv/index.js', 3],
      ['gone', '/builds/old/src/gone.js', 1],
      ['readFileSync', 'node:fs', 2],
    );
    const fresh = run(
      ['main', '/home/me/new/src/app.js', 5],
      ['parse', '/home/me/new/node_modules/csv/index.js', 3],
      ['other', '/home/me/new/node_modules/json/index.js', 3],
      ['readFileSync', 'node:fs', 2],
    );
    assert.deepEqual(keys(aligned([base], [fresh])), [
      'gone /home/me/new/src/gone.js 1',
      'main /home/me/new/src/app.js 5',
      'parse /home/me/new/node_modules/csv/index.js 3',
      'readFileSync node:fs 2',
    ]);
    assert.deepEqual(keys(aligned([base], [base])), keys([base]));
  });

  it('are the same when an edit above moved what is called by its place', () => {
    const base = run(
      ['(anonymous a.js:10:3)', '/a.js', 1],
      ['(anonymous a.js:20:5)', '/a.js', 2],
      ['(anonymous a.js:30:3)', '/a.js', 3],
      ['e (a.js:40:7)', '/a.js', 4],
      ['(anonymous b.js:10:3)', '/b.js', 5],
    );
    const fresh = run(
      ['(anonymous a.js:10:3)', '/a.js', 1],
      ['(anonymous a.js:15:3)', '/a.js', 9],
      ['(anonymous a.js:23:5)', '/a.js', 2],
      ['(anonymous a.js:33:3)', '/a.js', 3],
      ['e (a.js:43:7)', '/a.js', 4],
      ['(anonymous c.js:10:3)', '/c.js', 5],
    );
    assert.deepEqual(keys(aligned([base], [fresh])), [
      '(anonymous a.js:10:3) /a.js 1',
      '(anonymous a.js:23:5) /a.js 2',
      '(anonymous a.js:33:3) /a.js 3',
      '(anonymous b.js:10:3) /b.js 5',
      'e (a.js:43:7) /a.js 4',
    ]);
  });
});
