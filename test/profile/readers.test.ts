import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { Profile, ProfileFormatError } from 'profbuf';
import { readProfileFile } from '#profbuf/profile/read/profile-file.js';
import { exampleProfile } from './example-profile.js';
import '../seed.js';

const bytesOf = (file: unknown) => new TextEncoder().encode(typeof file === 'string' ? file : JSON.stringify(file));
const read = (file: unknown) => readProfileFile(bytesOf(file));

const shown = (profile: Profile, sampleType?: string) =>
  profile
    .top(undefined, sampleType)
    .map(({ functionName, file, line, flat, cum }) => [functionName, file, line, flat, cum]);

/** Stacks root first with all values and labels: `main > parse: 3 30000000 thread=a`. */
function stacks(profile: Profile): string[] {
  const { samples, locations, functions } = profile.model;
  return samples
    .map(({ stack, values, labels }) => {
      const names = stack
        .flatMap((location) => locations[location]?.lines ?? [])
        .map((line) => `${functions[line.function]?.name}:${line.line}`)
        .reverse()
        .join(' > ');
      return [`${names}:`, ...values, ...labels.map(({ key, value }) => `${key}=${value}`)].join(' ');
    })
    .sort();
}

const types = ({ model }: Profile) => model.sampleTypes.map(({ type, unit }) => `${type}/${unit}`).join(', ');

const callFrame = (functionName: string, lineNumber = -1, url = lineNumber < 0 ? '' : 'file:///srv/app.js') => ({
  functionName,
  scriptId: '1',
  url,
  lineNumber,
  columnNumber: lineNumber < 0 ? -1 : 0,
});

const cpuProfile = {
  nodes: [
    { id: 1, callFrame: callFrame('(root)'), hitCount: 0, children: [2, 5, 6] },
    { id: 2, callFrame: callFrame('main', 0), hitCount: 1, children: [3] },
    {
      id: 3,
      callFrame: callFrame('parse', 9),
      hitCount: 3,
      positionTicks: [
        { line: 12, ticks: 2 },
        { line: 14, ticks: 1 },
      ],
    },
    { id: 5, callFrame: callFrame('(idle)'), hitCount: 1 },
    { id: 6, callFrame: callFrame('(garbage collector)'), hitCount: 1 },
  ],
  startTime: 5_000_000,
  endTime: 5_008_000,
  samples: [2, 3, 3, 3, 5, 6],
  timeDeltas: [1000, 1000, 1000, 1000, 1000, 1000],
};

const heapProfile = {
  head: {
    callFrame: callFrame('(root)'),
    selfSize: 0,
    id: 1,
    children: [
      {
        callFrame: callFrame('main', 0),
        selfSize: 1000,
        id: 2,
        children: [{ callFrame: callFrame('alloc', 9), selfSize: 3000, id: 3, children: [] }],
      },
    ],
  },
  samples: [
    { size: 1000, nodeId: 2, ordinal: 1 },
    { size: 1500, nodeId: 3, ordinal: 2 },
    { size: 1500, nodeId: 3, ordinal: 3 },
  ],
};

const speedscope = {
  $schema: 'https://www.speedscope.app/file-format-schema.json',
  exporter: 'py-spy@0.3.14',
  activeProfileIndex: 0,
  shared: { frames: [{ name: 'main', file: '/srv/app.py', line: 3 }, { name: 'parse' }] },
  profiles: [
    {
      type: 'sampled',
      name: 'Thread 1',
      unit: 'milliseconds',
      startValue: 0,
      endValue: 3,
      samples: [[0], [0, 1]],
      weights: [1, 2],
    },
    {
      type: 'evented',
      name: 'Thread 2',
      unit: 'seconds',
      startValue: 0,
      endValue: 1,
      events: [
        { type: 'O', frame: 0, at: 0 },
        { type: 'O', frame: 1, at: 0.25 },
        { type: 'C', frame: 1, at: 0.5 },
        { type: 'C', frame: 0, at: 0.75 },
      ],
    },
  ],
};

