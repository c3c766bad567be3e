import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { randomStacks } from '../collector/profiled-program.js';
import { runtimes } from '../runtimes.js';
import { busyFor, Folder, main, profbuf, run } from './command.js';

/** Programs that tell all they can see of how they were started and how they end. */
const programs: Readonly<Record<string, { file: string; code: string; since?: number; args?: string[] }>> = {
  'a CommonJS program': {
    file: 'app.cjs',
    code: `console.log(require.main === module, process.argv, process.argv0, process.title, process.cwd(), new Error('stack').stack);`,
    args: ['--rate', 'two words', '', '-x', '"'],
  },
  'an ES module': {
    file: 'app.mjs',
    code: `console.log(import.meta.url, process.argv.slice(2), await Promise.resolve(1), process.execArgv);`,
    args: ['--', '--quiet'],
  },
  'a TypeScript program': {
    file: 'app.ts',
    code: `const greeting: string = 'typed'; console.log(greeting as unknown);`,
    since: 22,
  },
  'a script without an extension': { file: 'app', code: `console.log(module.filename, process.argv.length)` },
  'a script with an extension of its own': { file: 'app.server', code: `console.log(module.filename)` },
  'a program that reads stdin to its end': {
    file: 'stdin.js',
    code: `let n = 0; process.stdin.on('data', (d) => { n += d.length }).on('end', () => console.log('read', n));`,
  },
  'a program that looks at its environment': {
    file: 'env.js',
    code: `console.log(Object.keys(process.env).filter((k) => !/^(PROFBUF_|NODE_OPTIONS$)/.test(k)).sort().join());`,
  },
  'a program that looks at what it has open': {
    file: 'open.js',
    code: `require('node:fs').writeSync(1, process.getActiveResourcesInfo().join());`,
  },
  'a program that hears of its threads': {
    file: 'threads.js',
    code: `process.on('worker', () => console.log('a thread')); new (require('node:worker_threads').Worker)('', { eval: true });`,
  },
  'process.exit deep in a stack': {
    file: 'exit.js',
    code: `const dive = (n) => (n === 0 ? process.exit(42) : dive(n - 1)); setInterval(() => {}, 1000); dive(1000);`,
  },
  'an exit code set on the way': { file: 'code.js', code: 'process.exitCode = 7; setTimeout(() => {}, 50);' },
  'an uncaught error': { file: 'throw.js', code: `function fail() { throw new TypeError('no'); } fail();` },
  'an unhandled rejection': { file: 'reject.mjs', code: `await null; Promise.reject(new Error('no'));` },
  'a syntax error': { file: 'syntax.js', code: 'const = 1;' },
  'an await without end': { file: 'await.mjs', code: 'await new Promise(() => {});' },
  'a death by signal': { file: 'kill.js', code: `process.kill(process.pid, 'SIGTERM'); setInterval(() => {}, 1000);` },
  'a sudden death': { file: 'sudden.js', code: `process.kill(process.pid, 'SIGKILL'); setInterval(() => {}, 1000);` },
};

for (const runtime of runtimes) {
  test(`${runtime.name}: what a program prints, sees and ends with is what it is without profbuf`, async (t) => {
    for (const [what, { file, code, since = 0, args = [] }] of Object.entries(programs)) {
      if (runtime.major < since) continue;
      await t.test(what, async (t) => {
        const folder = new Folder(t);
        folder.write(file, code);
        const options = { cwd: folder.path, input: 'x'.repeat(100_000) };
        // A script without one of the known extensions is the Node's that is asked to run it.
        const bare = await run(runtime.path, [file, ...args], options);
        const recorded = await run(runtime.path, [main, 'record', '--quiet', '--', `./${file}`, ...args], options);
        // What may differ are process ids, in warnings.
        const comparable = (text: string) => text.replace(/\(node:\d+\)/g, '(node)');
        assert.equal(recorded.stdout, bare.stdout);
        assert.equal(comparable(recorded.stderr), comparable(bare.stderr));
        assert.deepEqual([recorded.code, recorded.signal], [bare.code, bare.signal]);
      });
    }
  });
}

