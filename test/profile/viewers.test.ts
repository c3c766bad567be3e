import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Ajv } from 'ajv';
import fc from 'fast-check';
import { type CpuProfile, type Integer, Profile, type ProfileModel } from 'profbuf';
import { skip } from '../chromium-program.js';
import { Chromium } from './chromium.js';
import { devToolsTable } from './devtools-page.js';
import { exampleProfile } from './example-profile.js';
import { speedscopeFolder, speedscopeTable } from './speedscope-page.js';
import '../seed.js';

const totalOf = ({ samples }: ProfileModel, index: number): number =>
  samples.reduce((total, { values }) => total + Number(values[index] ?? 0), 0);

/** Any stacks of ten functions, with counts and times as a sampling profiler has them. */
const sampled = fc
  .array(fc.record({ stack: fc.array(fc.nat(9), { maxLength: 12 }), count: fc.nat(50), jitter: fc.nat(5_000_000) }))
  .map((samples) => {
    const { model } = exampleProfile();
    return Profile.fromModel({
      ...model,
      functions: Array.from({ length: 10 }, (_, index) => ({
        name: `f${index}`,
        systemName: '',
        filename: `/srv/${index % 3}.js`,
        startLine: index,
      })),
      locations: Array.from({ length: 10 }, (_, index) => ({
        mapping: -1,
        address: 0,
        lines: [{ function: index, line: index + 3, column: 0 }],
        isFolded: false,
      })),
      samples: samples.map(({ stack, count, jitter }) => ({
        stack,
        values: [count, count === 0 ? 0 : count * 10_000_000 + jitter],
        labels: [],
      })),
    });
  });

describe('collapsed stacks', () => {
  it('are one line a stack, root first, with the time', () => {
    assert.equal(
      exampleProfile().toCollapsed(),
      [
        'main (/srv/app.js:1);parse (/srv/feed.js:20) 660000000',
        'main (/srv/app.js:1);walk (/srv/walk.js:10);walk (/srv/walk.js:10);walk (/srv/walk.js:10) 200000000',
        'main (/srv/app.js:1);walk (/srv/walk.js:10);(anonymous walk.js:12:3) (/srv/walk.js:12) 140000000',
        'main (/srv/app.js:1);[Symbol.iterator] (/srv/a b\\x3bc#d.js:5) 90000000',
        '(garbage collector) 100000000',
        'main (/srv/app.js:1);readFileSync (node:fs:400) 10000000',
        '',
      ].join('\n'),
    );
  });

  it('are of another sample type when it is asked for', () => {
    assert.match(
      exampleProfile().toCollapsed('samples'),
      /^main \(\/srv\/app\.js:1\);parse \(\/srv\/feed\.js:20\) 66$/m,
    );
    assert.throws(() => exampleProfile().toCollapsed('wall'), /no sample type "wall": the profile has samples, cpu/);
  });

  it('keep names with line breaks and semicolons in one piece', () => {
    const { model } = exampleProfile();
    const functions = model.functions.map((info) => ({ ...info, name: `a;b\r\n${info.name}` }));
    const lines = Profile.fromModel({ ...model, functions })
      .toCollapsed()
      .split('\n');
    assert.equal(lines.length, 7);
    assert.match(lines[0] ?? '', /^a\\x3bb\\r\\nmain \(\/srv\/app\.js:1\);a\\x3bb\\r\\nparse/);
  });

  it('have the totals of the profile', () => {
    fc.assert(
      fc.property(sampled, (profile) => {
        for (const [index, { type }] of profile.model.sampleTypes.entries()) {
          const lines = profile.toCollapsed(type).split('\n').slice(0, -1);
          const total = lines.reduce((sum, line) => sum + Number(/^.+ (\d+)$/.exec(line)?.[1]), 0);
          assert.equal(total, totalOf(profile.model, index));
        }
      }),
    );
  });
});

