import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import * as pprofFormat from 'pprof-format';
import { Profile, ProfileFormatError, type ProfileModel } from 'profbuf';
import { ProfileBuilder } from '#profbuf/profile/builder.js';
import { decodePprof } from '#profbuf/profile/read/pprof.js';
import { encodePprof } from '#profbuf/profile/write/pprof.js';
import { arbitraryProfile } from './arbitrary-profile.js';
import { exampleProfile, header } from './example-profile.js';
import { goMadeProfiles, goPprof, skip } from './go-pprof.js';
import '../seed.js';

const small: ProfileModel = {
  sampleTypes: [
    { type: 'samples', unit: 'count' },
    { type: 'cpu', unit: 'nanoseconds' },
  ],
  samples: [
    {
      stack: [0, 1],
      values: [3, 30_000_000],
      labels: [
        { key: 'route', value: '/feed', unit: '' },
        { key: 'size', value: 4096, unit: 'bytes' },
      ],
    },
  ],
  mappings: [],
  locations: [
    { mapping: -1, address: 0, lines: [{ function: 0, line: 12, column: 7 }], isFolded: false },
    { mapping: -1, address: 0, lines: [{ function: 1, line: 90, column: 0 }], isFolded: false },
  ],
  functions: [
    { name: 'parse', systemName: 'parse', filename: '/srv/feed.js', startLine: 10 },
    { name: 'handler', systemName: 'handler', filename: '/srv/app.js', startLine: 80 },
  ],
  dropFrames: '',
  keepFrames: '',
  timeNanos: 1_700_000_000_123_456_789n,
  durationNanos: 10_000_000_000,
  periodType: { type: 'cpu', unit: 'nanoseconds' },
  period: 10_000_000,
  comments: ['sample rate: 100 Hz'],
  defaultSampleType: '',
  docUrl: '',
};

describe('a pprof file', () => {
  it('holds all of a profile: decoding gives back what was encoded', () => {
    fc.assert(
      fc.property(arbitraryProfile, (profile) => {
        assert.deepEqual(decodePprof(encodePprof(profile), 2 ** 20), profile);
      }),
      { numRuns: 300 },
    );
  });

  it('is read the same by pprof-format, a decoder of other hands', () => {
    const decoded = pprofFormat.Profile.decode(encodePprof(small));
    const { strings } = decoded.stringTable;
    const string = (index: number | bigint) => strings[Number(index)];
    assert.deepEqual(
      decoded.sampleType.map(({ type, unit }) => [string(type), string(unit)]),
      [
        ['samples', 'count'],
        ['cpu', 'nanoseconds'],
      ],
    );
    assert.deepEqual(
      decoded.sample.map(({ locationId, value }) => ({ locationId, value })),
      [{ locationId: [1, 2], value: [3, 30_000_000] }],
    );
    assert.deepEqual(
      decoded.sample[0]?.label.map(({ key, str, num, numUnit }) => [string(key), string(str), num, string(numUnit)]),
      [
        ['route', '/feed', 0, ''],
        ['size', '', 4096, 'bytes'],
      ],
    );
    assert.deepEqual(
      decoded.location.map(({ id, line }) => [id, line[0]?.functionId, line[0]?.line, line[0]?.column]),
      [
        [1, 1, 12, 7],
        [2, 2, 90, 0],
      ],
    );
    assert.deepEqual(
      decoded.function.map(({ id, name, filename, startLine }) => [id, string(name), string(filename), startLine]),
      [
        [1, 'parse', '/srv/feed.js', 10],
        [2, 'handler', '/srv/app.js', 80],
      ],
    );
    assert.equal(decoded.timeNanos, small.timeNanos);
    assert.equal(decoded.period, 10_000_000);
    assert.deepEqual(decoded.comment.map(string), small.comments);
  });

  it('is written gzipped, in bytes that the caller may transfer', async () => {
    const profile = Profile.fromModel(small);
    const bytes = await profile.encode();
    assert.deepEqual(decodePprof(gunzipSync(bytes), 2 ** 20), small);
    structuredClone(bytes, { transfer: [bytes.buffer] });
    assert.equal(bytes.byteLength, 0);
    assert.deepEqual(Profile.decode(await profile.encode()).model, small);
  });

  it('is read gzipped or plain', async () => {
    assert.deepEqual(Profile.decode(gzipSync(encodePprof(small))).model, small);
    assert.deepEqual(Profile.decode(encodePprof(small)).model, small);
  });

  it('may have ids in any order, its fields in any order, unpacked numbers and fields that are not known', () => {
    // sample{location 7, value 5} before its location and function; then field 99 (varint) and 100 (fixed64).
    const bytes = Uint8Array.from(
      [
        ...[0x12, 4, 0x08, 7, 0x10, 5],
        ...[0x0a, 4, 0x08, 1, 0x10, 2],
        ...[0x22, 6, 0x08, 7, 0x22, 2, 0x08, 9],
        ...[0x2a, 4, 0x08, 9, 0x10, 3],
        ...[0x98, 0x06, 42],
        ...[0xa1, 0x06, 1, 2, 3, 4, 5, 6, 7, 8],
        ...['', 'samples', 'count', 'main'].flatMap((text) => [0x32, text.length, ...Buffer.from(text)]),
      ].flat(),
    );
    const { samples, locations, functions } = Profile.decode(bytes).model;
    assert.deepEqual(samples, [{ stack: [0], values: [5], labels: [] }]);
    assert.equal(locations[0]?.lines[0]?.function, 0);
    assert.equal(functions[0]?.name, 'main');
  });
});

