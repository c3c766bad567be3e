import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import { Profile } from 'profbuf';
import { readProfileFile } from '#profbuf/profile/read/profile-file.js';
import { columnsOf } from '#profbuf/report/columns.js';
import { decodeColumns, encodeColumns } from '#profbuf/report/encoding.js';
import { keyValues } from '#profbuf/report/function-values.js';
import { keyingOf, outermostKeys } from '#profbuf/report/keying.js';
import { ReportData } from '#profbuf/report/report-data.js';
import { Folder, root } from '../cli/command.js';
import { runProfiled } from '../collector/profiled-program.js';
import { otherEngines } from '../other-engines.js';
import { goMadeProfiles, goPprof, skip } from '../profile/go-pprof.js';
import { recursiveFunctions } from '../profile/recursive-functions.js';
import { runtimes } from '../runtimes.js';

/** Recursion of one function, of two and of a method; functions without a name, and of one name in two files; allocations. */
const program = `
  import { step } from './other.mjs';
  ${recursiveFunctions}
  const jobs = [
    () => fibonacci(24),
    () => { for (let i = 0; i < 200; i++) isEven(4000); },
    function step() { return new Tree(12).walk() + fibonacci(20); },
    () => step(),
  ];
  for (const end = Date.now() + 1200; Date.now() < end; ) for (const job of jobs) job();
`;
const other = `export function step() { return JSON.parse(JSON.stringify(Array.from({ length: 20_000 }, (_, i) => ({ i })))); }`;

type Row = readonly [name: string, flat: number, cum: number];

/** All that the page's table of functions has, out of the data that the page holds. */
async function reportRows(profile: Profile, type: number): Promise<Row[]> {
  const columns = decodeColumns(encodeColumns(columnsOf(profile.model, 'real')));
  const data = new ReportData(columns);
  const keying = keyingOf(columns, data.origins, 'name', new Set());
  const weights = data.weights(type, () => true);
  const { flat, cum } = keyValues(data, keying, outermostKeys(columns, keying), weights);
  return Array.from(
    flat,
    (value, key): Row => [data.functionName(keying.representative[key] ?? 0), value, cum[key] ?? 0],
  ).filter(([, own, all]) => own !== 0 || all !== 0);
}

function goRows(bytes: Uint8Array, type: string, unit: string): Row[] {
  const all = ['-nodefraction=0', '-edgefraction=0', '-nodecount=100000'];
  const text = goPprof(bytes, '-top', ...all, `-unit=${unit}`, `-sample_index=${type}`);
  const lines = text.split('\n');
  return lines.slice(lines.findIndex((line) => /flat%/.test(line)) + 1).flatMap((line): Row[] => {
    if (line === '') return [];
    const [, flat, cum, name = ''] =
      /^ *(-?[\d.e+]+)[a-zA-Z]* +\S+% +\S+% +(-?[\d.e+]+)[a-zA-Z]* +\S+% {2}(.*?)(?: \((?:partial-)?inline\))?$/.exec(
        line,
      ) ?? [];
    return [[name, Number(flat), Number(cum)]];
  });
}

const sorted = (rows: readonly Row[]) =>
  rows
    .toSorted(([a, b], [c, d]) => (a === c ? b - d : a < c ? -1 : 1))
    .filter(([, flat, cum]) => flat !== 0 || cum !== 0);

/** Written in each format that we write, as others would have it. */
function converted(profile: Profile): Record<string, Uint8Array> {
  const bytesOf = (value: unknown) =>
    new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));
  return {
    speedscope: bytesOf(profile.toSpeedscope()),
    cpuprofile: bytesOf(profile.toCpuProfile()),
    firefox: bytesOf(profile.toFirefox()),
    collapsed: bytesOf(profile.toCollapsed()),
  };
}

async function datadogProfiles(): Promise<Record<string, Uint8Array>> {
  // Its types do not compile under exactOptionalPropertyTypes; this is the part used here.
  const { time, heap, encode } = createRequire(import.meta.url)('@datadog/pprof') as {
    time: { start(options: object): void; stop(): object };
    heap: { start(intervalBytes: number, stackDepth: number): void; profile(): object; stop(): void };
    encode(profile: object): Promise<Uint8Array>;
  };
  heap.start(32_768, 64);
  time.start({ intervalMicros: 1000, durationMillis: 60_000 });
  const kept: object[] = [];
  const fill = (depth: number): number => (depth === 0 ? kept.push({ depth }) : fill(depth - 1) + 1);
  for (const end = performance.now() + 500; performance.now() < end; ) fill(20);
  const made = { 'datadog time': await encode(time.stop()), 'datadog heap': await encode(heap.profile()) };
  heap.stop();
  assert.ok(kept.length > 0);
  return made;
}