describe('a profile that does not say where functions begin', () => {
  it('has them begin at the first line in which they were seen', () => {
    const { model } = exampleProfile();
    const functions = model.functions.map((info) => ({ ...info, startLine: 0 }));
    const profile = Profile.fromModel({ ...model, functions });
    assert.match(profile.toCollapsed(), /^main \(\/srv\/app\.js:3\);parse \(\/srv\/feed\.js:25\) 660000000$/m);
    const [parse] = profile.top(1);
    assert.deepEqual([parse?.functionName, parse?.line], ['parse', 25]);
    const { nodes } = profile.toCpuProfile();
    const lineOf = (name: string) =>
      nodes.find(({ callFrame }) => callFrame.functionName === name)?.callFrame.lineNumber;
    assert.deepEqual([lineOf('parse'), lineOf('main'), lineOf('(garbage collector)')], [24, 2, -1]);
    assert.ok(profile.toSpeedscope().shared.frames.some(({ name, line }) => name === 'parse' && line === 25));
    assert.equal(
      profile.model.functions.every(({ startLine }) => startLine === 0),
      true,
    );
  });
});

describe('a .cpuprofile', () => {
  it('is a tree of functions with places from 0, file URLs and ticks by line', () => {
    const { nodes } = exampleProfile().toCpuProfile();
    assert.deepEqual(
      nodes.map(({ callFrame, hitCount, positionTicks }) => [
        callFrame.functionName,
        callFrame.url,
        `${callFrame.lineNumber}:${callFrame.columnNumber}`,
        hitCount,
        positionTicks?.map(({ line, ticks }) => `${line}×${ticks}`).join(' '),
      ]),
      [
        ['(root)', '', '-1:-1', 0, undefined],
        ['(garbage collector)', '', '-1:-1', 10, undefined],
        ['main', 'file:///srv/app.js', '0:0', 0, undefined],
        ['parse', 'file:///srv/feed.js', '19:0', 66, '25×60 27×6'],
        ['walk', 'file:///srv/walk.js', '9:0', 0, undefined],
        ['walk', 'file:///srv/walk.js', '9:0', 0, undefined],
        ['walk', 'file:///srv/walk.js', '9:0', 20, '14×20'],
        ['(anonymous walk.js:12:3)', 'file:///srv/walk.js', '11:0', 14, '12×14'],
        ['[Symbol.iterator]', 'file:///srv/a%20b;c%23d.js', '4:0', 9, '5×9'],
        ['readFileSync', 'node:fs', '399:0', 1, '400×1'],
        ['(idle)', '', '-1:-1', 1, undefined],
      ],
    );
  });

  it('is consistent in itself, and has the times of the profile', () => {
    fc.assert(
      fc.property(sampled, (profile) => {
        const converted = profile.toCpuProfile();
        assertConsistent(converted);
        const elapsed = converted.timeDeltas.reduce((total, delta) => total + delta, 0);
        const [length = 1] = lengthsOf(converted);
        assert.ok(Math.abs(elapsed - totalOf(profile.model, 1) / 1000) <= length);
        const self = selfTimes(converted);
        for (const { functionName, flat } of profile.top()) {
          // Each time is rounded to a whole sample where it begins and where it ends.
          const nodes = converted.nodes.filter(({ callFrame }) => callFrame.functionName === functionName);
          assert.ok(Math.abs((self.get(functionName) ?? 0) - flat / 1000) <= length * nodes.length, functionName);
        }
      }),
    );
  });

  it('has samples of one length, so that viewers which count them see the shares of the times', () => {
    fc.assert(
      fc.property(sampled, (profile) => {
        const converted = profile.toCpuProfile();
        assert.ok(lengthsOf(converted).length <= 1, `${lengthsOf(converted)}`);
        const total = totalOf(profile.model, 1);
        const count = converted.samples.length - 1;
        for (const { functionName, flat } of profile.top()) {
          const nodes = converted.nodes.filter(({ callFrame }) => callFrame.functionName === functionName);
          const hits = nodes.reduce((sum, { hitCount }) => sum + hitCount, 0);
          // A node is right to one sample, and the total to half of one.
          assert.ok(Math.abs(hits - (flat / total) * count) <= nodes.length + 1, functionName);
        }
      }),
    );
  });

  it('has samples as long as its period where its times are made of that, and shorter ones where they are not', () => {
    const { model } = exampleProfile();
    const of = (...nanoseconds: number[]) =>
      Profile.fromModel({
        ...model,
        samples: nanoseconds.map((value, index) => ({ stack: [index], values: [1, value], labels: [] })),
      }).toCpuProfile();
    assert.deepEqual(lengthsOf(of(600_000_000, 400_000_000)), [10_000]);
    const weighed = of(63_300_000, 3_300_000, 11_100_000);
    assert.deepEqual(lengthsOf(weighed), [625]);
  });

  it('gives profiles of equal time at 100 and at 1000 Hz equally many samples', () => {
    const { model } = exampleProfile();
    const recorded = (rate: number, functionNumber: number) =>
      Profile.fromModel({
        ...model,
        period: 1e9 / rate,
        samples: [{ stack: [functionNumber], values: [rate, 1_000_000_000], labels: [] }],
      });
    const { nodes } = Profile.merge(recorded(100, 0), recorded(1000, 1)).toCpuProfile();
    const hits = nodes.map(({ hitCount }) => hitCount).filter((count) => count > 1);
    assert.equal(hits.length, 2);
    assert.equal(hits[0], hits[1]);
  });

  it('has one of another sample type if that is one of time', () => {
    const { model } = exampleProfile();
    const two = Profile.fromModel({
      ...model,
      sampleTypes: [...model.sampleTypes, { type: 'wall', unit: 'nanoseconds' }],
      samples: model.samples.map((sample) => ({ ...sample, values: [...sample.values, 20_000_000] })),
    });
    const elapsed = ({ startTime, endTime }: CpuProfile) => endTime - startTime;
    assert.equal(elapsed(two.toCpuProfile('wall')), model.samples.length * 20_000);
    assert.equal(elapsed(two.toCpuProfile('cpu')), 1_200_000);
    assert.throws(() => two.toCpuProfile('samples'), {
      name: 'ProfileConversionError',
      message: 'a .cpuprofile is made of times, and samples is in count',
    });
    assert.throws(() => two.toCpuProfile('heap'), RangeError);
  });

  it('has longer samples when there would be millions, and keeps the time', () => {
    const { model } = exampleProfile();
    const values: Integer[] = [5_000_000_000, 50_000_000_000_000];
    const converted = Profile.fromModel({ ...model, samples: [{ stack: [0], values, labels: [] }] }).toCpuProfile();
    assert.equal(converted.samples.length, 1_000_001);
    assert.equal(converted.endTime - converted.startTime, 50_000_000_000);
    assertConsistent(converted);
  });

  it('can be made of stacks that are deeper than the call stack here', () => {
    const { model } = exampleProfile();
    const samples = [{ stack: new Array<number>(100_000).fill(0), values: [1, 10_000_000], labels: [] }];
    assert.equal(Profile.fromModel({ ...model, samples }).toCpuProfile().nodes.length, 100_002);
  });

  it('cannot be made of a profile without times', () => {
    const { model } = exampleProfile();
    const heap = Profile.fromModel({
      ...model,
      sampleTypes: [
        { type: 'inuse_objects', unit: 'count' },
        { type: 'inuse_space', unit: 'bytes' },
      ],
    });
    assert.throws(() => heap.toCpuProfile(), {
      name: 'ProfileConversionError',
      message:
        'a .cpuprofile is made of times, and this profile has none: it has inuse_objects/count, inuse_space/bytes',
    });
  });
});

