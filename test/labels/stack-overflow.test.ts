import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hasOverflowFault } from '#profbuf/labels/stack-overflow.js';
import { Folder, run } from '../cli/command.js';
import { runtimes } from '../runtimes.js';
import { overflowingProgram } from './overflowing-program.js';

describe('a stack overflow under labels', () => {
  for (const runtime of runtimes) {
    it(`is caught on ${runtime.name}, with a profiler and without, and nothing is said`, async (t) => {
      const folder = new Folder(t);
      folder.write('app.mjs', overflowingProgram);
      for (const way of ['labels', 'profiled labels']) {
        const { code, stdout, stderr } = await run(runtime.path, ['app.mjs', way], { cwd: folder.path });
        assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: 'caught RangeError\n', stderr: '' }, way);
      }
    });
  }

  it('cannot be caught by the version numbers that the advisory has, and those of lines that had ended', () => {
    const withFault = ['v20.19.0', 'v20.19.6', 'v22.12.0', 'v22.21.1', 'v24.0.0', 'v24.12.0', 'v25.0.0', 'v25.2.1'];
    const ended = ['v18.20.8', 'v21.7.3', 'v23.11.1'];
    for (const version of [...withFault, ...ended]) assert.equal(hasOverflowFault(version), true, version);
    const mended = ['v20.20.0', 'v20.20.2', 'v22.22.0', 'v22.23.3', 'v24.13.0', 'v24.13.1', 'v24.21.0', 'v25.3.0'];
    const later = ['v25.10.0', 'v26.0.0', 'v26.10.0', 'v28.0.0', 'v26.0.0-nightly20260601'];
    for (const version of [...mended, ...later]) assert.equal(hasOverflowFault(version), false, version);
  });
});