test('a report has the numbers of go tool pprof -top on 40 files', { skip }, async (t) => {
  const folder = new Folder(t);
  folder.write('app.mjs', program);
  folder.write('other.mjs', other);
  folder.write(
    'api.mjs',
    `import { startProfiler } from ${JSON.stringify(join(root, 'dist/index.js'))};
    import { writeFileSync } from 'node:fs';
    const profiler = await startProfiler({ sampleRate: 500 });
    const collected = ['cpu', 'wall'].map((kind) => profiler.collect({ kind, seconds: 1 }));
    await import('./app.mjs');
    for (const [i, profile] of (await Promise.all(collected)).entries()) writeFileSync('api-' + i + '.pb.gz', await profile.encode());
    await profiler.stop();`,
  );
  const files = new Map<string, Uint8Array>();
  const isRun = (command: string, args: readonly string[]) => {
    const { status, stderr } = spawnSync(command, args, { cwd: folder.path, encoding: 'utf8' });
    if (status !== 0) t.diagnostic(`${command} ${args.join(' ')}: ${stderr.slice(0, 200)}`);
    return status === 0;
  };
  for (const runtime of runtimes) {
    const { code, stderr } = await runProfiled(runtime, folder, ['app.mjs'], { env: { PROFBUF_RATE: '1000' } });
    assert.equal(code, 0, stderr);
    const recorded = folder.read('profile.pb.gz');
    files.set(`${runtime.name}, recorded`, recorded);
    for (const [format, bytes] of Object.entries(converted(Profile.decode(recorded)))) {
      files.set(`${runtime.name}, ${format}`, bytes);
    }
    assert.ok(isRun(runtime.path, ['api.mjs']));
    files.set(`${runtime.name}, collected cpu`, folder.read('api-0.pb.gz'));
    files.set(`${runtime.name}, collected wall`, folder.read('api-1.pb.gz'));
    const name = `node${runtime.major}`;
    assert.ok(isRun(runtime.path, ['--cpu-prof', '--cpu-prof-name', `${name}.cpuprofile`, 'app.mjs']));
    assert.ok(isRun(runtime.path, ['--heap-prof', '--heap-prof-name', `${name}.heapprofile`, 'app.mjs']));
    files.set(`${runtime.name}, --cpu-prof`, folder.read(`${name}.cpuprofile`));
    files.set(`${runtime.name}, --heap-prof`, folder.read(`${name}.heapprofile`));
  }
  for (const { name, path } of otherEngines) {
    const dir = `${name}-profiles`;
    const args = name === 'Deno' ? ['run', '--allow-all'] : [];
    if (!isRun(path, [...args, '--cpu-prof', `--cpu-prof-dir=${dir}`, 'app.mjs'])) continue;
    for (const file of readdirSync(join(folder.path, dir)).filter((one) => one.endsWith('.cpuprofile'))) {
      files.set(`${name}, --cpu-prof`, folder.read(join(dir, file)));
    }
  }
  const { cpu, heap } = goMadeProfiles();
  files.set('Go, cpu', cpu).set('Go, heap', heap);
  for (const [name, bytes] of Object.entries(await datadogProfiles())) files.set(name, bytes);

  let compared = 0;
  for (const [name, bytes] of files) {
    const profile = readProfileFile(bytes);
    const pprof = await profile.encode();
    for (const [index, { type, unit }] of profile.model.sampleTypes.entries()) {
      const expected = goRows(pprof, type, unit);
      assert.deepEqual(sorted(await reportRows(profile, index)), sorted(expected), `${name}, ${type}`);
      compared += expected.length;
    }
  }
  t.diagnostic(`${files.size} files, ${compared} rows: ${[...files.keys()].join('; ')}`);
  assert.ok(files.size >= 40, `${files.size} files`);
  assert.ok(compared > 40 * 10);
});
