import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type FirefoxProfile, type Label, Profile, type ProfileModel } from 'profbuf';
import { readProfileFile } from '#profbuf/profile/read/profile-file.js';
import { runtimes } from '../runtimes.js';
import { exampleProfile } from './example-profile.js';
import '../seed.js';

const shown = (profile: Profile, sampleType?: string) =>
  profile
    .top(undefined, sampleType)
    .map(({ functionName, file, line, flat, cum }) => [functionName, file, line, flat, cum]);

const read = (file: FirefoxProfile) => readProfileFile(new TextEncoder().encode(JSON.stringify(file)));

/** The example with these labels on its samples, one set after the other. */
function labelled(...labelSets: readonly (readonly Label[])[]): Profile {
  const { model } = exampleProfile();
  const samples = model.samples.map((sample, index) => ({
    ...sample,
    labels: labelSets[index % labelSets.length] ?? [],
  }));
  return Profile.fromModel({ ...model, samples });
}

const label = (key: string, value: string): Label => ({ key, value, unit: '' });

/** Every index leads somewhere, every column has its length, and callers come before what they call. */
function assertConsistent({ shared, threads }: FirefoxProfile): void {
  for (const table of [...Object.values(shared), ...threads.flatMap(({ samples, markers }) => [samples, markers])]) {
    if (Array.isArray(table)) continue;
    const { length, ...columns } = table as { readonly length: number };
    for (const [name, column] of Object.entries(columns)) {
      if (Array.isArray(column)) assert.equal(column.length, length, name);
    }
  }
  const within = (index: number | null, length: number) => assert.ok(index === null || (index >= 0 && index < length));
  const { stackTable, frameTable, funcTable, sources, stringArray } = shared;
  stackTable.prefix.forEach((prefix, stack) => {
    within(prefix, stack);
    within(stackTable.frame[stack] ?? -1, frameTable.length);
  });
  for (const func of frameTable.func) within(func, funcTable.length);
  for (const index of [...funcTable.name, ...sources.filename]) within(index, stringArray.length);
  for (const index of funcTable.source) within(index, sources.length);
  for (const { samples } of threads) for (const stack of samples.stack) within(stack, stackTable.length);
}