/** Version 70: tables of all threads, and callers as distances. */
const firefox = {
  meta: {
    interval: 1,
    startTime: 1_700_000_000_000,
    product: 'Firefox',
    version: 30,
    preprocessedProfileVersion: 70,
    sampleUnits: { time: 'ms', eventDelay: 'ms', threadCPUDelta: 'µs' },
  },
  libs: [],
  shared: {
    stringArray: ['main', 'parse', 'file:///srv/app.js'],
    stackTable: { frame: [0, 1], prefixOffset: [0, 1], length: 2 },
    frameTable: { func: [0, 1], line: [null, 12], column: [null, 3], inlineDepth: [0, 0], length: 2 },
    funcTable: { name: [0, 1], source: [null, 0], lineNumber: [1, 10], columnNumber: [1, 1], length: 2 },
    sources: { filename: [2], length: 1 },
  },
  threads: [
    {
      name: 'GeckoMain',
      pid: '1',
      tid: 1,
      samples: {
        stack: [0, 1, 1, null],
        timeDeltas: [1, 1, 1, 1],
        weight: null,
        weightType: 'samples',
        threadCPUDelta: [0, 900, 1000, 0],
        length: 4,
      },
    },
    {
      name: 'Worker',
      pid: '1',
      tid: 2,
      samples: { stack: [1], time: [2], weight: [4], weightType: 'samples', length: 1 },
    },
  ],
};

/** Version 40: each thread has its tables and strings. */
const oldFirefox = {
  meta: { interval: 2, startTime: 0, version: 22, preprocessedProfileVersion: 40 },
  threads: [
    {
      name: 'GeckoMain',
      pid: 1,
      stringArray: ['main', 'parse', 'https://example.org/app.js'],
      stackTable: { frame: [0, 1], prefix: [null, 0], length: 2 },
      frameTable: { func: [0, 1], line: [1, 12], length: 2 },
      funcTable: { name: [0, 1], fileName: [null, 2], lineNumber: [null, 10], length: 2 },
      samples: { stack: [1, 1, 0], time: [1, 3, 5], weight: null, weightType: 'samples', length: 3 },
    },
  ],
};

describe('a .cpuprofile', () => {
  it('is samples and CPU time, a sample until the next one, on the lines that V8 counted, without idle time', () => {
    const profile = read(cpuProfile);
    assert.equal(types(profile), 'samples/count, cpu/nanoseconds');
    assert.deepEqual(stacks(profile), [
      '(garbage collector):0: 1 2000000',
      'main:1 > parse:12: 2 2000000',
      'main:1 > parse:14: 1 1000000',
      'main:1: 1 1000000',
    ]);
    const { durationNanos, period, periodType, timeNanos, comments, functions } = profile.model;
    assert.deepEqual([durationNanos, period, periodType.type, timeNanos], [8_000_000, 1_000_000, 'cpu', 0]);
    assert.deepEqual(comments, ['0.00 s idle are left out']);
    assert.ok(
      functions.some(
        ({ name, filename, startLine }) => name === 'parse' && filename === '/srv/app.js' && startLine === 10,
      ),
    );
  });

  it('may have callers in place of callees, no samples, samples out of order, and an answer around it', () => {
    const nodes = cpuProfile.nodes.map(({ children: _, ...node }) => ({
      ...node,
      ...(node.id === 1 ? {} : { parent: node.id === 3 ? 2 : 1 }),
    }));
    assert.deepEqual(stacks(read({ ...cpuProfile, nodes })), stacks(read(cpuProfile)));
    assert.deepEqual(stacks(read({ profile: cpuProfile })), stacks(read(cpuProfile)));
    const { samples: _, timeDeltas: __, ...hits } = cpuProfile;
    assert.deepEqual(stacks(read({ ...hits, endTime: 5_012_000 })).at(-1), 'main:1: 1 2000000');
    const swapped = { ...cpuProfile, samples: [2, 3, 3, 5, 3, 6], timeDeltas: [1000, 1000, 1000, 2000, -1000, 2000] };
    assert.deepEqual(stacks(read(swapped)), stacks(read(cpuProfile)));
  });

  it('is the same after a way through our own writer', () => {
    const profile = read(JSON.parse(JSON.stringify(exampleProfile().toCpuProfile())));
    assert.deepEqual(shown(profile), shown(exampleProfile()));
    // A .cpuprofile has microseconds.
    assert.equal(profile.model.timeNanos, (BigInt(exampleProfile().model.timeNanos) / 1000n + 1n) * 1000n);
  });
});

describe('a .heapprofile', () => {
  it('is what is in use, with how many objects were sampled', () => {
    const profile = read(heapProfile);
    assert.equal(types(profile), 'samples/count, inuse_space/bytes');
    assert.deepEqual(stacks(profile), ['main:1 > alloc:10: 2 3000', 'main:1: 1 1000']);
  });
});

