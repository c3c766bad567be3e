import assert from 'node:assert/strict';
import { chmodSync, copyFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { Folder, type Result, root, run } from '../cli/command.js';
import { busyUntil, runProfiled, samplesIn, withoutOurs } from '../collector/profiled-program.js';
import { runtimes } from '../runtimes.js';

interface Coverage {
  readonly result: readonly {
    readonly url: string;
    readonly functions: readonly {
      readonly functionName: string;
      readonly ranges: readonly { readonly startOffset: number; readonly endOffset: number; readonly count: number }[];
    }[];
  }[];
}

const preload = join(root, 'dist/register.cjs');

const programs = {
  'deletes or replaces what we use': `
    delete globalThis.console; delete globalThis.Atomics; delete globalThis.SharedArrayBuffer; delete globalThis.performance;
    process.on = undefined; process.hrtime = undefined; process.getBuiltinModule = undefined;`,
  'has no process object for others': `
    const process = globalThis.process; delete globalThis.process; globalThis.process = undefined;`,
  'takes call and bind away': `
    Function.prototype.call = Function.prototype.bind = () => { throw new Error('no'); };`,
  "takes all listeners of 'exit' away": "process.removeAllListeners('exit');",
  'freezes the process object': 'Object.freeze(process);',
  'uses console.profile itself': "console.profile('mine'); setTimeout(() => console.profileEnd('mine'), 50);",
  'runs worker threads': `
    const { Worker } = require('node:worker_threads');
    new Worker('let sum = 0; for (let i = 0; i < 5e7; i++) sum += Math.sqrt(i);', { eval: true });`,
};

/** Node's flags beside which a program is profiled. */
const flags = {
  '--inspect': ['--inspect=127.0.0.1:0'],
  '--enable-source-maps': ['--enable-source-maps'],
  '--frozen-intrinsics': ['--frozen-intrinsics', '--no-warnings'],
  '--disallow-code-generation-from-strings': ['--disallow-code-generation-from-strings'],
};

/** Of the 20 samples that the programs wait for: some are of the start, or of another thread. */
const enough = 8;

for (const runtime of runtimes) {
  describe(`${runtime.name}: a program is profiled that`, { concurrency: 2 }, () => {
    for (const [name, code] of Object.entries(programs)) {
      test(name, async (t) => {
        const folder = new Folder(t);
        // Samples of worker threads count as well, so more are waited for than are asked for below.
        folder.write('app.js', `${code}\n${busyUntil(60)} process.exitCode = 3;`);
        const { code: status, stdout, stderr } = await runProfiled(runtime, folder, ['app.js']);
        assert.equal(withoutOurs(stderr), '');
        assert.deepEqual([status, stdout], [3, '']);
        assert.ok(samplesIn(folder.profile(), 'app.js') >= enough);
      });
    }

    for (const [name, list] of Object.entries(flags)) {
      test(`runs with ${name}, and ends by process.exit`, async (t) => {
        const folder = new Folder(t);
        folder.write('app.js', `${busyUntil(20)} process.exit(3);`);
        const { code, stderr } = await runProfiled(runtime, folder, ['app.js'], { flags: list });
        assert.equal(withoutOurs(stderr).replace(/^(Debugger listening on|For help, see:) .*\n/gm, ''), '');
        assert.equal(code, 3);
        assert.ok(samplesIn(folder.profile(), 'app.js') >= enough);
      });
    }

    test('runs with --trace-sync-io: Node has nothing to complain of', async (t) => {
      const folder = new Folder(t);
      folder.write('app.js', `setTimeout(() => { ${busyUntil(20)} }, 1);`);
      const { code, stderr } = await runProfiled(runtime, folder, ['app.js'], { flags: ['--trace-sync-io'] });
      assert.deepEqual([code, withoutOurs(stderr)], [0, '']);
      assert.ok(samplesIn(folder.profile(), 'app.js') >= enough);
    });

    for (const [name, list, env] of [
      ['--cpu-prof', ['--cpu-prof', '--cpu-prof-dir=node'], {}],
      ['coverage', [], { NODE_V8_COVERAGE: 'node' }],
    ] as const) {
      test(`runs with ${name}: each has its own file, and Node does not complain`, async (t) => {
        const folder = new Folder(t);
        folder.write('app.js', `${busyUntil(20)}`);
        const { code, stderr } = await runProfiled(runtime, folder, ['app.js'], {
          flags: list,
          env: { ...env, PROFBUF_OUTPUT: 'profile.pb.gz' },
        });
        assert.equal(withoutOurs(stderr), '');
        assert.equal(code, 0);
        // What was covered until our session ends is in a file of its own: docs/record.md, What disturbs it.
        const files = name === 'coverage' && runtime.major < 24 ? 2 : 1;
        assert.equal(readdirSync(join(folder.path, 'node')).length, files);
        assert.ok(samplesIn(folder.profile(), 'app.js') >= enough);
        const hasGaps = folder
          .profile()
          .model.comments.some((comment) => comment.includes("beside Node's own profiler"));
        assert.equal(hasGaps, runtime.major < 24, 'profile handles do not meet in the inspector');
      });
    }

    test('is measured by NODE_V8_COVERAGE: each block is counted as without a profiler', async (t) => {
      const folder = new Folder(t);
      folder.write(
        'app.js',
        `const { isMainThread, Worker } = require('node:worker_threads');
        function called(n) { if (n > 5) return 2; return 1; }
        function never() {}
        for (let n = 0; n < 3; n++) called(n);
        if (isMainThread) new Worker(__filename).on('exit', () => require('./busy.js'));`,
      );
      folder.write('busy.js', busyUntil(20));
      // As whoever reads coverage does: the files are added up.
      const counts = async (name: string, run: (env: NodeJS.ProcessEnv) => Promise<Result>) => {
        const { code, stderr } = await run({ NODE_V8_COVERAGE: join(folder.path, name) });
        assert.deepEqual([code, withoutOurs(stderr)], [0, '']);
        const sums = new Map<string, number>();
        for (const file of readdirSync(join(folder.path, name))) {
          const { result } = JSON.parse(folder.read(join(name, file)).toString()) as Coverage;
          for (const { functions } of result.filter(({ url }) => url.endsWith('/app.js'))) {
            for (const { functionName, ranges } of functions) {
              for (const { startOffset, endOffset, count } of ranges) {
                const key = `${functionName} ${startOffset} ${endOffset}`;
                sums.set(key, (sums.get(key) ?? 0) + count);
              }
            }
          }
        }
        return [...sums].sort();
      };
      const bare = await counts('bare', (env) => run(runtime.path, ['app.js'], { cwd: folder.path, env }));
      assert.deepEqual(await counts('profiled', (env) => runProfiled(runtime, folder, ['app.js'], { env })), bare);
      assert.ok(bare.some(([name, count]) => name.startsWith('called ') && count === 6));
      assert.ok(samplesIn(folder.profile(), 'busy.js') >= 5);
    });

    test('has no file: --eval, --print and stdin', async (t) => {
      const folder = new Folder(t);
      const program = `${busyUntil(20)} 6 * 7`;
      const results = [
        await runProfiled(runtime, folder, ['--eval', program], { env: { PROFBUF_OUTPUT: 'profile1.pb.gz' } }),
        await runProfiled(runtime, folder, ['--print', program], { env: { PROFBUF_OUTPUT: 'profile2.pb.gz' } }),
        await runProfiled(runtime, folder, ['-'], { env: { PROFBUF_OUTPUT: 'profile3.pb.gz' }, input: program }),
      ];
      assert.deepEqual(
        results.map(({ code, stdout }) => [code, stdout]),
        [
          [0, ''],
          [0, '42\n'],
          [0, ''],
        ],
      );
      assert.deepEqual(folder.profiles(), ['profile1.pb.gz', 'profile2.pb.gz', 'profile3.pb.gz']);
    });

    test('ends before the collector is up: the profile is empty and valid', async (t) => {
      const folder = new Folder(t);
      const { code } = await runProfiled(runtime, folder, ['--eval', 'process.exit(3)']);
      assert.equal(code, 3);
      assert.deepEqual(folder.profile().model.sampleTypes.at(-1), { type: 'cpu', unit: 'nanoseconds' });
    });

    test('starts other Node processes: each writes a file of its own', async (t) => {
      const folder = new Folder(t);
      folder.write('child.js', busyUntil(5));
      folder.write('app.js', `${busyUntil(5)} require('node:child_process').fork('./child.js');`);
      const { code } = await runProfiled(runtime, folder, ['app.js']);
      assert.equal(code, 0);
      const [child, own] = folder.profiles();
      assert.match(`${child} ${own}`, /^profile\.child\.js\.\d+\.pb\.gz profile\.pb\.gz$/);
      assert.ok(samplesIn(folder.profile(child), 'child.js') > 0);
      assert.ok(samplesIn(folder.profile(own), 'app.js') > 0);
    });
  });

  describe(`${runtime.name}: a program runs unprofiled, and one line says why, when`, { concurrency: 2 }, () => {
    const permission = runtime.major === 20 ? '--experimental-permission' : '--permission';
    for (const [name, { flags = [], env = {}, before, reason }] of Object.entries({
      'the permission model denies threads': {
        flags: [permission, '--allow-fs-read=*', '--no-warnings'],
        reason: /permission model denies/,
      },
      'the permission model denies the inspector': {
        flags: [permission, '--allow-fs-read=*', '--allow-worker', '--no-warnings'],
        reason: /permission model denies/,
      },
      'PROFBUF_RATE is out of range': {
        env: { PROFBUF_RATE: '20000' },
        reason: /PROFBUF_RATE=20000: .* from 1 to 10000/,
      },
      'PROFBUF_FORMAT is none': { env: { PROFBUF_FORMAT: 'svg' }, reason: /PROFBUF_FORMAT=svg: the formats are pprof/ },
      'this Node is too old': {
        before: `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.18.3' } });
          Object.defineProperty(process, 'version', { value: 'v20.18.3' });`,
        reason: /Node\.js v20\.18\.3 is too old: profbuf needs 20\.19 or later/,
      },
      'this Node has no inspector': {
        before: "Object.defineProperty(process.features, 'inspector', { value: false });",
        reason: /this Node was built without the inspector/,
      },
      'PROFBUF_DURATION is no number': { env: { PROFBUF_DURATION: 'long' }, reason: /PROFBUF_DURATION=long: / },
    } as Record<string, { flags?: string[]; env?: NodeJS.ProcessEnv; before?: string; reason: RegExp }>)) {
      test(name, async (t) => {
        const folder = new Folder(t);
        folder.write('app.js', "console.log('ran'); process.exitCode = 3;");
        // Preloads of NODE_OPTIONS come before those of the command line.
        if (before !== undefined) env.NODE_OPTIONS = `--require ${folder.write('before.cjs', before)}`;
        const { code, stdout, stderr } = await runProfiled(runtime, folder, ['app.js'], { flags, env });
        assert.deepEqual([code, stdout], [3, 'ran\n']);
        assert.match(stderr, /^profbuf: not profiled: [^\n]+\n$/);
        assert.match(stderr, reason);
        assert.deepEqual(folder.profiles(), []);
      });
    }

    test('the working folder is gone', { skip: process.platform === 'win32' }, async (t) => {
      const folder = new Folder(t);
      const app = folder.write('app.js', "console.log('ran'); process.exitCode = 3;");
      const line = `mkdir gone && cd gone && rmdir ../gone && exec '${runtime.path}' --require '${preload}' '${app}'`;
      const { code, stdout, stderr } = await run('sh', ['-c', line], { cwd: folder.path });
      assert.deepEqual([code, stdout], [3, 'ran\n']);
      assert.match(stderr, /^profbuf: not profiled: its working folder is gone[^\n]+\n$/);
    });

    const mayChangeUser = process.platform === 'linux' && process.getuid?.() === 0;
    test('its user may start few threads more', {
      skip: mayChangeUser ? false : 'only root changes the user',
    }, async (t) => {
      const folder = new Folder(t);
      chmodSync(folder.path, 0o755);
      folder.write('app.js', "console.log('ran'); process.exitCode = 3;");
      // Where the package lies need not be readable to that user.
      copyFileSync(preload, join(folder.path, 'register.cjs'));
      const user = ['--reuid=54321', '--regid=54321', '--clear-groups'];
      const limited = (threads: number, flags: readonly string[]) =>
        run('setpriv', [...user, 'prlimit', `--nproc=${threads}`, runtime.path, ...flags, 'app.js'], {
          cwd: folder.path,
        });
      const bare = await limited(9, []);
      if (bare.stderr.includes('ermission denied')) return t.skip('this Node is not for other users');
      assert.deepEqual([bare.code, bare.stdout], [3, 'ran\n']);
      const { stderr, ...preloaded } = await limited(9, ['--require', './register.cjs']);
      assert.deepEqual({ ...preloaded, stderr: '' }, bare);
      assert.match(stderr, /^profbuf: not profiled: of the 6 threads [^\n]+ can be started \(ulimit -u is 9\)\n$/);
    });

    test('its address space is limited', { skip: process.platform !== 'linux' }, async (t) => {
      const folder = new Folder(t);
      folder.write('app.js', "console.log('ran'); process.exitCode = 3;");
      const limited = (flags: string) =>
        run('sh', ['-c', `ulimit -v 1600000; exec '${runtime.path}' ${flags} app.js`], { cwd: folder.path });
      const bare = await limited('');
      assert.deepEqual([bare.code, bare.stdout], [3, 'ran\n']);
      const { stderr, ...preloaded } = await limited(`--require '${preload}'`);
      assert.deepEqual({ ...preloaded, stderr: '' }, bare);
      assert.match(stderr, /^profbuf: not profiled: its address space is limited to 1563 MB [^\n]+\n$/);
    });

    for (const [why, name, reason] of [
      ['its folder is not there', 'no-such-folder/profile.pb.gz', 'ENOENT: no such file or directory'],
      ['its name is too long', 'n'.repeat(300), 'ENAMETOOLONG: name too long'],
    ] as const) {
      test(`the profile cannot be written: ${why}`, async (t) => {
        const folder = new Folder(t);
        folder.write('app.js', `${busyUntil(5)} process.exitCode = 3;`);
        const output = join(folder.path, name);
        const { code, stderr } = await runProfiled(runtime, folder, ['app.js'], { env: { PROFBUF_OUTPUT: output } });
        assert.equal(code, 3);
        assert.equal(stderr, `profbuf: cannot write the profile: ${reason}, ${output}\n`);
      });
    }

    test('it gives up the right to write the profile', { skip: process.platform === 'win32' }, async (t) => {
      const folder = new Folder(t);
      const output = folder.write('out/profile.pb.gz', '');
      folder.write(
        'app.js',
        `${busyUntil(5)}
        if (process.getuid() === 0) process.setuid(65534);
        else require('node:fs').chmodSync('out', 0);
        process.exitCode = 3;`,
      );
      const { code, stderr } = await runProfiled(runtime, folder, ['app.js'], { env: { PROFBUF_OUTPUT: output } });
      chmodSync(dirname(output), 0o700);
      assert.equal(code, 3);
      assert.equal(stderr, `profbuf: cannot write the profile: EACCES: permission denied, ${output}\n`);
    });
  });
}

test('the formats of PROFBUF_FORMAT', async (t) => {
  const runtime = runtimes.find(({ major }) => major === 24) ?? runtimes[0];
  assert.ok(runtime);
  const folder = new Folder(t);
  folder.write('app.js', busyUntil(10));
  for (const format of ['cpuprofile', 'speedscope', 'firefox', 'collapsed']) {
    const env = { PROFBUF_FORMAT: format, PROFBUF_OUTPUT: `profile.${format}` };
    await runProfiled(runtime, folder, ['app.js'], { env });
    assert.match(folder.read(`profile.${format}`).toString(), /app\.js/);
  }
});

test('without PROFBUF_FORMAT the ending of PROFBUF_OUTPUT says the format, and one that is none costs only the profile', async (t) => {
  const runtime = runtimes[0];
  assert.ok(runtime);
  const folder = new Folder(t);
  folder.write('app.js', busyUntil(10));
  await runProfiled(runtime, folder, ['app.js'], { env: { PROFBUF_OUTPUT: 'profile.{name}.firefox.json' } });
  assert.match(folder.read('profile.app.js.firefox.json').toString(), /"preprocessedProfileVersion":60.*app\.js/);
  const { code, stderr } = await runProfiled(runtime, folder, ['--print', '7'], {
    env: { PROFBUF_OUTPUT: 'profile.svg' },
  });
  assert.match(
    stderr,
    /^profbuf: not profiled: PROFBUF_OUTPUT=profile\.svg: no format is known by the ending \.svg, only \.pb\.gz, .*PROFBUF_FORMAT\n$/,
  );
  assert.equal(code, 0);
});

test('without a name for it, the profile is called after script and process', async (t) => {
  const folder = new Folder(t);
  folder.write('app.js', busyUntil(1));
  const runtime = runtimes[0];
  assert.ok(runtime);
  await runProfiled(runtime, folder, ['app.js'], { env: { PROFBUF_OUTPUT: '' } });
  assert.match(folder.profiles().join(), /^profile\.app\.js\.\d+\.pb\.gz$/);
});

test('PROFBUF_QUIET: nothing is said', async (t) => {
  const folder = new Folder(t);
  const runtime = runtimes[0];
  assert.ok(runtime);
  const { stderr } = await runProfiled(runtime, folder, ['--eval', '0'], { env: { PROFBUF_QUIET: '1' } });
  assert.equal(stderr, '');
});

test('PROFBUF_DURATION: profiling ends while the program goes on', async (t) => {
  const folder = new Folder(t);
  folder.write(
    'app.js',
    `const { existsSync } = require('node:fs');
    const timer = setInterval(() => {
      if (!existsSync('profile.pb.gz') || !globalThis[Symbol.for('profbuf')].client.isOver) return;
      clearInterval(timer);
      console.log(process.listenerCount('exit'));
    }, 20);`,
  );
  for (const runtime of runtimes) {
    const bare = await run(runtime.path, ['--eval', "console.log(process.listenerCount('exit'))"], {
      cwd: folder.path,
    });
    const { code, stdout } = await runProfiled(runtime, folder, ['app.js'], { env: { PROFBUF_DURATION: '0.2' } });
    assert.deepEqual([code, stdout], [0, bare.stdout]);
  }
});