describe('a profile for Firefox Profiler', () => {
  it('has the stacks and times, end to end by call tree, with a category for each kind of code', () => {
    const file = exampleProfile().toFirefox();
    assertConsistent(file);
    const { shared, threads, meta } = file;
    const [thread] = threads;
    assert.equal(threads.length, 1);
    assert.deepEqual([thread?.name, thread?.isMainThread, thread?.samples.weightType], ['main', true, 'tracing-ms']);
    const nameOf = (stack: number | null) => {
      const func = shared.frameTable.func[shared.stackTable.frame[stack ?? -1] ?? -1] ?? -1;
      return shared.stringArray[shared.funcTable.name[func] ?? -1];
    };
    assert.deepEqual(
      thread?.samples.stack.map((stack, index) => [
        nameOf(stack),
        thread.samples.time[index],
        thread.samples.weight[index],
      ]),
      [
        ['parse', 0, 600],
        ['parse', 600, 60],
        ['walk', 660, 200],
        ['(anonymous walk.js:12:3)', 860, 140],
        ['[Symbol.iterator]', 1000, 90],
        ['readFileSync', 1090, 10],
        ['(garbage collector)', 1100, 100],
        [undefined, 1200, 0],
      ],
    );
    assert.deepEqual(thread?.samples.threadCPUDelta?.slice(0, 3), [0, 600_000_000, 60_000_000]);
    const categoryOf = (name: string) => {
      const func = shared.funcTable.name.findIndex((index) => shared.stringArray[index] === name);
      return meta.categories[shared.frameTable.category[shared.frameTable.func.indexOf(func)] ?? -1]?.name;
    };
    assert.deepEqual(['parse', 'readFileSync', '(garbage collector)'].map(categoryOf), [
      'JavaScript',
      'Node.js',
      'Garbage collection',
    ]);
    assert.deepEqual(meta.extra[0]?.entries, [{ label: 'Comment', format: 'string', value: 'sample rate: 100 Hz' }]);
    assert.equal(meta.interval, 10);
  });

  it('is the same after a way through our own reader', () => {
    const profile = read(exampleProfile().toFirefox());
    assert.deepEqual(shown(profile), shown(exampleProfile()));
    assert.deepEqual(shown(profile, 'wall'), shown(exampleProfile()));
    assert.deepEqual(shown(read(exampleProfile().toFirefox('samples')), 'samples'), shown(exampleProfile(), 'samples'));
    assert.throws(() => exampleProfile().toFirefox('heap'), RangeError);
  });

  it('has a track for each thread, and a marker for each set of labels', () => {
    const profile = labelled(
      [label('route', '/a'), label('type', 'x')],
      [label('thread', 'worker 1'), label('route', '/b')],
      [],
    );
    const file = profile.toFirefox();
    assertConsistent(file);
    assert.deepEqual(
      file.threads.map(({ name, isMainThread, markers }) => [name, isMainThread, markers.data]),
      [
        ['main', true, [{ type: 'Labels', route: '/a', type_: 'x' }]],
        ['worker 1', false, [{ type: 'Labels', route: '/b' }]],
      ],
    );
    const [main] = file.threads;
    const labelledTime = profile.model.samples
      .filter(({ labels }) => labels.some(({ value }) => value === '/a'))
      .reduce((sum, { values }) => sum + Number(values[1]) / 1e6, 0);
    assert.deepEqual([main?.markers.startTime, main?.markers.endTime], [[0], [labelledTime]]);
    assert.deepEqual(
      file.meta.markerSchema[0]?.fields.map(({ key }) => key),
      ['route', 'type_'],
    );
    const threads = new Set(read(file).model.samples.flatMap(({ labels }) => labels.map(({ value }) => value)));
    assert.deepEqual([...threads].sort(), ['main', 'worker 1']);
  });

  it('holds bytes as bytes', () => {
    const { model } = exampleProfile();
    const heap = Profile.fromModel({
      ...model,
      sampleTypes: [
        { type: 'objects', unit: 'count' },
        { type: 'space', unit: 'bytes' },
      ],
    });
    const file = heap.toFirefox();
    assert.equal(file.threads[0]?.samples.weightType, 'bytes');
    assert.deepEqual(shown(read(file)), shown(heap));
  });

  it('has the totals of any profile, and is consistent', () => {
    const { model } = exampleProfile();
    const stacks = fc.array(
      fc.record({
        stack: fc.array(fc.nat(model.locations.length - 1), { maxLength: 12 }),
        values: fc.tuple(fc.nat(50), fc.integer({ min: -5, max: 50_000_000 })),
        labels: fc.subarray([label('route', '/a'), label('thread', 'w'), label('tenant', 'x')]),
      }),
    );
    fc.assert(
      fc.property(stacks, (samples) => {
        const profile: ProfileModel = { ...model, samples };
        const file = Profile.fromModel(profile).toFirefox();
        assertConsistent(file);
        const total = samples.reduce((sum, { values }) => sum + Math.max(0, values[1]), 0);
        const written = file.threads.flatMap(({ samples }) => samples.weight).reduce((sum, weight) => sum + weight, 0);
        assert.ok(Math.abs(written * 1e6 - total) < 1);
      }),
      { numRuns: 50 },
    );
  });

  it('can be made of stacks that are deeper than the call stack here', () => {
    const { model } = exampleProfile();
    const samples = [{ stack: new Array<number>(100_000).fill(0), values: [1, 10_000_000], labels: [] }];
    assert.equal(Profile.fromModel({ ...model, samples }).toFirefox().shared.stackTable.length, 100_000);
  });

  const newest = runtimes.find(({ major }) => major >= 24);
  it("shows its functions, times and labels in Firefox Profiler's own command", { skip: newest === undefined }, (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'profbuf-firefox-'));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const path = join(folder, 'profile.firefox.json');
    writeFileSync(path, JSON.stringify(labelled([label('route', '/a')]).toFirefox()));
    const manifest = createRequire(import.meta.url).resolve('@firefox-devtools/profiler-cli/package.json');
    const ask = (...words: readonly string[]): string => {
      const { status, stdout, stderr } = spawnSync(
        newest?.path ?? '',
        [join(dirname(manifest), 'dist/profiler-cli.js'), ...words],
        {
          encoding: 'utf8',
          env: { ...process.env, HOME: folder, PROFILER_CLI_SESSION_DIR: folder, PROFILER_CLI_NO_SYMBOLICATE: '1' },
          timeout: 60_000,
        },
      );
      assert.equal(status, 0, `${words}: ${stdout}${stderr}`);
      return stdout;
    };
    // Its part in the background has half a second to begin, and is to be asked again where that was not enough.
    for (let tries = 20; ; tries--) {
      try {
        ask('load', path);
        break;
      } catch (error) {
        if (tries === 0 || !String(error).includes('retrying often works')) throw error;
      }
    }
    t.after(() => ask('stop', '--all'));
    const functions = ask('thread', 'functions');
    for (const line of [
      /parse - self: 660[.\d]*ms \(55\.0%\), total: 660/,
      /walk - self: 200[.\d]*ms \(16\.7%\), total: 340/,
      /main - self: 0[.\d]*m?s \(0\.0%\), total: 1\.100s/,
    ]) {
      assert.match(functions, line);
    }
    assert.match(ask('thread', 'list'), /main +profbuf +1 +1200[.\d]*ms +1$/m);
    assert.match(ask('thread', 'markers'), /Labels +1 markers/);
  });
});
