import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Profile } from 'profbuf';
import { Folder, root, run } from '../../cli/command.js';
import { goPprof } from '../../profile/go-pprof.js';
import { runtimes } from '../../runtimes.js';
import { runProfiled } from '../profiled-program.js';

const env = { PROFBUF_RATE: '1000' };

// `spin` calls itself, so that V8 does not count it as its caller's. Equal work takes equal time, whatever the machine does.
const work = `
  function spin(n) { return n < 2 ? n : spin(n - 1) + spin(n - 2); }
  globalThis.burn = (times) => { for (let i = 0; i < times; i++) spin(22); return times; };
  burn(300);
`;

/** The rows of the table whose functions have the name, with or without a place behind it. */
function rowsOf(profile: Profile, name: string) {
  return profile.top().filter(({ functionName }) => functionName === name || functionName.startsWith(`${name} (`));
}

/** The names on each stack, leaf first, and how many samples it has. */
function stacksOf({ model }: Profile) {
  const { functions, locations, samples } = model;
  const nameOf = (location: number) => functions[locations[location]?.lines[0]?.function ?? -1]?.name ?? '';
  return samples.map(({ stack, values }) => ({ names: stack.map(nameOf), samples: Number(values[0]) }));
}

/** The cumulative times of these rows in `go tool pprof -top`, in milliseconds. */
function goTop(folder: Folder, name: string): number[] {
  return goPprof(folder.read('profile.pb.gz'), '-top', '-unit=ms', '-nodefraction=0')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , , , , found]) => found === name)
    .map(([, , , cum = '']) => Number.parseFloat(cum));
}

/** Asserts that there are two, both with a good part of the time. */
function assertTwo(values: readonly number[]): void {
  assert.equal(values.length, 2, values.join());
  const [less = 0, more = 0] = values.toSorted((a, b) => a - b);
  assert.ok(less > 0.03 * more, values.join());
}