describe('a speedscope file', () => {
  const schema = JSON.parse(readFileSync(join(speedscopeFolder, 'file-format-schema.json'), 'utf8'));
  const validate = new Ajv({ allErrors: true }).compile(schema);

  it('follows the schema in the speedscope package', () => {
    fc.assert(
      fc.property(sampled, (profile) => {
        assert.ok(validate(JSON.parse(JSON.stringify(profile.toSpeedscope()))), JSON.stringify(validate.errors));
      }),
    );
    assert.equal(validate({ ...exampleProfile().toSpeedscope(), profiles: [{ type: 'sampled' }] }), false);
  });

  it('has a profile for each sample type, and begins with the default', () => {
    const { profiles, activeProfileIndex } = exampleProfile().toSpeedscope();
    assert.deepEqual(
      profiles.map(({ name, unit, startValue, endValue }) => ({ name, unit, startValue, endValue })),
      [
        { name: 'samples', unit: 'none', startValue: 0, endValue: 120 },
        { name: 'cpu', unit: 'nanoseconds', startValue: 0, endValue: 1_200_000_000 },
      ],
    );
    assert.equal(activeProfileIndex, 1);
  });

  it('has all stacks, root first, and the totals of the profile', () => {
    const { shared, profiles } = exampleProfile().toSpeedscope();
    assert.deepEqual(
      profiles[0]?.samples.map((stack) => stack.map((frame) => shared.frames[frame]?.name).join(' > ')),
      [
        'main > parse',
        'main > parse',
        'main > walk > walk > walk',
        'main > walk > (anonymous walk.js:12:3)',
        'main > [Symbol.iterator]',
        '(garbage collector)',
        'main > readFileSync',
      ],
    );
    fc.assert(
      fc.property(sampled, (profile) => {
        for (const [index, { endValue, weights }] of profile.toSpeedscope().profiles.entries()) {
          assert.equal(endValue, totalOf(profile.model, index));
          assert.equal(
            weights.reduce((total, weight) => total + weight, 0),
            endValue,
          );
        }
      }),
    );
  });
});