describe('a speedscope file', () => {
  it('is time and samples, by thread, from samples and from calls', () => {
    const profile = read(speedscope);
    assert.equal(types(profile), 'samples/count, time/nanoseconds');
    assert.deepEqual(stacks(profile), [
      'main:3 > parse:0: 0 250000000 thread=Thread 2',
      'main:3 > parse:0: 1 2000000 thread=Thread 1',
      'main:3: 0 500000000 thread=Thread 2',
      'main:3: 1 1000000 thread=Thread 1',
    ]);
  });

  it('is the same after a way through our own writer, but for lines', () => {
    const profile = read(JSON.parse(JSON.stringify(exampleProfile().toSpeedscope())));
    assert.equal(types(profile), types(exampleProfile()));
    for (const type of ['samples', 'cpu']) assert.deepEqual(shown(profile, type), shown(exampleProfile(), type));
    assert.match(
      read(JSON.parse(JSON.stringify(exampleProfile().toSpeedscope('samples')))).topTable(),
      /^Type: samples$/m,
    );
  });
});

describe('collapsed stacks', () => {
  it('are numbers of samples, with the file where a name has one', () => {
    const profile = read(
      'main;parse feed.js;(anonymous a.js:1:2) (/srv/a.js:1) 3\nmain;Map.get(int) 4\r\n\nmain 1.5\n',
    );
    assert.equal(types(profile), 'samples/count');
    assert.deepEqual(shown(profile), [
      ['Map.get(int)', '', 0, 4, 4],
      ['(anonymous a.js:1:2)', '/srv/a.js', 1, 3, 3],
      ['main', '', 0, 2, 9],
      ['parse feed.js', '', 0, 0, 3],
    ]);
  });

  it('are the same after a way through our own writer', () => {
    assert.deepEqual(shown(read(exampleProfile().toCollapsed())), shown(exampleProfile()));
  });

  it('may be one line that is longer than what is looked at first', () => {
    const profile = read(`${Array.from({ length: 50_000 }, (_, i) => `function${i}`).join(';')} 7\n`);
    assert.equal(profile.top().length, 50_000);
  });
});

describe('a profile of Firefox', () => {
  it('has samples, wall and CPU time by thread, whatever its version', () => {
    const profile = read(firefox);
    assert.equal(types(profile), 'samples/count, wall/nanoseconds, cpu/nanoseconds');
    assert.deepEqual(stacks(profile), [
      'main:1 > parse:12: 2 2000000 1900000 thread=GeckoMain',
      'main:1 > parse:12: 4 4000000 0 thread=Worker',
      'main:1: 1 1000000 0 thread=GeckoMain',
    ]);
    assert.equal(profile.model.functions.find(({ name }) => name === 'parse')?.filename, '/srv/app.js');
    const old = read(oldFirefox);
    assert.equal(types(old), 'samples/count, wall/nanoseconds');
    assert.deepEqual(stacks(old), ['main:1 > parse:12: 2 4000000', 'main:1: 1 2000000']);
  });
});