describe('a pprof file of another program', { skip }, () => {
  it('is encoded again without loss: go tool pprof prints the same', async () => {
    for (const original of Object.values(goMadeProfiles())) {
      const again = await Profile.decode(original).encode();
      assert.equal(goPprof(again, '-raw'), goPprof(original, '-raw'));
    }
  });

  it('may name a mapping that it does not have', () => {
    const { model } = exampleProfile();
    const bytes = encodePprof({ ...model, locations: model.locations.map((entry) => ({ ...entry, mapping: 6 })) });
    assert.match(goPprof(bytes, '-top'), /parse$/m);
    assert.deepEqual(Profile.decode(bytes).model, model);
  });

  it('shows numeric labels as the numbers that they are, whatever their names, and finds them', () => {
    const builder = new ProfileBuilder(header);
    for (const request of [4711, 4712]) {
      builder.add([], [1, 10_000_000], {
        request,
        bytes: 2048,
        ms: 90_000,
        hour: 25,
        alignment: 4096,
        code: request - 4711,
      });
    }
    const bytes = encodePprof(builder.build().model);
    const tags = goPprof(bytes, '-tags').replace(/ +/g, ' ');
    for (const shown of ['request: Total', ': 4711', ': 4712', ': 2048', ': 90000', ': 25', ': 4096', ': 0', ': 1']) {
      assert.ok(tags.includes(shown), `${shown} in ${tags}`);
    }
    for (const focus of ['request=4711:4711', 'ms=90000:', 'code=0:0'])
      assert.match(goPprof(bytes, '-raw', `-tagfocus=${focus}`), /request:\[4711/);
    assert.doesNotMatch(goPprof(bytes, '-raw', '-tagfocus=request=4711:4711'), /request:\[4712/);
  });

  it('keeps headers, flags and addresses that only some writers use', () => {
    const { model } = exampleProfile();
    const bytes = encodePprof({
      ...model,
      locations: model.locations.map((location) => ({ ...location, address: 2n ** 63n + 5n, isFolded: true })),
      dropFrames: 'runtime\\..*',
      keepFrames: 'runtime\\.panic',
      defaultSampleType: 'samples',
      docUrl: 'https://example.com/doc',
    });
    assert.match(goPprof(bytes, '-raw'), /0x8000000000000005/);
    assert.deepEqual(encodePprof(Profile.decode(bytes).model), bytes);
  });
});

describe('bytes that are no whole profile', () => {
  const damaged = (bytes: Uint8Array, message: RegExp) =>
    assert.throws(
      () => Profile.decode(bytes),
      (error) => error instanceof ProfileFormatError && message.test(error.message),
    );

  it('are refused when there are none', () => damaged(new Uint8Array(), /it is empty/));

  it('are refused when they are text', () =>
    damaged(Buffer.from('hello world, this is no profile'), /^not a profile: it is text that begins with "hello/));

  it('are said to be JSON if they are, compressed or not', () => {
    const json = Buffer.from(' \r\n\t{"nodes":[{"id":1}]}');
    for (const bytes of [json, json.subarray(4), Buffer.from('\ufeff[1, 2]'), gzipSync(json)]) {
      damaged(bytes, /^not a profile: it is JSON, as \.cpuprofile and speedscope files are$/);
    }
  });

  it('are no JSON for beginning with the same bytes', () => {
    // A sample type of 123 bytes, in a field of a later profile.proto: its number is a line feed, its length a brace.
    const sampleType = [0x0a, 123, 0x1a, 121, ...new Uint8Array(121)];
    const bytes = Uint8Array.from([...sampleType, ...encodePprof({ ...small, samples: [] })]);
    assert.match(Buffer.from(bytes).toString(), /^\n{/);
    assert.equal(Profile.decode(bytes).model.sampleTypes.length, 3);
  });

  it('are refused when the gzip data is cut short or damaged', () => {
    const bytes = gzipSync(encodePprof(small));
    for (let length = 2; length < bytes.length; length++)
      damaged(bytes.subarray(0, length), /gzip data is damaged or cut/);
    const flipped = Uint8Array.from(bytes);
    flipped[bytes.length - 6] = (flipped[bytes.length - 6] ?? 0) ^ 0xff;
    damaged(flipped, /gzip data is damaged/);
  });

  it('are refused wherever the protobuf is cut short', () => {
    const bytes = encodePprof(small);
    // Cut between two fields of the message at the end, strings are missing: that is noticed too.
    for (let length = 1; length < bytes.length; length++) damaged(bytes.subarray(0, length), /profile/);
  });

  it('never give anything but a profile or this error, whatever they are', () => {
    const mutated = fc
      .tuple(arbitraryProfile, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 5 }))
      .map(([profile, changes]) => {
        const bytes = encodePprof(profile);
        for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
        return bytes;
      });
    fc.assert(
      fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 64 })), (bytes) => {
        try {
          encodePprof(Profile.decode(bytes).model);
        } catch (error) {
          assert.ok(error instanceof ProfileFormatError, `${error}`);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('are refused when an index leads nowhere', () => {
    const broken = (change: Partial<ProfileModel>) => encodePprof({ ...small, ...change });
    damaged(broken({ locations: [] }), /there is no location with the id 1/);
    damaged(broken({ functions: [] }), /there is no function with the id 1/);
    damaged(broken({ sampleTypes: [] }), /no sample types/);
    damaged(broken({ sampleTypes: small.sampleTypes.slice(1) }), /2 values for 1 sample types/);
    damaged(Uint8Array.from([0x0a, 2, 0x08, 200, 0x01, 0x32, 0]), /not a whole|string/);
  });

  it('are refused above a size, and above it are not unpacked', () => {
    const bomb = gzipSync(Buffer.alloc(200 * 2 ** 20), { level: 1 });
    assert.ok(bomb.length < 2 ** 20);
    damaged(bomb, /larger than 134217728 bytes uncompressed/);
    assert.throws(() => Profile.decode(encodePprof(small), { maximumBytes: 100 }), /larger than 100 bytes/);
  });

  it('are refused when few bytes ask for many objects', () => {
    const maximumBytes = 2 ** 20;
    const refused = (bytes: Uint8Array, message: RegExp) =>
      assert.throws(() => Profile.decode(bytes, { maximumBytes }), { name: 'ProfileFormatError', message });
    const emptyStrings = Uint8Array.from({ length: maximumBytes }, (_, index) => (index % 2 === 0 ? 0x32 : 0));
    refused(emptyStrings, /more than 65536 messages and strings/);
    // One sample, with a stack of ids that take a byte each.
    const length = 500_000;
    const varint = [(length & 127) | 128, ((length >> 7) & 127) | 128, length >> 14];
    const longStack = [0x12, ...varint, 0x0a, ...varint, ...new Uint8Array(length).fill(1)];
    longStack[1] = ((length + 4) & 127) | 128;
    refused(Uint8Array.from(longStack), /more than 349526 numbers/);
  });

  it('are refused quickly when a number never ends', () => {
    damaged(new Uint8Array(1_000_000).fill(0xff), /longer than 10 bytes/);
  });
});
