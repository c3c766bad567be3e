import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Profile } from 'profbuf';
import { otherEngines } from '../other-engines.js';
import { type Engine, runtimes } from '../runtimes.js';
import { busyFor, Folder, main, profbuf, root, run } from './command.js';

const hasGo = spawnSync('go', ['version']).status === 0;
const skipGo = !hasGo && !process.env.CI && 'go is not installed';

/** A profile of the command's own making. */
let recorded: Uint8Array;

before(async () => {
  const folder = new Folder({ after });
  folder.write('app.js', busyFor(800));
  await profbuf(['record', '-q', 'app.js'], { cwd: folder.path });
  recorded = folder.read('profile.pb.gz');
});

test('top shows what Profile.topTable says, of as many functions as -n says', async (t) => {
  const folder = new Folder(t);
  folder.write('cpu.pb.gz', recorded);
  const { code, stdout, stderr } = await profbuf(['top', 'cpu.pb.gz', '-n', '2'], { cwd: folder.path });
  assert.equal(stderr, '');
  assert.equal(code, 0);
  assert.equal(stdout, Profile.decode(recorded).topTable(2));
  assert.match(stdout, / busy +\S+app\.js:2\n/);
  const samples = await profbuf(['top', '--sample-type', 'samples', 'cpu.pb.gz'], { cwd: folder.path });
  assert.match(samples.stdout, /^Type: samples$/m);
  const none = await profbuf(['top', '--sample-type', 'bytes', 'cpu.pb.gz'], { cwd: folder.path });
  assert.match(none.stderr, /^profbuf: no sample type "bytes": the profile has samples, cpu\n$/);
  assert.equal(none.code, 2);
});

test('top and convert add several files up', async (t) => {
  const folder = new Folder(t);
  folder.write('one.pb.gz', recorded);
  folder.write('two.pb.gz', recorded);
  const words = ['convert', 'one.pb.gz', 'two.pb.gz', '--output', 'sum.pb.gz'];
  assert.equal((await profbuf(words, { cwd: folder.path })).code, 0);
  const [one] = Profile.decode(recorded).top(1);
  const [sum] = folder.profile('sum.pb.gz').top(1);
  assert.ok(one);
  assert.equal(sum?.flat, 2 * one.flat);
  const { stdout } = await profbuf(['top', 'one.pb.gz', 'two.pb.gz'], { cwd: folder.path });
  assert.equal(stdout, folder.profile('sum.pb.gz').topTable(30));
});

test('convert reads stdin and writes stdout for -', { skip: process.platform === 'win32' }, async (t) => {
  const folder = new Folder(t);
  folder.write('cpu.pb.gz', recorded);
  const line = `'${process.execPath}' '${main}' convert - --format collapsed --output - < cpu.pb.gz`;
  const { code, stdout, stderr } = await run('sh', ['-c', line], { cwd: folder.path });
  assert.equal(stderr, '');
  assert.equal(code, 0);
  assert.equal(stdout, Profile.decode(recorded).toCollapsed());
});

test('top waits for stdin also where a pipe does not', { skip: process.platform === 'win32' }, async (t) => {
  const folder = new Folder(t);
  folder.write('cpu.pb.gz', recorded);
  const impatient = "perl -MFcntl -e 'fcntl(STDIN, F_SETFL, O_NONBLOCK); exec @ARGV'";
  const line = `(sleep 1; cat cpu.pb.gz) | ${impatient} '${process.execPath}' '${main}' top -n 2 -`;
  const { code, stdout, stderr } = await run('sh', ['-c', line], { cwd: folder.path });
  assert.equal(stderr, '');
  assert.equal(code, 0);
  assert.equal(stdout, Profile.decode(recorded).topTable(2));
});