describe('any file', () => {
  const files: Readonly<Record<string, unknown>> = {
    cpuProfile,
    heapProfile,
    speedscope,
    firefox,
    oldFirefox,
    ownSpeedscope: exampleProfile().toSpeedscope(),
  };

  it('is known by its content, compressed or not, and by nothing else', async () => {
    const pprof = await exampleProfile().encode();
    assert.deepEqual(readProfileFile(pprof).model, exampleProfile().model);
    for (const file of Object.values(files)) {
      assert.deepEqual(readProfileFile(gzipSync(bytesOf(file))).model, read(file).model);
    }
    assert.deepEqual(
      readProfileFile(gzipSync(exampleProfile().toCollapsed())).top(),
      read(exampleProfile().toCollapsed()).top(),
    );
  });

  it('that is JSON of something else says what it is', () => {
    const refused = (file: unknown, expected: RegExp) => assert.throws(() => read(file), expected);
    refused({ snapshot: { meta: {} } }, /not a profile: it is a heap snapshot/);
    refused({ traceEvents: [] }, /it is a trace of events/);
    refused([{ ph: 'X' }], /it is a trace of events/);
    refused({ meta: { version: 30 }, threads: [] }, /it is a profile as Firefox itself writes it/);
    refused({ name: 'package' }, /it is JSON of another kind/);
    refused([1, 2], /it is JSON of another kind/);
    refused('{"nodes": [', /^ProfileFormatError: not a whole profile: its JSON is damaged or cut short/);
    refused('error 404', /it is text that begins with "error 404"/);
    refused('main;parse 3\nmain;parse\n', /damaged profile: line 2 is no stack with a number/);
  });

  it('with circles, depths and sizes that cannot be is refused before memory is', () => {
    const refused = (file: unknown, expected: RegExp) =>
      assert.throws(
        () => read(file),
        (error) => error instanceof ProfileFormatError && expected.test(error.message),
      );
    const [root, main, ...rest] = cpuProfile.nodes;
    refused(
      { ...cpuProfile, nodes: [{ ...root, children: [] }, { ...main, children: [3, 2] }, ...rest] },
      /two callers|in a circle/,
    );
    refused({ ...cpuProfile, nodes: [root, { ...main, children: [99] }, ...rest] }, /a node is not there/);
    refused({ ...cpuProfile, samples: [2], timeDeltas: [] }, /1 samples have 0 timeDeltas/);
    refused({ ...cpuProfile, endTime: 1e300 }, /its values are no sizes that can be/);
    const deep = Array.from({ length: 100_000 }, (_, id) => ({
      id,
      callFrame: callFrame(`f${id % 10}`, 1),
      ...(id === 0 ? {} : { parent: id - 1 }),
    }));
    const samples = deep.map(({ id }) => id);
    refused(
      { nodes: deep, startTime: 0, endTime: 1, samples, timeDeltas: samples.map(() => 1) },
      /more than 33554432 frames/,
    );
    const stackTable = { frame: [0, 0], prefixOffset: [0, 5], length: 2 };
    refused({ ...firefox, shared: { ...firefox.shared, stackTable } }, /the caller of stack 1/);
    const old = oldFirefox.threads[0];
    refused(
      { ...oldFirefox, threads: [{ ...old, stackTable: { frame: [0, 1], prefix: [null, 1], length: 2 } }] },
      /the caller of stack 1/,
    );
    refused(
      { ...speedscope, profiles: [{ ...speedscope.profiles[0], samples: [[7], [0]] }] },
      /a frame of sample 0 is not one of 2/,
    );
    refused(`[${'[],'.repeat(8_000_001)}[]]`, /too large: more than 8000000 arrays and objects/);
    refused(`${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}`, /it is JSON of another kind/);
  });

  it('that is damaged anywhere is a profile that can be written, or refused in one line', async () => {
    const odd = fc.oneof(
      fc.constantFrom(null, true, '', '__proto__', -1, 0.5, 1e308, 2 ** 31, 2 ** 53, [], {}, [[]], [null]),
      fc.integer(),
      fc.double(),
      fc.string(),
      fc.jsonValue(),
    );
    const damages = fc.array(fc.record({ at: fc.nat(1e6), value: odd, isGone: fc.boolean() }), {
      minLength: 1,
      maxLength: 4,
    });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...Object.keys(files)), damages, async (name, changes) => {
        const file = structuredClone(files[name]);
        for (const { at, value, isGone } of changes) {
          const places = placesOf(file);
          const place = places[at % places.length];
          if (place === undefined) continue;
          if (isGone && !Array.isArray(place.holder)) delete place.holder[place.key];
          else place.holder[place.key] = value;
        }
        await assertProfileOrRefusal(bytesOf(file));
      }),
      { numRuns: 400 },
    );
  });

  it('that is cut or has bytes changed is so too', async () => {
    const whole = [
      ...Object.values(files).map(bytesOf),
      bytesOf(exampleProfile().toCollapsed()),
      await exampleProfile().encode(),
    ];
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...whole),
        fc.nat(1e6),
        fc.array(fc.tuple(fc.nat(1e6), fc.nat(255)), { maxLength: 3 }),
        async (file, length, changes) => {
          const bytes = file.slice(0, changes.length === 0 ? length % file.length : file.length);
          for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
          await assertProfileOrRefusal(bytes);
        },
      ),
      { numRuns: 800 },
    );
  });
});

type Holder = Record<string | number, unknown>;

/** Everything that is in something else. */
function placesOf(file: unknown): { readonly holder: Holder; readonly key: string }[] {
  if (typeof file !== 'object' || file === null) return [];
  const holder = file as Holder;
  return Object.keys(holder).flatMap((key) => [{ holder, key }, ...placesOf(holder[key])]);
}

async function assertProfileOrRefusal(bytes: Uint8Array): Promise<void> {
  let profile: Profile;
  try {
    profile = readProfileFile(bytes);
  } catch (error) {
    assert.ok(error instanceof ProfileFormatError, `${error instanceof Error ? error.stack : error}`);
    assert.doesNotMatch(error.message, /[\r\n]/);
    return;
  }
  assert.deepEqual(Profile.decode(await profile.encode()).model, profile.model);
  profile.topTable();
}
