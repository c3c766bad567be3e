import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Profile, type ProfileModel } from 'profbuf';
import { ProfileBuilder } from '#profbuf/profile/builder.js';
import { arbitraryProfile } from './arbitrary-profile.js';
import { exampleProfile, header } from './example-profile.js';
import '../seed.js';

const namesOf = ({ samples }: ProfileModel) => samples.map(({ labels }) => labels.map(({ key }) => key));

function labelled(...labels: Readonly<Record<string, string | number>>[]): Profile {
  const builder = new ProfileBuilder(header);
  const stack = [builder.location({ functionName: 'main', file: '/srv/app.js', startLine: 1, line: 1 })];
  for (const set of labels) builder.add(stack, [1, 10_000_000], set);
  return builder.build({ comments: ['as before'] });
}

describe('label names that scrapers can store', () => {
  it('are made of those that they would not, and a comment says which were changed', () => {
    const { model } = labelled({ 'user-id': 7, route: '/' }, { '0start': 'a', größe: 'b' }).withPrometheusNames();
    assert.deepEqual(namesOf(model), [
      ['route', 'user_id'],
      ['_0start', 'gr__e'],
    ]);
    assert.deepEqual(model.comments, [
      'as before',
      'label names that scrapers would not read were changed: 0start is _0start, größe is gr__e, user-id is user_id',
    ]);
  });

  it('stay apart where another label has the name already', () => {
    const { model } = labelled({ 'user-id': 1, 'user.id': 2, user_id: 3 }).withPrometheusNames();
    const found = model.samples.flatMap(({ labels }) => labels.map(({ key, value }) => [key, value]));
    assert.deepEqual(
      new Map(found as [string, number][]),
      new Map([
        ['user_id', 3],
        ['user_id_', 1],
        ['user_id__', 2],
      ]),
    );
  });

  it('leave a profile alone that has no others', () => {
    for (const profile of [exampleProfile(), Profile.fromModel(exampleProfile().model), labelled({}, { _a1: 'b' })]) {
      assert.equal(profile.withPrometheusNames(), profile);
    }
  });

  it('are all as Prometheus has them, as many as before, with the values of before', () => {
    fc.assert(
      fc.property(arbitraryProfile, (model) => {
        const changed = Profile.fromModel(model).withPrometheusNames();
        for (const name of namesOf(changed.model).flat()) assert.match(name, /^[a-zA-Z_][a-zA-Z0-9_]*$/);
        assert.equal(new Set(namesOf(changed.model).flat()).size, new Set(namesOf(model).flat()).size);
        const withoutNames = ({ samples }: ProfileModel) =>
          samples.map((sample) => ({ ...sample, labels: sample.labels.map((label) => ({ ...label, key: '' })) }));
        assert.deepEqual(withoutNames(changed.model), withoutNames(model));
        assert.equal(changed.withPrometheusNames(), changed);
      }),
    );
  });
});
