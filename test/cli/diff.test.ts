import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { ProfileBuilder } from '#profbuf/profile/builder.js';
import { busyFor, Folder, profbuf } from './command.js';

interface Work {
  readonly name: string;
  readonly milliseconds: number;
  readonly route?: string;
}

/** A profile of a program that spent its time so, at 1000 Hz. */
function profileOf(...work: readonly Work[]): Promise<Uint8Array> {
  const builder = new ProfileBuilder({
    sampleTypes: [
      { type: 'samples', unit: 'count' },
      { type: 'cpu', unit: 'nanoseconds' },
    ],
    periodType: { type: 'cpu', unit: 'nanoseconds' },
    period: 1_000_000,
    timeNanos: 0n,
    durationNanos: 0n,
  });
  const main = builder.location({ functionName: 'main', file: '/srv/app.js', startLine: 1, line: 1 });
  for (const { name, milliseconds, route } of work) {
    const leaf = builder.location({ functionName: name, file: '/srv/app.js', startLine: 7, line: 8 });
    builder.add([leaf, main], [milliseconds, milliseconds * 1e6], route === undefined ? undefined : { route });
  }
  return builder.build().encode();
}

async function folderOf(t: TestContext): Promise<Folder> {
  const folder = new Folder(t);
  const rest = { name: 'rest', milliseconds: 6000, route: '/a' };
  for (let run = 0; run < 3; run++) {
    const jitter = run * 20;
    folder.write(`base-${run}.pb.gz`, await profileOf({ name: 'hot', milliseconds: 3000 + jitter, route: '/b' }, rest));
    folder.write(`same-${run}.pb.gz`, await profileOf({ name: 'hot', milliseconds: 3010 - jitter, route: '/b' }, rest));
    folder.write(`slow-${run}.pb.gz`, await profileOf({ name: 'hot', milliseconds: 4500 + jitter, route: '/b' }, rest));
  }
  return folder;
}

const files = (name: string) => [0, 1, 2].map((run) => `${name}-${run}.pb.gz`);

test('diff shows what takes more, each line with its interval, and says how noise was reckoned', async (t) => {
  const folder = await folderOf(t);
  const { code, stdout, stderr } = await profbuf(['diff', ...files('base'), '--', ...files('slow')], {
    cwd: folder.path,
  });
  assert.equal(stderr, '');
  assert.equal(code, 0);
  const [type, about, noise] = stdout.split('\n');
  assert.equal(type, 'Type: cpu');
  assert.equal(about, 'base: 3 runs, 27060 samples, 9.02s a run; new: 3 runs, 31560 samples, 10.5s a run');
  assert.match(noise ?? '', /^Noise is [\d.]+ times that of counting samples, by the runs\.$/);
  assert.match(
    stdout,
    /^33\.48% +42\.97% +3\.02s +4\.52s +\+49\.7% +\[\+\d[\d.]*%, \+\d[\d.]*%\] +more +hot {2}\/srv\/app\.js:7$/m,
  );
  assert.match(stdout, /^66\.52% +57\.03% +6s +6s .* noise +rest {2}/m);
  const one = await profbuf(['diff', 'base-0.pb.gz', 'slow-0.pb.gz', '-n', '1'], { cwd: folder.path });
  assert.match(
    one.stdout,
    /^Noise is taken to be 8 times that of counting samples, since one run a side does not tell/m,
  );
  assert.match(one.stdout, /^1 lines more$/m);
});

test('--fail-above is status 1 for what takes more, and 0 for noise and for what takes less', async (t) => {
  const folder = await folderOf(t);
  const status = async (...args: string[]) => {
    const { code, stderr } = await profbuf(['diff', ...args], { cwd: folder.path });
    return [code, stderr];
  };
  assert.deepEqual(await status(...files('base'), '--fail-above', '5%', '--', ...files('slow')), [
    1,
    'profbuf: over 5 % of --fail-above: hot takes 49.7 % more\n',
  ]);
  assert.deepEqual(await status(...files('base'), '--', ...files('slow'), '--fail-above=60'), [0, '']);
  assert.deepEqual(await status(...files('base'), '--', ...files('same'), '--fail-above', '0%'), [0, '']);
  assert.deepEqual(await status(...files('slow'), '--', ...files('base'), '--fail-above', '5%'), [0, '']);
  assert.deepEqual(
    await status(...files('base'), '--', ...files('slow'), '--fail-above', '5%', '--function', '^rest$'),
    [0, ''],
  );
  const [code] = await status(...files('base'), '--', ...files('slow'), '--fail-above', '5%', '--function', 'h.t');
  assert.equal(code, 1);
});

test('diff compares values of a label, and functions with what they call', async (t) => {
  const folder = await folderOf(t);
  const byLabel = await profbuf(['diff', '--by', 'label', 'route', ...files('base'), '--', ...files('slow')], {
    cwd: folder.path,
  });
  assert.match(byLabel.stdout, /^33\.48% +42\.97% .* more +\/b$/m);
  const none = await profbuf(['diff', '--by=label:tenant', ...files('base'), '--', ...files('slow')], {
    cwd: folder.path,
  });
  assert.match(none.stdout, /^100\.00% +100\.00% .* noise +\(without\)$/m);
  const cum = await profbuf(['diff', '--cum', ...files('base'), '--', ...files('slow')], { cwd: folder.path });
  assert.match(cum.stdout, /^ *100\.00% +100\.00% .* noise +main {2}\/srv\/app\.js:1$/m);
});

