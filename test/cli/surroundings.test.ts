import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { runtimes } from '../runtimes.js';
import { busyFor, Folder, main, profbuf, type Result, run } from './command.js';

const skip = process.platform === 'win32' && 'these are lines for a POSIX shell';

/** `profbuf …` in a folder that is removed before the command starts. */
function fromRemovedFolder(node: string, folder: Folder, words: string): Promise<Result> {
  const line = `mkdir gone && cd gone && rmdir ../gone && exec '${node}' '${main}' ${words}`;
  return run('sh', ['-c', line], { cwd: folder.path });
}

for (const runtime of runtimes) {
  test(`${runtime.name}: in a folder that is gone the program runs unprofiled, and it is said why`, {
    skip,
  }, async (t) => {
    const folder = new Folder(t);
    const app = folder.write('app.js', "console.log('ran'); process.exitCode = 3;");
    const output = join(folder.path, 'profile.pb.gz');
    const { code, stdout, stderr } = await fromRemovedFolder(runtime.path, folder, `record -o '${output}' '${app}'`);
    assert.deepEqual([code, stdout], [3, 'ran\n']);
    assert.match(
      stderr,
      /^profbuf: recording .*\nprofbuf: app\.js \(\d+\) was not profiled: its working folder is gone.*\n$/,
    );
    assert.deepEqual(folder.profiles(), []);
  });
}

for (const [what, words, line] of [
  ['an output that is named from', 'record -- -e 1', /cannot write profile\.pb\.gz: the working folder is gone; name/],
  [
    'a script that is named from',
    'record -o /tmp/p.pb.gz app.js',
    /no script app\.js in the working folder, which is gone/,
  ],
] as const) {
  test(`${what} a folder that is gone: one line that says so, and status 2`, { skip }, async (t) => {
    const { code, stderr } = await fromRemovedFolder(process.execPath, new Folder(t), words);
    assert.match(stderr, line);
    assert.match(stderr, /^profbuf: [^\n]+\n$/);
    assert.equal(code, 2);
  });
}

test('without a folder for temporary files nothing is run: one line says so, and status 2', { skip }, async (t) => {
  const folder = new Folder(t);
  folder.write('app.js', "console.log('ran');");
  const env = { TMPDIR: '/no/such/folder' };
  const { code, stdout, stderr } = await profbuf(['record', 'app.js'], { cwd: folder.path, env });
  assert.equal(
    stderr,
    'profbuf: cannot make a folder in /no/such/folder: no such file or directory; set TMPDIR to a folder that can be written\n',
  );
  assert.deepEqual([code, stdout], [2, '']);
});

test('the folder for temporary files may be named from here, and the program run elsewhere', { skip }, async (t) => {
  const folder = new Folder(t);
  folder.write('temporary/keep', '');
  folder.write('elsewhere/app.js', busyFor(300));
  const words = ['record', 'cd elsewhere && node app.js'];
  const { stderr } = await profbuf(words, { cwd: folder.path, env: { TMPDIR: 'temporary' } });
  assert.match(stderr, /^profbuf: profile\.pb\.gz: \d+ samples, /m);
});

test('a folder for temporary files that cannot be taken away costs the program nothing', async (t) => {
  const folder = new Folder(t);
  const inTheWay = "require('node:fs').mkdirSync(process.env.PROFBUF_SESSION + '.closed/x', { recursive: true });";
  folder.write('app.js', `${inTheWay} process.exitCode = 3;`);
  const env = { TMPDIR: folder.path, TEMP: folder.path };
  const { code, stderr } = await profbuf(['record', '--quiet', 'app.js'], { cwd: folder.path, env });
  assert.match(stderr, /^profbuf: cannot remove .*profbuf-\w+: [^\n]+\n$/);
  assert.equal(code, 3);
  assert.deepEqual(folder.profiles(), ['profile.pb.gz']);
});

const permission = process.versions.node.startsWith('20.') ? '--experimental-permission' : '--permission';

/** Why a program cannot be profiled: what stands before the command, its options and the program's, and how it is said. */
const unprofiled: Readonly<
  Record<string, { env?: NodeJS.ProcessEnv; options?: string[]; flags?: string[]; said: RegExp }>
> = {
  'a setting is out of range': {
    env: { PROFBUF_LABEL_BUFFER_WORDS: '3' },
    said: /^profbuf: app\.js \(\d+\) was not profiled: PROFBUF_LABEL_BUFFER_WORDS: 3 is no capacity.*\n$/,
  },
  'it begins after --duration is over': {
    options: ['--duration', '0.001'],
    said: /^profbuf: app\.js \(\d+\) was not profiled: it began when the time to collect was over\n$/,
  },
  // It may not write where the command looks, so it says so itself.
  "Node's permission model denies it": {
    flags: [permission, '--allow-fs-read=*', '--no-warnings'],
    said: /^profbuf: not profiled: Node's permission model denies .*\nprofbuf: no profile: the command started no Node\.js process that could be profiled and .*\n$/,
  },
};