for (const [format, ending, expected] of [
  ['cpuprofile', '.cpuprofile', (profile: Profile) => JSON.stringify(profile.toCpuProfile())],
  ['speedscope', '.speedscope.json', (profile: Profile) => JSON.stringify(profile.toSpeedscope())],
  ['collapsed', '.txt', (profile: Profile) => profile.toCollapsed()],
] as const) {
  test(`convert writes ${format}, as --format or the output's ending says`, async (t) => {
    const folder = new Folder(t);
    folder.write('cpu.pb.gz', recorded);
    await profbuf(['convert', 'cpu.pb.gz', '--format', format, '--output', 'named'], { cwd: folder.path });
    await profbuf(['convert', 'cpu.pb.gz', '--output', `other${ending}`], { cwd: folder.path });
    assert.equal(folder.read('named').toString(), expected(Profile.decode(recorded)));
    assert.deepEqual(folder.read(`other${ending}`), folder.read('named'));
  });
}

test('convert writes pprof where the name has no ending, or a number for one', async (t) => {
  const folder = new Folder(t);
  folder.write('cpu.pb.gz', recorded);
  for (const name of ['cpu', 'cpu-1.2', 'cpu.prof']) {
    assert.equal((await profbuf(['convert', 'cpu.pb.gz', '-o', name], { cwd: folder.path })).code, 0);
    assert.deepEqual(folder.profile(name).model, Profile.decode(recorded).model);
  }
});

test('convert takes the sample type that --sample-type names', async (t) => {
  const folder = new Folder(t);
  folder.write('cpu.pb.gz', recorded);
  const convert = (output: string, type: string) =>
    profbuf(['convert', 'cpu.pb.gz', '-o', output, '--sample-type', type], { cwd: folder.path });
  const profile = Profile.decode(recorded);
  assert.equal((await convert('samples.txt', 'samples')).code, 0);
  assert.equal(folder.read('samples.txt').toString(), profile.toCollapsed('samples'));
  assert.equal((await convert('samples.speedscope.json', 'samples')).code, 0);
  assert.equal(JSON.parse(folder.read('samples.speedscope.json').toString()).activeProfileIndex, 0);
  assert.equal((await convert('samples.pb.gz', 'samples')).code, 0);
  assert.match(folder.profile('samples.pb.gz').topTable(), /^Type: samples$/m);
  const { code, stderr } = await convert('samples.cpuprofile', 'samples');
  assert.equal(stderr, 'profbuf: a .cpuprofile is made of times, and samples is in count\n');
  assert.equal(code, 2);
  assert.match(
    (await convert('x.txt', 'bytes')).stderr,
    /^profbuf: no sample type "bytes": the profile has samples, cpu\n$/,
  );
});

test('comments of several files say which file they are of, unless all have them', async (t) => {
  const folder = new Folder(t);
  const { model } = Profile.decode(recorded);
  const named = (...comments: string[]) => Profile.fromModel({ ...model, comments }).encode();
  folder.write('a.pb.gz', await named('Node.js', 'began after 1 ms', '#for programs'));
  folder.write('b.pb.gz', await named('Node.js', 'began after 2 ms'));
  await profbuf(['convert', 'a.pb.gz', 'b.pb.gz', '-o', 'sum.pb.gz'], { cwd: folder.path });
  assert.deepEqual(folder.profile('sum.pb.gz').model.comments, [
    'Node.js',
    'a.pb.gz: began after 1 ms',
    '#for programs',
    'b.pb.gz: began after 2 ms',
  ]);
});

test('a profile that Go wrote is shown and converted', { skip: skipGo }, async (t) => {
  const folder = new Folder(t);
  folder.write('cpu.pb.gz', recorded);
  const go = await run('go', ['tool', 'pprof', '-proto', '-output', 'go.pb.gz', 'cpu.pb.gz'], { cwd: folder.path });
  assert.equal(go.code, 0, go.stderr);
  const { stdout } = await profbuf(['top', 'go.pb.gz', '-n', '1'], { cwd: folder.path });
  assert.match(stdout, / busy +\S+app\.js:2\n$/);
  const { code } = await profbuf(['convert', 'go.pb.gz', '-o', 'go.cpuprofile'], { cwd: folder.path });
  assert.equal(code, 0);
  assert.match(folder.read('go.cpuprofile').toString(), /"functionName":"busy"/);
});

