import fc, { type Arbitrary } from 'fast-check';
import { Profile, type ProfileModel } from 'profbuf';
import { exampleProfile } from '../profile/example-profile.js';

export interface Taken {
  /** Root first; a function may be on it several times, and an inlined one has the line of where it was called. */
  readonly stack: readonly (readonly [functionIndex: number, line: number])[];
  readonly count: number;
  readonly route: string | undefined;
}

/** A profile of functions `f0`, `f1`, … of three files, with these samples, counts and 10 ms each. */
export function profileOf(taken: readonly Taken[], functionCount = 8): ProfileModel {
  const lines = 4;
  return {
    ...exampleProfile().model,
    functions: Array.from({ length: functionCount }, (_, index) => ({
      name: `f${index}`,
      systemName: '',
      filename: `/srv/${index % 3}.js`,
      startLine: 10 * index + 1,
    })),
    locations: Array.from({ length: functionCount * lines }, (_, index) => ({
      mapping: -1,
      address: 0,
      lines: [
        { function: Math.floor(index / lines), line: 10 * Math.floor(index / lines) + (index % lines) + 1, column: 0 },
      ],
      isFolded: false,
    })),
    samples: taken.map(({ stack, count, route }) => ({
      stack: stack.map(([index, line]) => index * lines + line).reverse(),
      values: [count, count * 10_000_000],
      labels: route === undefined ? [] : [{ key: 'route', value: route, unit: '' }],
    })),
  };
}

export const arbitrarySamples: Arbitrary<readonly Taken[]> = fc.array(
  fc.record({
    stack: fc.array(fc.tuple(fc.nat(7), fc.nat(3)), { maxLength: 12 }),
    count: fc.nat(50),
    route: fc.constantFrom(undefined, '', '/a', '/b'),
  }),
  { maxLength: 60 },
);

/** A profile whose every text is markup, a script's beginning or end, or breaks out of a string. */
export function hostileProfile(): Profile {
  const { model } = exampleProfile();
  const evil = (text: string) =>
    `</script><script>globalThis.ran=1</script><img src=x onerror="globalThis.ran=1">'"\`\${globalThis.ran=1}$&%DATA%%CONNECT%\u202e\u0000${text}`;
  return Profile.fromModel({
    ...model,
    functions: model.functions.map((info) => ({ ...info, name: evil(info.name), filename: evil(info.filename) })),
    samples: model.samples.map((sample) => ({
      ...sample,
      labels: sample.labels.map((label) => ({
        ...label,
        key: evil(label.key),
        value: evil(String(label.value)),
        unit: '',
      })),
    })),
    comments: [evil('lost: comment')],
    sampleTypes: model.sampleTypes.map(({ type, unit }) => ({ type: evil(type), unit })),
    defaultSampleType: '',
  });
}