describe('in Chromium', { skip }, () => {
  let chromium: Chromium;
  before(async () => {
    chromium = new Chromium();
    await chromium.start();
  });
  after(() => chromium.stop());

  const functionsAndTimes = [
    ['parse', '660.00ms (55%)', '660.00ms (55%)'],
    ['walk', '340.00ms (28%)', '200.00ms (17%)'],
    ['(anonymous walk.js:12:3)', '140.00ms (12%)', '140.00ms (12%)'],
    ['(garbage collector)', '100.00ms (8.3%)', '100.00ms (8.3%)'],
    ['[Symbol.iterator]', '90.00ms (7.5%)', '90.00ms (7.5%)'],
    ['readFileSync', '10.00ms (0.83%)', '10.00ms (0.83%)'],
    ['main', '1.10s (92%)', '0.00ns (<0.01%)'],
  ];
  const shown = async (name: string, contents: Uint8Array | string) =>
    (await speedscopeTable(chromium, name, contents)).map((row) => [row.name, row.total, row.self]);

  it('speedscope shows the functions and times of the pprof file', async () => {
    assert.deepEqual(await shown('profile.pb.gz', await exampleProfile().encode()), functionsAndTimes);
  });

  it('speedscope shows the same of the .cpuprofile', async () => {
    const file = JSON.stringify(exampleProfile().toCpuProfile());
    assert.deepEqual(await shown('profile.cpuprofile', file), functionsAndTimes);
  });

  it('speedscope draws what V8 did beside each other, not on top of each other', async () => {
    const { model } = exampleProfile();
    const program = model.functions.length;
    const location = model.locations.length;
    const both = Profile.fromModel({
      ...model,
      functions: [...model.functions, { name: '(program)', systemName: '', filename: '', startLine: 0 }],
      locations: [
        ...model.locations,
        { mapping: -1, address: 0, lines: [{ function: program, line: 0, column: 0 }], isFolded: false },
      ],
      samples: [...model.samples, { stack: [location], values: [20, 200_000_000], labels: [] }],
    });
    const file = JSON.stringify(both.toCpuProfile());
    const rows = await shown('profile.cpuprofile', file);
    assert.deepEqual(
      rows.filter(([name]) => name === '(program)' || name === '(garbage collector)'),
      [
        ['(program)', '200.00ms (14%)', '200.00ms (14%)'],
        ['(garbage collector)', '100.00ms (7.1%)', '100.00ms (7.1%)'],
      ],
    );
  });

  it('speedscope shows the same of the speedscope file', async () => {
    const file = JSON.stringify(exampleProfile().toSpeedscope());
    assert.deepEqual(await shown('profile.speedscope.json', file), functionsAndTimes);
  });

  it('speedscope shows the same of the collapsed stacks, in numbers without a unit', async () => {
    const rows = await shown('profile.collapsed.txt', exampleProfile().toCollapsed());
    assert.deepEqual(rows, [
      ['parse (/srv/feed.js:20)', '660,000,000 (55%)', '660,000,000 (55%)'],
      ['walk (/srv/walk.js:10)', '340,000,000 (28%)', '200,000,000 (17%)'],
      ['(anonymous walk.js:12:3) (/srv/walk.js:12)', '140,000,000 (12%)', '140,000,000 (12%)'],
      ['(garbage collector)', '100,000,000 (8.3%)', '100,000,000 (8.3%)'],
      ['[Symbol.iterator] (/srv/a b\\x3bc#d.js:5)', '90,000,000 (7.5%)', '90,000,000 (7.5%)'],
      ['readFileSync (node:fs:400)', '10,000,000 (0.83%)', '10,000,000 (0.83%)'],
      ['main (/srv/app.js:1)', '1,100,000,000 (92%)', '0 (<0.01%)'],
    ]);
  });

  it('DevTools shows the functions and times of the .cpuprofile', async () => {
    const rows = await devToolsTable(chromium, 'profile.cpuprofile', JSON.stringify(exampleProfile().toCpuProfile()));
    assert.deepEqual(
      rows.map((row) => [row.name, row.total, row.self]),
      [
        ['parse', '660.0 ms55.0 %', '660.0 ms55.0 %'],
        ['walk', '340.0 ms28.3 %', '200.0 ms16.7 %'],
        ['(anonymous walk.js:12:3)', '140.0 ms11.7 %', '140.0 ms11.7 %'],
        ['(garbage collector)', '100.0 ms8.3 %', '100.0 ms8.3 %'],
        ['[Symbol.iterator]', '90.0 ms7.5 %', '90.0 ms7.5 %'],
        ['readFileSync', '10.0 ms0.8 %', '10.0 ms0.8 %'],
      ],
    );
  });
});