test('--json is for programs, --markdown for pull requests, and no name is markup there', async (t) => {
  const folder = await folderOf(t);
  const name = '<img src=x onerror=alert(1)>|`**a**`\n[link](http://x)';
  folder.write('before', await profileOf({ name, milliseconds: 100 }, { name: 'rest', milliseconds: 6000 }));
  folder.write(
    'after',
    await profileOf(
      { name, milliseconds: 900 },
      { name: 'rest', milliseconds: 6000 },
      { name: 'added', milliseconds: 400 },
    ),
  );
  const { stdout } = await profbuf(['diff', 'before', 'after', '--markdown'], { cwd: folder.path });
  const row = stdout.split('\n').find((line) => line.includes('img'));
  assert.match(row ?? '', /^\| \*\*<code>&#60;img src&#61;x onerror&#61;alert\(1\)&#62;&#124;&#96;&#42;&#42;a/);
  assert.equal(row?.match(/\|/g)?.length, 9);
  const [, cell = ''] = row?.split('|') ?? [];
  assert.doesNotMatch(cell.replaceAll(/<\/?code>|<br>/g, ''), /[<>`[\]]|:\/\//);
  const json = await profbuf(['diff', 'before', 'after', '--json', '--fail-above', '10%'], { cwd: folder.path });
  assert.equal(json.code, 1);
  const file = JSON.parse(json.stdout);
  assert.deepEqual([file.sampleType, file.unit, file.isNoiseAssumed, file.noise], ['cpu', 'nanoseconds', true, 8]);
  const added = file.lines.find((line: { name: string }) => line.name === 'added');
  assert.deepEqual(
    [added.verdict, added.change, added.fails, added.base.value, added.new.samples],
    ['more', null, true, 0, 400],
  );
});

test('diff compares what profbuf recorded with what others did, by content', async (t) => {
  const folder = new Folder(t);
  folder.write('app.js', busyFor(400));
  assert.equal((await profbuf(['record', '--rate', '1000', '-q', 'app.js'], { cwd: folder.path })).code, 0);
  folder.write('other', JSON.stringify(folder.profile().toCpuProfile()));
  const { code, stdout, stderr } = await profbuf(['diff', 'profile.pb.gz', 'other', '--fail-above', '5'], {
    cwd: folder.path,
  });
  assert.equal(stderr, '');
  assert.equal(code, 0);
  assert.match(stdout, / noise +busy {2}app\.js:2$/m);
});

const refusals: readonly [args: readonly string[], message: RegExp][] = [
  [['base-0.pb.gz'], /which are the profiles from before\? profbuf diff BASE\.\.\. -- NEW\.\.\.; see/],
  [['base-0.pb.gz', '--'], /no profile after the --; see/],
  [['--', 'base-0.pb.gz'], /no profile before the --; see/],
  [['base-0.pb.gz', 'missing'], /cannot read missing: no such file/],
  [['base-0.pb.gz', 'slow-0.pb.gz', '--function', '('], /--function \(: no regular expression/],
  [['base-0.pb.gz', 'slow-0.pb.gz', '--function', 'cold'], /--function cold: nothing in the profiles has such a name/],
  [['base-0.pb.gz', 'slow-0.pb.gz', '--fail-above', 'much'], /--fail-above much: a number of percent, such as 5%/],
  [['base-0.pb.gz', 'slow-0.pb.gz', '--confidence', '100%'], /--confidence 100%: from 50% to below 100%/],
  [['base-0.pb.gz', 'slow-0.pb.gz', '--by', 'line'], /--by line: function, or label with its name/],
  [['base-0.pb.gz', 'slow-0.pb.gz', '--by', 'label'], /--by label needs the name of a label/],
  [['base-0.pb.gz', 'slow-0.pb.gz', '--by=label:a', '--cum'], /--cum: of functions only, not of labels/],
  [['base-0.pb.gz', 'slow-0.pb.gz', '--json', '--markdown'], /--markdown and --json: one of them/],
  [
    ['base-0.pb.gz', 'stacks'],
    /base-0\.pb\.gz shows cpu\/nanoseconds, and stacks samples\/count: name one .* --sample-type/,
  ],
  [['base-0.pb.gz', 'empty'], /empty: it has no cpu in it, so there is nothing to compare/],
];

test('what cannot be compared is refused in one line, status 2', async (t) => {
  const folder = await folderOf(t);
  folder.write('stacks', 'main;hot 3\n');
  folder.write('empty', await profileOf());
  await Promise.all(
    refusals.map(async ([args, message]) => {
      const { code, stdout, stderr } = await profbuf(['diff', ...args], { cwd: folder.path });
      assert.match(stderr, message);
      assert.match(stderr, /^profbuf: [^\n]+\n$/);
      assert.equal(stdout, '');
      assert.equal(code, 2);
    }),
  );
  const samples = await profbuf(['diff', 'base-0.pb.gz', 'stacks', '--sample-type', 'samples'], { cwd: folder.path });
  assert.equal(samples.code, 0, samples.stderr);
});
