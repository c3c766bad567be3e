import assert from 'node:assert/strict';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { busyUntil, samplesIn } from '../collector/profiled-program.js';
import { type Runtime, runtimes } from '../runtimes.js';
import { busyFor, Folder, main, type Result, run } from './command.js';

/*
 * A program's own NODE_OPTIONS count as in a bare run, also where Node takes them from files, which it looks at only if the
 * environment has none.
 */

/** Says what it runs with, and what a child of it would. */
const app = `
  import { execFileSync } from 'node:child_process';
  import v8 from 'node:v8';
  const own = /"?--(require|allow-fs-read)[ =]("[^"]*register.cjs"|\\S*register.cjs) ?/g;
  const options = (process.env.NODE_OPTIONS ?? '').replace(own, '');
  console.log(globalThis.hook, options, process.execArgv.join(), process.argv.length, v8.getHeapStatistics().heap_size_limit);
  console.log(Object.keys(process.env).filter((name) => /PROFBUF_NODE/.test(name)).length);
  if (process.argv[2] !== 'child') {
    const code = "console.log(globalThis.hook, process.title)";
    execFileSync(process.execPath, ['-e', code], { stdio: 'inherit' });
  }
  ${busyFor(100)}
`;

function folderOf(t: ConstructorParameters<typeof Folder>[0]): Folder {
  const folder = new Folder(t);
  folder.write('app.mjs', app);
  folder.write('hook.mjs', "globalThis.hook = 'hooked';");
  folder.write('.env', 'NODE_OPTIONS="--import ./hook.mjs --max-old-space-size=300"\n');
  folder.write('more.env', 'NODE_OPTIONS="--title=more"\n');
  folder.write('config.json', JSON.stringify({ nodeOptions: { import: ['./hook.mjs'], title: 'config' } }));
  return folder;
}

/** npm and shells find this Node first. */
function found(runtime: Runtime): NodeJS.ProcessEnv {
  return { PATH: `${dirname(runtime.path)}:${process.env.PATH}` };
}

function same(recorded: Result, bare: Result): void {
  assert.equal(recorded.stderr, bare.stderr);
  assert.equal(recorded.stdout, bare.stdout);
  assert.deepEqual([recorded.code, recorded.signal], [bare.code, bare.signal]);
}

// Without `process.execve` and with it: the oldest Node and the newest.
for (const runtime of runtimes.filter(({ major }) => major === 20 || major === 26)) {
  const hasConfig = runtime.major >= 24;
  const ways: Record<string, readonly string[]> = {
    'an env file': ['--env-file=.env', 'app.mjs'],
    'two env files': ['--env-file', '.env', '--env-file=more.env', 'app.mjs'],
    'an env file that is named after the script': ['app.mjs', '--env-file=.env'],
    ...(hasConfig
      ? {
          'a config file': ['--no-warnings', '--experimental-config-file=config.json', 'app.mjs'],
          'a config and an env file': [
            '--no-warnings',
            '--experimental-config-file=config.json',
            '--env-file=more.env',
            'app.mjs',
          ],
        }
      : {}),
  };
  for (const [from, words] of Object.entries(ways)) {
    test(`${runtime.name}: NODE_OPTIONS from ${from} count under the command`, async (t) => {
      const folder = folderOf(t);
      const bare = await run(runtime.path, words, { cwd: folder.path });
      assert.match(bare.stdout, from === 'two env files' ? /more/ : /hooked/);
      same(await run(runtime.path, [main, 'record', '-q', '--', ...words], { cwd: folder.path }), bare);
      same(await run(runtime.path, [main, 'record', '-q', runtime.path, ...words], { cwd: folder.path }), bare);
    });

    test(`${runtime.name}: NODE_OPTIONS from ${from} count below a shell, or it is said that they do not`, {
      skip: process.platform === 'win32',
    }, async (t) => {
      const folder = folderOf(t);
      const line = `node ${words.join(' ')}; true`;
      const env = found(runtime);
      const bare = await run('sh', ['-c', line], { cwd: folder.path, env });
      const recorded = await run(runtime.path, [main, 'record', '-q', line], { cwd: folder.path, env });
      if (runtime.major > 20) {
        same(recorded, bare);
        assert.ok(folder.profiles().some((name) => name.startsWith('profile.app.mjs.')));
      } else {
        assert.match(
          recorded.stderr,
          /^profbuf: NODE_OPTIONS of its files do not count in this process \([^\n]*\): [^\n]*\n$/,
        );
      }
    });
  }

  test(`${runtime.name}: where the environment has NODE_OPTIONS, those of files do not count either way`, async (t) => {
    const folder = folderOf(t);
    const options = { cwd: folder.path, env: { NODE_OPTIONS: '--no-deprecation' } };
    const words = ['--env-file=.env', 'app.mjs'];
    const bare = await run(runtime.path, words, options);
    assert.match(bare.stdout, /^undefined --no-deprecation/);
    same(await run(runtime.path, [main, 'record', '-q', '--', ...words], options), bare);
  });

  test(`${runtime.name}: a fork whose arguments name an env file keeps its channel`, async (t) => {
    const folder = folderOf(t);
    folder.write('child.mjs', 'process.send(String(globalThis.hook)); process.disconnect();');
    folder.write(
      'parent.mjs',
      `import { fork } from 'node:child_process';
      fork('child.mjs', { execArgv: ['--env-file=.env'] }).on('message', (word) => console.log(word));`,
    );
    const { stdout, stderr, code } = await run(runtime.path, [main, 'record', '-q', 'parent.mjs'], {
      cwd: folder.path,
    });
    assert.deepEqual([stdout, code], ['undefined\n', 0]);
    assert.match(stderr, /^profbuf: NODE_OPTIONS of its files do not count in this process [^\n]*\n$/);
  });
}

const preload = main.replace('cli/main.js', 'register.cjs');

for (const runtime of runtimes.filter(({ major }) => major === 26)) {
  test(`${runtime.name}: cpu-prof in the config file is Node's own profiler, and nobody complains`, async (t) => {
    const folder = new Folder(t);
    folder.write('app.js', `${busyUntil(20)} process.exitCode = 3;`);
    folder.write(
      'node.config.json',
      JSON.stringify({ nodeOptions: { 'cpu-prof': true, 'cpu-prof-name': 'node.cpuprofile' } }),
    );
    const words = ['--no-warnings', '--experimental-default-config-file', 'app.js'];
    const bare = await run(runtime.path, words, { cwd: folder.path });
    const env = { PROFBUF_QUIET: '1', PROFBUF_OUTPUT: 'profile.pb.gz' };
    same(await run(runtime.path, ['--require', preload, ...words], { cwd: folder.path, env }), bare);
    assert.ok(samplesIn(folder.profile(), 'app.js') >= 8);
    folder.read('node.cpuprofile');
    same(
      await run(runtime.path, [main, 'record', '-q', '-o', 'recorded.pb.gz', '--', ...words], { cwd: folder.path }),
      bare,
    );
  });
}
