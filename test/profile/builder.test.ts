import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { type Labels, ProfileBuilder, type ProfileLimits } from '#profbuf/profile/builder.js';
import type { Frame } from '#profbuf/profile/frame.js';
import { encodePprof } from '#profbuf/profile/write/pprof.js';
import '../seed.js';
import { header } from './example-profile.js';

const frame = (functionName: string, line = 1): Frame => ({ functionName, file: '/app.js', startLine: 1, line });
const newBuilder = (limits?: ProfileLimits) => new ProfileBuilder(header, limits);

describe('a profile builder', () => {
  it('numbers equal frames alike, and others apart', () => {
    const builder = newBuilder();
    assert.equal(builder.location(frame('parse')), builder.location(frame('parse')));
    assert.notEqual(builder.location(frame('parse')), builder.location(frame('parse', 2)));
    assert.notEqual(builder.location(frame('parse')), builder.location({ ...frame('parse'), column: 4 }));
    assert.equal(builder.locationCount, 3);
  });

  it('has one function for all the lines of it', () => {
    const builder = newBuilder();
    builder.add([builder.location(frame('parse', 2)), builder.location(frame('parse', 5))], [1, 1]);
    assert.deepEqual(builder.build().model.functions, [
      { name: 'parse', systemName: '', filename: '/app.js', startLine: 1 },
    ]);
  });

  it('makes one location of frames that are inlined and the one around them', () => {
    const builder = newBuilder();
    const inlined = { ...frame('leaf', 7), isInlined: true };
    const between = { ...frame('between'), isInlined: true };
    const stack = builder.locations([inlined, between, frame('around'), frame('main')]);
    assert.deepEqual(stack, builder.locations([inlined, between, frame('around'), frame('main')]));
    assert.equal(stack[1], builder.location(frame('main')));
    // What is called from there is another place than what is a part of it.
    assert.notEqual(stack[0], builder.locations([frame('around')])[0]);
    builder.add(stack, [1, 10_000_000]);
    const profile = builder.build();
    const { locations, functions } = profile.model;
    const [first = -1] = stack;
    assert.deepEqual(
      locations[first]?.lines.map(({ function: index, line }) => [functions[index]?.name, line]),
      [
        ['leaf', 7],
        ['between', 1],
        ['around', 1],
      ],
    );
    assert.equal(
      profile.toCollapsed(),
      'main (/app.js:1);around (/app.js:1);between (/app.js:1);leaf (/app.js:1) 10000000\n',
    );
    assert.deepEqual(
      profile.top(1).map(({ functionName, flat }) => [functionName, flat]),
      [['leaf', 10_000_000]],
    );
    assert.deepEqual(
      profile.top().map(({ functionName, cum }) => [functionName, cum]),
      [
        ['leaf', 10_000_000],
        ['around', 10_000_000],
        ['between', 10_000_000],
        ['main', 10_000_000],
      ],
    );
    const speedscope = profile.toSpeedscope();
    assert.deepEqual(
      speedscope.profiles[0]?.samples[0]?.map((index) => speedscope.shared.frames[index]?.name),
      ['main', 'around', 'between', 'leaf'],
    );
    const leaf = profile.toCpuProfile().nodes.find(({ positionTicks }) => positionTicks !== undefined);
    assert.equal(leaf?.callFrame.functionName, 'leaf');
    assert.deepEqual(leaf?.positionTicks, [{ line: 7, ticks: 1 }]);
  });

  it('takes an inlined frame for any other where nothing is around it', () => {
    const builder = newBuilder();
    assert.equal(builder.locations([{ ...frame('leaf'), isInlined: true }]).length, 1);
  });

  it('adds up values of equal stacks with equal labels', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            stack: fc.array(fc.nat(4), { maxLength: 5 }),
            labels: fc.constantFrom(undefined, {}, { route: '/a' }, { route: '/b' }, { a: 1, b: 2 }, { b: 2, a: 1 }),
            cpu: fc.nat(1_000_000),
          }),
        ),
        (adds) => {
          const builder = newBuilder();
          for (let i = 0; i < 5; i++) builder.location(frame(`f${i}`));
          const expected = new Map<string, number[]>();
          for (const { stack, labels, cpu } of adds) {
            builder.add(stack, [1, cpu], labels);
            const key = JSON.stringify([stack, Object.entries(labels ?? {}).sort()]);
            const [samples = 0, total = 0] = expected.get(key) ?? [];
            expected.set(key, [samples + 1, total + cpu]);
          }
          const { samples } = builder.build().model;
          const actual = samples.map(({ stack, labels, values }): [string, readonly (number | bigint)[]] => [
            JSON.stringify([stack, labels.map(({ key, value }) => [key, value])]),
            values,
          ]);
          assert.deepEqual(new Map(actual), expected);
          assert.equal(samples.length, expected.size);
        },
      ),
    );
  });

  it('tells thousands of stacks apart', () => {
    const builder = newBuilder();
    const locations = Array.from({ length: 30 }, (_, i) => builder.location(frame(`f${i}`)));
    for (let round = 0; round < 2; round++) {
      for (let a = 0; a < 30; a++) {
        for (let b = 0; b < 30; b++) {
          for (let c = 0; c < 30; c++) {
            builder.add([locations[a] ?? 0, locations[b] ?? 0, locations[c] ?? 0], [1, 900 * a + 30 * b + c]);
          }
        }
      }
    }
    const { samples } = builder.build().model;
    assert.equal(samples.length, 27_000);
    for (const { stack, values } of samples) {
      const [a = -1, b = -1, c = -1] = stack;
      assert.deepEqual(values, [2, 2 * (900 * a + 30 * b + c)]);
    }
  });

  it('keeps integers as numeric labels that count, 0 among them, and text and fractions as strings', () => {
    const builder = newBuilder();
    builder.add([], [1, 1], { route: '/feed', status: 200, load: 0.5, retries: 0, empty: '' });
    assert.deepEqual(builder.build().model.samples[0]?.labels, [
      { key: 'empty', value: '', unit: '' },
      { key: 'load', value: '0.5', unit: '' },
      { key: 'retries', value: 0, unit: 'count' },
      { key: 'route', value: '/feed', unit: '' },
      { key: 'status', value: 200, unit: 'count' },
    ]);
  });

  it('rounds sums, not what it adds', () => {
    const builder = newBuilder();
    for (let i = 0; i < 10; i++) builder.add([], [1, 0.25]);
    assert.deepEqual(builder.build().model.samples[0]?.values, [10, 3]);
  });

  it('goes on after a profile was built, and that profile stays as it was', () => {
    const builder = newBuilder();
    builder.add([builder.location(frame('first'))], [1, 10]);
    const first = builder.build({ durationNanos: 1n, comments: ['one'] });
    builder.add([builder.location(frame('second'))], [1, 20]);
    builder.add([builder.location(frame('first'))], [1, 30]);
    assert.deepEqual(
      first.model.samples.map(({ values }) => values),
      [[1, 10]],
    );
    assert.equal(first.model.locations.length, 1);
    assert.equal(first.model.durationNanos, 1);
    assert.deepEqual(first.model.comments, ['one']);
    assert.deepEqual(
      builder.build().model.samples.map(({ values }) => values),
      [
        [2, 40],
        [1, 20],
      ],
    );
  });

  it('writes, each time it is asked, the very bytes that its model makes', async () => {
    // Names, files, labels and comments have texts in common: they share a table of strings.
    const text = fc.constantFrom('', 'parse', '/app.js', 'cpu', 'grüße 🙂', 'x'.repeat(200));
    const arbitraryFrame: fc.Arbitrary<Frame> = fc.record(
      { functionName: text, file: text, startLine: fc.nat(3), line: fc.nat(200), column: fc.nat(2) },
      { requiredKeys: ['functionName', 'file', 'startLine', 'line'] },
    );
    const arbitraryLabels: fc.Arbitrary<Labels> = fc.dictionary(text, fc.oneof(text, fc.integer(), fc.double()), {
      maxKeys: 3,
    });
    const add = fc.record({
      frames: fc.array(arbitraryFrame, { maxLength: 200, size: 'medium' }),
      labels: fc.option(arbitraryLabels, { nil: undefined }),
      value: fc.oneof(fc.nat(300), fc.double({ min: -(2 ** 57), max: 2 ** 57, noNaN: true })),
    });
    const stage = fc.record({ adds: fc.array(add, { maxLength: 5 }), comments: fc.array(text, { maxLength: 3 }) });
    const limits = fc.constantFrom<ProfileLimits>({}, { samples: 4, locations: 10 });
    await fc.assert(
      fc.asyncProperty(fc.array(stage, { minLength: 1, maxLength: 4 }), limits, text, async (stages, limits, type) => {
        const builder = newBuilder(limits);
        const files: [Uint8Array, Uint8Array][] = [];
        for (const { adds, comments } of stages) {
          for (const { frames, labels, value } of adds) {
            const stack = frames.map((frame) => builder.location(frame));
            builder.add(stack, [1, value], labels);
          }
          const profile = builder.build({ comments, defaultSampleType: type });
          files.push([encodePprof(profile.model), await profile.encode()]);
        }
        for (const [fromModel, fromBuilder] of files)
          assert.deepEqual(new Uint8Array(gunzipSync(fromBuilder)), fromModel);
      }),
    );
  });

  it('puts what is over its limits under (other), and counts it', () => {
    const builder = newBuilder({ samples: 2, locations: 3 });
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => builder.location(frame(name)));
    assert.ok(a !== undefined && b !== undefined && c !== undefined && d !== undefined);
    assert.equal(builder.location(frame('e')), d);
    builder.add([a], [1, 1]);
    builder.add([b], [1, 2]);
    builder.add([c], [1, 4]);
    builder.add([b], [1, 8], { route: '/a' });
    builder.add([a], [1, 16]);
    const { samples, locations, functions } = builder.build().model;
    const named = samples.map(({ stack, values, labels }) => ({
      stack: stack.map((location) => functions[locations[location]?.lines[0]?.function ?? -1]?.name),
      values,
      labels,
    }));
    assert.deepEqual(named, [
      { stack: ['a'], values: [2, 17], labels: [] },
      { stack: ['b'], values: [1, 2], labels: [] },
      { stack: ['(other)'], values: [2, 12], labels: [] },
    ]);
    assert.equal(builder.otherCount, 2);
  });

  it('refuses values and locations that are none', () => {
    const builder = newBuilder();
    assert.throws(() => builder.add([], [1]), { name: 'RangeError', message: '1 values for 2 sample types' });
    assert.throws(() => builder.add([], [1, Number.NaN]), /finite number, not NaN/);
    assert.throws(() => builder.add([7], [1, 1]), /7 is no location of this builder/);
  });
});