for (const runtime of runtimes) {
  describe(`${runtime.name}: what a name means`, { concurrency: 1 }, () => {
    const profileOf = async (folder: Folder, file: string, source: string) => {
      folder.write(file, source);
      const { code, stderr } = await runProfiled(runtime, folder, [file], { env });
      assert.equal(code, 0, stderr);
      return folder.profile();
    };

    for (const [kind, evaluate] of [
      ['new Function', (code: string) => `new Function(${JSON.stringify(`return ${code}`)})()`],
      ['eval', (code: string) => `(0, eval)(${JSON.stringify(`(${code})`)})`],
      ['vm', (code: string) => `require('node:vm').runInThisContext(${JSON.stringify(`(${code})`)})`],
    ] as const) {
      test(`two functions of one name by ${kind} are two, each with a place, here and in go tool pprof`, async (t) => {
        const folder = new Folder(t);
        const short = evaluate('function render(burn) { return burn(500) + 1; }');
        const long = evaluate('function render(burn) { return burn(1500) + 2; }');
        const profile = await profileOf(folder, 'app.js', `${work} (${short})(burn); (${long})(burn);`);
        const rows = rowsOf(profile, 'render');
        assertTwo(rows.map(({ cum }) => cum));
        assert.equal(new Set(rows.map(({ file }) => file)).size, 2);
        for (const { file, line } of rows) {
          assert.match(file, kind === 'vm' ? /^evalmachine\.<anonymous>-\d+$/ : /^evaluated-\d+$/);
          assert.ok(line > 0);
        }
        assertTwo(goTop(folder, 'render'));
        const frames = profile.toSpeedscope().shared.frames.filter(({ name }) => name.startsWith('render'));
        assert.equal(new Set(frames.map(({ name }) => name)).size, 2);
      });
    }

    test('two functions of one name on one line are two', async (t) => {
      const folder = new Folder(t);
      const source = `${work} const a = { go() { return burn(500) + 1; } }, b = { go() { return burn(1500) + 2; } }; a.go(); b.go();`;
      const profile = await profileOf(folder, 'app.min.js', source);
      const rows = rowsOf(profile, 'go');
      assertTwo(rows.map(({ cum }) => cum));
      assert.ok(rows.some(({ functionName }) => functionName === 'go'));
      assert.ok(
        rows.some(({ functionName }) => /^go \(app\.min\.js:\d+:\d+\)$/.test(functionName)),
        JSON.stringify(rows),
      );
      assertTwo(goTop(folder, 'go'));
    });

    test('a module that was running when sampling began is one row, with the place where it begins', async (t) => {
      const folder = new Folder(t);
      folder.write(
        'late.mjs',
        `import { writeFileSync } from 'node:fs';
        import { startProfiler } from ${JSON.stringify(`${root}dist/index.js`)};
        const profiler = await startProfiler({ sampleRate: 1000 });
        const end = () => process.cpuUsage().user + 200e3;
        let until = end(), sum = 0;
        while (process.cpuUsage().user < until) for (let i = 0; i < 1e6; i++) sum += i;
        await null;
        until = end();
        while (process.cpuUsage().user < until) for (let i = 0; i < 1e6; i++) sum += i;
        await import('./later.mjs');
        writeFileSync('profile.pb.gz', await (await profiler.stop()).encode());`,
      );
      folder.write(
        'later.mjs',
        `let until = process.cpuUsage().user + 200e3, sum = 0;
        while (process.cpuUsage().user < until) for (let i = 0; i < 1e6; i++) sum += i;
        await null;
        until += 200e3;
        while (process.cpuUsage().user < until) for (let i = 0; i < 1e6; i++) sum += i;`,
      );
      const { code, stderr } = await run(runtime.path, ['late.mjs'], { cwd: folder.path });
      assert.equal(code, 0, stderr);
      const rows = folder.profile().top();
      for (const module of ['late.mjs', 'later.mjs']) {
        const names = rows.map(({ functionName }) => functionName).filter((name) => name.includes(` ${module}`));
        assert.deepEqual(names, [`(anonymous ${module}:1:1)`]);
      }
    });

    test('a stack that V8 has cut says so at its root, and the profile counts them', async (t) => {
      const folder = new Folder(t);
      const source = `${work}
        function walk(n, ms) { return n === 0 ? burn(ms) : walk(n - 1, ms) + 1; }
        function cheapJob() { return walk(400, 500) + 1; }
        function dearJob() { return walk(400, 3500) + 2; }
        function shallowJob() { return walk(100, 1500) + 3; }
        cheapJob(); dearJob(); shallowJob();`;
      const profile = await profileOf(folder, 'app.js', source);
      const { comments } = profile.model;
      let cut = 0;
      for (const { names, samples } of stacksOf(profile)) {
        if (!names.includes('walk')) continue;
        const outermost = names.at(-1);
        assert.equal(outermost === '(truncated)', !names.includes('shallowJob'), names.slice(-3).join());
        if (outermost === '(truncated)') cut += samples;
      }
      assert.ok(cut > 50, String(cut));
      assert.ok(rowsOf(profile, 'shallowJob').length === 1);
      assert.ok(
        comments.some((comment) => comment.startsWith(`${cut} samples have a stack that V8 has cut`)),
        comments.join('\n'),
      );
    });

    test('a long stack that is whole has no such mark', async (t) => {
      const folder = new Folder(t);
      // V8 shows what it has inlined besides the frames that it keeps.
      const source = `${work}
        const last = (times) => burn(times) + 1;
        const inner = (n, times) => n === 0 ? last(times) : outer(n, times) + 1;
        function outer(n, times) { return inner(n - 1, times) + 1; }
        for (let i = 0; i < 2e4; i++) outer(3, 0);
        for (let i = 0; i < 100; i++) outer(140, 25);`;
      const profile = await profileOf(folder, 'app.js', source);
      const stacks = stacksOf(profile).map(({ names }) => names);
      const isWhole = (names: readonly string[]) => names.includes('(anonymous run_main_module:1:1)');
      assert.ok(stacks.some((names) => isWhole(names) && names.length > 200));
      for (const names of stacks.filter((names) => names.includes('outer'))) {
        assert.equal(names.includes('(truncated)'), !isWhole(names), `${names.length}: ${names.slice(-5)}`);
      }
    });
  });
}