function assertConsistent({ nodes, samples, timeDeltas, startTime, endTime }: CpuProfile): void {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  assert.equal(byId.size, nodes.length);
  assert.equal(nodes[0]?.callFrame.functionName, '(root)');
  const children = nodes.flatMap((node) => node.children);
  assert.deepEqual([...children, nodes[0]?.id].sort(), [...byId.keys()].sort());
  assert.equal(samples.length, timeDeltas.length);
  assert.ok(timeDeltas.every((delta) => Number.isInteger(delta) && delta >= 0));
  assert.equal(
    timeDeltas.reduce((total, delta) => total + delta, 0),
    endTime - startTime,
  );
  const hits = new Map<number, number>();
  for (const id of samples) hits.set(id, (hits.get(id) ?? 0) + 1);
  for (const { id, hitCount, positionTicks } of nodes) {
    assert.equal(hits.get(id) ?? 0, hitCount);
    if (positionTicks !== undefined)
      assert.equal(
        positionTicks.reduce((total, { ticks }) => total + ticks, 0),
        hitCount,
      );
  }
}

/** All but those that take no time, in microseconds: a sample lasts until the next. */
function lengthsOf({ timeDeltas }: CpuProfile): number[] {
  return [...new Set(timeDeltas.filter((delta) => delta > 0))];
}

/** Microseconds by function, as viewers count them: a sample lasts until the next. */
function selfTimes({ nodes, samples, timeDeltas }: CpuProfile): Map<string, number> {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, callFrame.functionName]));
  const times = new Map<string, number>();
  samples.forEach((id, index) => {
    const name = names.get(id) ?? '';
    times.set(name, (times.get(name) ?? 0) + (timeDeltas[index + 1] ?? 0));
  });
  return times;
}