for (const [what, { env = {}, options = [], flags = [], said }] of Object.entries(unprofiled)) {
  test(`a program that is not profiled as ${what}: it runs, and the reason is said once`, async (t) => {
    const folder = new Folder(t);
    folder.write('app.js', "console.log('ran'); process.exitCode = 3;");
    const words = ['record', ...options, '--', ...flags, 'app.js'];
    const { code, stdout, stderr } = await profbuf(words, { cwd: folder.path, env });
    assert.deepEqual([code, stdout], [3, 'ran\n']);
    assert.match(stderr.replace(/^profbuf: recording .*\n/, ''), said);
    assert.deepEqual(folder.profiles(), []);
  });
}

test('that a program is not profiled is said to who wants to hear of errors alone', async (t) => {
  const folder = new Folder(t);
  folder.write('app.js', '');
  const env = { PROFBUF_LABEL_BUFFER_WORDS: '3' };
  const { stderr } = await profbuf(['record', '--quiet', 'app.js'], { cwd: folder.path, env });
  assert.match(stderr, /^profbuf: app\.js \(\d+\) was not profiled: [^\n]+\n$/);
});

/** Preloads that make a Node look like another one to what is loaded after them. */
const disguises = {
  'too old': {
    code: `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.18.3' } });
      Object.defineProperty(process, 'version', { value: 'v20.18.3' });`,
    reason: 'Node.js v20.18.3 is too old: profbuf needs 20.19 or later',
  },
  'built without the inspector': {
    code: `Object.defineProperty(process.features, 'inspector', { value: false });`,
    reason: 'this Node was built without the inspector',
  },
};

for (const runtime of runtimes) {
  for (const [what, { code: disguise, reason }] of Object.entries(disguises)) {
    test(`${runtime.name}: a program runs unprofiled on a Node that is ${what}, and it is said why`, {
      skip,
    }, async (t) => {
      const folder = new Folder(t);
      folder.write('disguise.cjs', disguise);
      folder.write('app.js', "console.log('ran'); process.exitCode = 3;");
      const line = `NODE_OPTIONS="--require ./disguise.cjs $NODE_OPTIONS" '${runtime.path}' app.js`;
      const { code, stdout, stderr } = await profbuf(['record', line], { cwd: folder.path });
      assert.deepEqual([code, stdout], [3, 'ran\n']);
      const [, ...closing] = stderr.replace(/\(\d+\)/, '(pid)').split('\n');
      assert.deepEqual(closing, [`profbuf: app.js (pid) was not profiled: ${reason}`, '']);
      assert.deepEqual(folder.profiles(), []);
    });
  }
}

test('a program under a policy, of which no preload may run that is not in it, runs as it would', async (t) => {
  const [oldest] = runtimes;
  assert.equal(oldest?.major, 20, 'Nodes after it have no policies');
  const folder = new Folder(t);
  folder.write('app.js', "console.log('ran', process.env.NODE_OPTIONS); process.exitCode = 3;");
  folder.write('package.json', '{}');
  const resources = { './app.js': { integrity: true, dependencies: true }, './package.json': { integrity: true } };
  folder.write('policy.json', JSON.stringify({ resources }));
  const words = ['--no-warnings', '--experimental-policy=policy.json', 'app.js'];
  const bare = await run(oldest.path, words, { cwd: folder.path });
  assert.deepEqual([bare.code, bare.stdout], [3, 'ran undefined\n']);
  const { stderr, ...recorded } = await run(oldest.path, [main, 'record', '-q', '--', ...words], { cwd: folder.path });
  assert.deepEqual({ ...recorded, stderr: '' }, bare);
  assert.match(stderr, /^profbuf: not profiled: --experimental-policy lets no file run /);
});

for (const runtime of runtimes) {
  test(`${runtime.name}: a program that runs from a snapshot of its own ends as it would`, async (t) => {
    const folder = new Folder(t);
    const program = "() => { console.log('from the snapshot', kept); process.exitCode = 6; }";
    folder.write(
      'entry.js',
      `globalThis.kept = 3; require('node:v8').startupSnapshot.setDeserializeMainFunction(${program});`,
    );
    const options = { cwd: folder.path };
    const built = await run(runtime.path, ['--snapshot-blob', 'app.blob', '--build-snapshot', 'entry.js'], options);
    assert.equal(built.code, 0, built.stderr);
    const words = ['--snapshot-blob', 'app.blob', 'app.js'];
    const bare = await run(runtime.path, words, options);
    assert.deepEqual([bare.code, bare.stdout], [6, 'from the snapshot 3\n']);
    const recorded = await run(runtime.path, [main, 'record', '--', ...words], options);
    assert.deepEqual([recorded.code, recorded.stdout], [bare.code, bare.stdout]);
    if (runtime.major > 20) assert.match(recorded.stderr, /was not profiled: it runs from a snapshot of its own/);
    else assert.deepEqual(folder.profiles(), ['profile.pb.gz']);
  });
}