for (const runtime of runtimes) {
  test(`${runtime.name}: a program whose output nobody reads any more goes on as it does without profbuf`, {
    skip: process.platform === 'win32',
  }, async (t) => {
    const folder = new Folder(t);
    folder.write(
      'app.js',
      'for (let i = 0; i < 100_000; i++) console.log(i); setTimeout(() => {}, 100); process.exitCode = 5;',
    );
    const ending = async (node: string) => {
      const line = `{ ${node} app.js; echo $? > status; } | head -n 1`;
      const { stdout, stderr } = await run('sh', ['-c', line], { cwd: folder.path });
      return { stdout, stderr, status: folder.read('status').toString() };
    };
    const bare = await ending(`'${runtime.path}'`);
    assert.deepEqual(await ending(`'${runtime.path}' '${main}' record --quiet --`), bare);
  });
}

test('the options of Node, for instance a loader, come after --', async (t) => {
  const folder = new Folder(t);
  folder.write('loader.mjs', 'globalThis.loaded = true;');
  const { stdout, code } = await profbuf(['record', '-q', '--', '--import', './loader.mjs', '-p', 'loaded'], {
    cwd: folder.path,
  });
  assert.equal(stdout, 'true\n');
  assert.equal(code, 0);
});

test('NODE_OPTIONS that are there already stay in force, also with spaces and quotes', async (t) => {
  const folder = new Folder(t, 'profbuf test "quoted" ');
  folder.write('other preload.cjs', 'globalThis.order = [...(globalThis.order ?? []), "other"];');
  const { stdout, stderr } = await profbuf(['record', '-q', '--', '-p', 'order + process.title'], {
    cwd: folder.path,
    env: { NODE_OPTIONS: `--title="a title" --require "./other preload.cjs"` },
  });
  assert.equal(stderr, '');
  assert.equal(stdout, 'othera title\n');
  assert.deepEqual(folder.profiles(), ['profile.pb.gz']);
});

test('one process writes the output that was asked for, and nothing else is left', async (t) => {
  const folder = new Folder(t);
  folder.write('app.js', busyFor(800));
  const { code, stdout, stderr } = await profbuf(['record', '-o', 'cpu.pb.gz', 'app.js'], { cwd: folder.path });
  assert.equal(code, 0);
  assert.equal(stdout, '');
  assert.deepEqual(folder.profiles(), []);
  const profile = folder.profile('cpu.pb.gz');
  assert.deepEqual(
    profile.model.sampleTypes.map(({ type, unit }) => `${type}/${unit}`),
    ['samples/count', 'cpu/nanoseconds'],
  );
  assert.equal(profile.top(1)[0]?.functionName, 'busy');

  const [start, summary, blank, ...table] = stderr.split('\n');
  assert.equal(start, 'profbuf: recording app.js at 100 Hz');
  assert.match(
    summary ?? '',
    /^profbuf: cpu\.pb\.gz: [\d,]+ samples, [\d.]+ m?s of CPU in [\d.]+ m?s, from [\d.]+ m?s on, besides [\d.]+ m?s of CPU before its first line and after its last, longest pause [\d.]+ m?s, at the start [\d.]+ m?s, at the end [\d.]+ m?s, (nothing lost|lost: [\d.]+ m?s of CPU in no stack)$/,
  );
  assert.equal(blank, '');
  const wholeTable = profile.topTable(10);
  const shortTable = wholeTable.slice(wholeTable.indexOf('Showing nodes')).replaceAll(`${folder.path}/`, '');
  assert.equal(table.join('\n'), shortTable);
});

test('the rate is what was asked for', async (t) => {
  const folder = new Folder(t);
  folder.write('app.js', busyFor(800));
  await profbuf(['record', '--rate', '1000', 'app.js'], { cwd: folder.path });
  const { model } = folder.profile();
  assert.deepEqual([model.periodType, model.period], [{ type: 'cpu', unit: 'nanoseconds' }, 1_000_000]);
});

