import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type Integer, Profile, ProfileMergeError, type ProfileModel } from 'profbuf';
import { arbitraryProfile } from './arbitrary-profile.js';
import { exampleProfile } from './example-profile.js';
import { goMerge, skip } from './go-pprof.js';
import '../seed.js';

/** What a profile says, in an order and with references that do not depend on how it was made. */
function content({ samples, locations, functions, mappings }: ProfileModel): string[] {
  return samples
    .map(({ stack, values, labels }) =>
      JSON.stringify(
        {
          stack: stack.map((index) => {
            const location = locations[index];
            const mapping = mappings[location?.mapping ?? -1];
            // A mapping keeps the addresses that it had in the first profile; what counts is where in it code is.
            const address = BigInt.asUintN(64, BigInt(location?.address ?? 0) - BigInt(mapping?.memoryStart ?? 0));
            const lines = location?.lines.map((line) => ({ ...line, function: functions[line.function] }));
            return { address, lines, isFolded: location?.isFolded, binary: mapping?.buildId || mapping?.filename };
          }),
          labels: labels.map((label) => JSON.stringify(label, bigints)).sort(),
          values,
        },
        bigints,
      ),
    )
    .sort();
}

const bigints = (_key: string, value: unknown) => (typeof value === 'bigint' ? `${value}` : value);

/** Profiles whose sums fit into 64 bits, all of the same types. */
const summable = arbitraryProfile.map((model): ProfileModel => {
  const value = (number: Integer): Integer => Number(BigInt.asIntN(16, BigInt(number)));
  return {
    ...model,
    sampleTypes: [{ type: 'cpu', unit: 'nanoseconds' }],
    periodType: { type: 'cpu', unit: 'nanoseconds' },
    samples: model.samples.map((sample) => ({ ...sample, values: sample.values.slice(0, 1).map(value) })),
    timeNanos: Number(BigInt.asUintN(40, BigInt(model.timeNanos))),
    durationNanos: Number(BigInt.asUintN(40, BigInt(model.durationNanos))),
  };
});
const profiles = fc.array(
  summable.map((model) => Profile.fromModel(model)),
  { minLength: 1, maxLength: 4 },
);

describe('merged profiles', () => {
  it('have the sum of all values, by stack and labels', () => {
    const once = exampleProfile();
    const { model } = Profile.merge(once, once, once);
    assert.deepEqual(
      content(model),
      content({
        ...once.model,
        samples: once.model.samples.map((sample) => ({
          ...sample,
          values: sample.values.map((value) => Number(value) * 3),
        })),
      }),
    );
    assert.equal(model.locations.length, once.model.locations.length);
    assert.equal(model.functions.length, once.model.functions.length);
  });

  it('are the same whatever the order and grouping', () => {
    fc.assert(
      fc.property(profiles, profiles, (some, others) => {
        const flat = Profile.merge(...some, ...others).model;
        const grouped = Profile.merge(Profile.merge(...some), Profile.merge(...others)).model;
        const reversed = Profile.merge(...[...some, ...others].reverse()).model;
        assert.deepEqual(content(grouped), content(flat));
        assert.deepEqual(content(reversed), content(flat));
        for (const header of ['timeNanos', 'durationNanos', 'period'] as const) {
          assert.equal(grouped[header], flat[header]);
          assert.equal(reversed[header], flat[header]);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('began with the earliest, took the sum of durations and have all comments once', () => {
    const part = (timeNanos: number, comments: string[]) =>
      Profile.fromModel({ ...exampleProfile().model, timeNanos, durationNanos: 10, comments });
    const { model } = Profile.merge(part(0, ['a']), part(30, ['b', 'a']), part(20, ['c']));
    assert.equal(model.timeNanos, 20);
    assert.equal(model.durationNanos, 30);
    assert.deepEqual(model.comments, ['a', 'b', 'c']);
  });

  it('leave out what comes to nothing', () => {
    const { model } = exampleProfile();
    const negated = model.samples.map((sample) => ({ ...sample, values: sample.values.map((value) => -value) }));
    const nothing = Profile.merge(exampleProfile(), Profile.fromModel({ ...model, samples: negated })).model;
    assert.deepEqual([nothing.samples, nothing.locations, nothing.functions], [[], [], []]);
  });

  it('are exact beyond 2^53, and refused beyond 64 bits', () => {
    const large = (value: Integer) => {
      const { model } = exampleProfile();
      return Profile.fromModel({ ...model, samples: [{ stack: [0], values: [1, value], labels: [] }] });
    };
    const merged = Profile.merge(large(2 ** 53 - 1), large(2 ** 53 - 1), large(3));
    assert.deepEqual(merged.model.samples[0]?.values, [3, 2n ** 54n + 1n]);
    assert.throws(() => Profile.merge(large(2n ** 63n - 1n), large(1)), ProfileMergeError);
  });

  it('need the same sample types and period type', () => {
    const { model } = exampleProfile();
    const other = (change: Partial<ProfileModel>) => () =>
      Profile.merge(exampleProfile(), Profile.fromModel({ ...model, ...change }));
    assert.throws(other({ sampleTypes: [{ type: 'wall', unit: 'nanoseconds' }], samples: [] }), {
      name: 'ProfileMergeError',
      message: 'profiles of different sample types have no sum: samples/count, cpu/nanoseconds and wall/nanoseconds',
    });
    assert.throws(other({ periodType: { type: 'wall', unit: 'nanoseconds' } }), {
      name: 'ProfileMergeError',
      message: 'profiles of different period types have no sum: cpu/nanoseconds and wall/nanoseconds',
    });
    assert.throws(() => Profile.merge(), { name: 'ProfileMergeError', message: 'there are no profiles to merge' });
  });

  it('are what go tool pprof makes of the same files', { skip }, async () => {
    const { model } = exampleProfile();
    const mapped = (start: bigint, address: bigint, value: number) =>
      Profile.fromModel({
        ...model,
        mappings: [
          {
            memoryStart: start,
            memoryLimit: start + 8192n,
            fileOffset: 0,
            filename: '/usr/lib/libv8.so',
            buildId: 'abc',
            hasFunctions: true,
            hasFilenames: true,
            hasLineNumbers: true,
            hasInlineFrames: true,
          },
        ],
        // The same code of the same library, loaded at another address.
        locations: model.locations.map((location) => ({ ...location, mapping: 0, address: start + address })),
        samples: model.samples.map((sample) => ({ ...sample, values: [1, value] })),
        comments: [`${value}`],
      });
    const high = 0xffffffff81000000n;
    const parts = [mapped(high, 0x10n, 5), mapped(0x1000n, 0x10n, 7), mapped(0x1000n, 0x20n, 11)];
    const ours = Profile.merge(...parts).model;
    const go = Profile.decode(goMerge(...(await Promise.all(parts.map((part) => part.encode()))))).model;
    assert.equal(ours.samples.length, 2 * model.samples.length);
    // Debian's Go is older than columns in pprof; Go 1.26 keeps them.
    const withoutColumns = (profile: ProfileModel) => ({ ...profile, locations: profile.locations.map(columnless) });
    assert.deepEqual(content(withoutColumns(ours)), content(withoutColumns(go)));
    assert.deepEqual(ours.mappings, go.mappings);
    assert.deepEqual(ours.comments, go.comments);
    assert.equal(ours.durationNanos, go.durationNanos);
    assert.equal(ours.timeNanos, go.timeNanos);
  });
});

function columnless(location: ProfileModel['locations'][number]) {
  return { ...location, lines: location.lines.map((line) => ({ ...line, column: 0 })) };
}
