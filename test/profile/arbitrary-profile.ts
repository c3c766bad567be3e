import fc, { type Arbitrary } from 'fast-check';
import type { ProfileModel } from 'profbuf';
import { toInteger } from '#profbuf/profile/integer.js';

const int64 = fc.oneof(fc.nat(1000), fc.integer(), fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n).map(toInteger));
const uint64 = fc.oneof(fc.nat(1000), fc.bigInt(0n, 2n ** 64n - 1n).map(toInteger));
const text = fc.oneof(
  fc.constantFrom('', 'main', 'parse', '(anonymous)', 'a;b', 'line\nbreak', 'grüße 🙂', '\ufefffile'),
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.string({ minLength: 50, maxLength: 300 }),
);
/** Objects as literals make them, so that they are deeply equal to decoded ones. */
const record = <T>(model: { [K in keyof T]: Arbitrary<T[K]> }) => fc.record(model, { noNullPrototype: true });
const valueType = record({ type: text, unit: text });
const label = fc.oneof(
  record({ key: text, value: text, unit: fc.constant('') }),
  record({ key: text, value: int64, unit: text }),
);
const indexBelow = (count: number, least: 0 | -1) => fc.integer({ min: least, max: count - 1 });
const upTo = <T>(count: number, arbitrary: Arbitrary<T>) => fc.array(arbitrary, { maxLength: count });

/** Any profile that the format can hold: also negative values, numbers beyond 2^53, mappings, inlined lines. */
export const arbitraryProfile: Arbitrary<ProfileModel> = record({
  sampleTypes: fc.array(valueType, { minLength: 1, maxLength: 3 }),
  mappings: upTo(
    3,
    record({
      memoryStart: uint64,
      memoryLimit: uint64,
      fileOffset: uint64,
      filename: text,
      buildId: text,
      hasFunctions: fc.boolean(),
      hasFilenames: fc.boolean(),
      hasLineNumbers: fc.boolean(),
      hasInlineFrames: fc.boolean(),
    }),
  ),
  functions: upTo(6, record({ name: text, systemName: text, filename: text, startLine: int64 })),
}).chain(({ sampleTypes, mappings, functions }) =>
  fc
    .array(
      record({
        mapping: indexBelow(mappings.length, -1),
        address: uint64,
        lines: upTo(
          functions.length === 0 ? 0 : 3,
          record({ function: fc.nat(Math.max(0, functions.length - 1)), line: int64, column: int64 }),
        ),
        isFolded: fc.boolean(),
      }),
      { minLength: 1, maxLength: 8 },
    )
    .chain((locations) =>
      record({
        sampleTypes: fc.constant(sampleTypes),
        mappings: fc.constant(mappings),
        functions: fc.constant(functions),
        locations: fc.constant(locations),
        samples: upTo(
          10,
          record({
            stack: fc.array(indexBelow(locations.length, 0), { maxLength: 200, size: 'medium' }),
            values: fc.array(int64, { minLength: sampleTypes.length, maxLength: sampleTypes.length }),
            labels: upTo(3, label),
          }),
        ),
        dropFrames: text,
        keepFrames: text,
        timeNanos: int64,
        durationNanos: int64,
        periodType: valueType,
        period: int64,
        comments: upTo(3, text),
        defaultSampleType: text,
        docUrl: text,
      }),
    ),
);