test('a rate that the program would suffer from is lowered, which the profile and the end say', async (t) => {
  const folder = new Folder(t);
  folder.write('app.mjs', randomStacks({ seconds: 4, threads: 2, depth: 60 }));
  const { stderr } = await profbuf(['record', '--rate', '10000', 'app.mjs'], { cwd: folder.path });
  const { comments } = folder.profile().model;
  const lowered = /^the rate was lowered from 10000 to \d+ samples a second/;
  assert.equal(comments.filter((comment) => lowered.test(comment)).length, 1, comments.join('\n'));
  assert.match(stderr, /: the rate was lowered from 10000 to \d+ samples a second/);
  // 12 s where it was not lowered; a slow machine has one of 1.3 s before it is.
  const [, seconds = '0'] = /longest pause ([\d.]+) s/.exec(stderr) ?? [];
  assert.ok(Number(seconds) < 4, stderr);
});

const formats = {
  cpuprofile: { name: 'profile.cpuprofile', holds: /"functionName":"busy"/ },
  speedscope: { name: 'profile.speedscope.json', holds: /"name":"busy/ },
  firefox: { name: 'profile.firefox.json', holds: /"preprocessedProfileVersion":60,.*"busy"/ },
  collapsed: { name: 'profile.collapsed.txt', holds: /;busy [^;\n]* \d+$/m },
};

for (const [format, { name, holds }] of Object.entries(formats)) {
  test(`--format ${format} leaves ${name}, as does an output with such an ending`, async (t) => {
    const folder = new Folder(t);
    folder.write('app.js', busyFor(800));
    await profbuf(['record', '--format', format, 'app.js'], { cwd: folder.path });
    assert.deepEqual(folder.profiles(), [name]);
    assert.match(folder.read(name).toString(), holds);
    const other = name.replace('profile', 'other');
    await profbuf(['record', '--output', other, 'app.js'], { cwd: folder.path });
    assert.match(folder.read(other).toString(), holds);
  });
}

test('--duration: the profile is there while the program goes on, and holds no more than that', async (t) => {
  const folder = new Folder(t);
  folder.write(
    'app.js',
    `${busyFor(4000)}
    console.log(require('node:fs').readdirSync('.').filter((name) => name.endsWith('.gz')).join());
    process.exitCode = 3;`,
  );
  const { code, stdout, stderr } = await profbuf(['record', '--duration', '1', 'app.js'], { cwd: folder.path });
  assert.equal(stdout, 'profile.pb.gz\n');
  assert.equal(code, 3);
  assert.match(stderr, /^profbuf: 1 s are over; the program goes on$/m);
  const seconds = Number(folder.profile().model.durationNanos) / 1e9;
  assert.ok(seconds > 0 && seconds < 3, `collected for ${seconds} s`);
});

test('a command that starts no Node process says so and has its own status', async (t) => {
  const folder = new Folder(t);
  const { code, stderr } = await profbuf(['record', 'false'], { cwd: folder.path });
  assert.equal(code, 1);
  assert.match(stderr, /profbuf: no profile: the command started no Node\.js process that could be profiled/);
  assert.deepEqual(folder.profiles(), []);
});

test('a program runs on when nobody reads what profbuf says', { skip: process.platform === 'win32' }, async (t) => {
  const folder = new Folder(t);
  folder.write('app.js', `${busyFor(800)} require('node:fs').writeFileSync('done', '');`);
  const line = `{ '${process.execPath}' '${main}' record app.js; echo $? > status; } 2>&1 | true`;
  await run('sh', ['-c', line], { cwd: folder.path });
  assert.equal(folder.read('status').toString(), '0\n');
  assert.equal(folder.read('done').toString(), '');
  assert.deepEqual(folder.profiles(), ['profile.pb.gz']);
});

for (const words of [['record'], ['record', '--quiet']]) {
  test(`${words.join(' ')}: a profile that cannot be written after all costs the program nothing, and is said`, async (t) => {
    const folder = new Folder(t);
    folder.write('app.js', `require('node:fs').rmSync('out', { recursive: true }); process.exitCode = 5;`);
    folder.write('out/keep', '');
    const output = join('out', 'profile.pb.gz');
    const { code, stderr } = await profbuf([...words, '-o', output, 'app.js'], { cwd: folder.path });
    assert.equal(code, 5);
    assert.match(stderr, /profbuf: there is no profile of app\.js \(\d+\): nothing could be written to .*profile\.app/);
    assert.doesNotMatch(stderr, /nothing lost/);
  });
}