test('a profile that @datadog/pprof wrote is shown and converted', async (t) => {
  const folder = new Folder(t);
  const datadog = createRequire(import.meta.url).resolve('@datadog/pprof');
  folder.write(
    'app.cjs',
    `const { time, encode } = require(${JSON.stringify(datadog)});
    time.start({ intervalMicros: 10000, durationMillis: 60000 });
    ${busyFor(500)}
    encode(time.stop()).then((bytes) => require('node:fs').writeFileSync('datadog.pb.gz', bytes));`,
  );
  const made = await run(process.execPath, ['app.cjs'], { cwd: folder.path });
  assert.equal(made.code, 0, made.stderr);
  const { stdout } = await profbuf(['top', 'datadog.pb.gz', '-n', '1'], { cwd: folder.path });
  assert.match(stdout, /^Type: wall$/m);
  assert.match(stdout, / busy +\S*app\.cjs:\d+\n$/);
  const { code } = await profbuf(['convert', 'datadog.pb.gz', '-o', 'datadog.speedscope.json'], { cwd: folder.path });
  assert.equal(code, 0);
});

const engines: readonly Engine[] = [...runtimes.slice(0, 1), ...runtimes.slice(-1), ...otherEngines];
for (const { name, path, arguments: first = [] } of engines) {
  test(`a .cpuprofile that ${name} wrote is known by its content, shown, added up and converted`, async (t) => {
    const folder = new Folder(t);
    folder.write('app.cjs', busyFor(200));
    const flags = ['--cpu-prof', '--cpu-prof-dir=made'];
    const made = await run(path, [...first, ...flags, 'app.cjs'], { cwd: folder.path });
    assert.equal(made.code, 0, made.stderr);
    const [file = ''] = readdirSync(join(folder.path, 'made'));
    folder.write('unknown', folder.read(join('made', file)));
    const { stdout, stderr } = await profbuf(['top', 'unknown', '-n', '1'], { cwd: folder.path });
    assert.equal(stderr, '');
    assert.match(stdout, /^Type: cpu$/m);
    assert.match(stdout, / busy +\S*app\.cjs:2\n$/);
    const words = ['convert', 'unknown', 'unknown', '-o', 'sum.pb.gz'];
    assert.equal((await profbuf(words, { cwd: folder.path })).code, 0);
    assert.match(folder.profile('sum.pb.gz').topTable(1), / busy +\S*app\.cjs:2\n$/);
  });
}

test('a .heapprofile that Node wrote is shown in bytes', async (t) => {
  const folder = new Folder(t);
  folder.write(
    'app.cjs',
    'const kept = []; function allocate() { kept.push(Array.from({ length: 1e5 }, (_, i) => ({ i }))); }' +
      'for (let i = 0; i < 20; i++) allocate(); globalThis.kept = kept;',
  );
  const made = await run(process.execPath, ['--heap-prof', '--heap-prof-name=unknown', 'app.cjs'], {
    cwd: folder.path,
  });
  assert.equal(made.code, 0, made.stderr);
  const { stdout } = await profbuf(['top', 'unknown'], { cwd: folder.path });
  assert.match(stdout, /^Type: inuse_space$/m);
  // Node 20 does not say where the functions of a program are.
  assert.match(stdout, /MB [ \d.]+% {2}allocate( |$)/m);
});

test('a reader that has seen enough ends top without a word', { skip: process.platform === 'win32' }, async (t) => {
  const folder = new Folder(t);
  folder.write('cpu.pb.gz', recorded);
  const line = `'${process.execPath}' '${join(root, 'dist/cli/main.js')}' top cpu.pb.gz | true`;
  const { code, stderr } = await run('sh', ['-c', line], { cwd: folder.path });
  assert.equal(stderr, '');
  assert.equal(code, 0);
});
