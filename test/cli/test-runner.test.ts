import assert from 'node:assert/strict';
import { cpSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runtimes } from '../runtimes.js';
import { Folder, main, root, run } from './command.js';

for (const runtime of runtimes) {
  test(`${runtime.name}: node --test runs as it would, and its test files are profiled`, async (t) => {
    const folder = new Folder(t);
    folder.write(
      'one.test.mjs',
      `import test from 'node:test';
      test('works', () => { const start = Date.now(); while (Date.now() - start < 600); });
      test('fails', () => { throw new Error('on purpose'); });`,
    );
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const { code, stdout, stderr } = await run(runtime.path, [main, 'record', '--', '--test', 'one.test.mjs'], {
      cwd: folder.path,
      env: { ...env, NODE_TEST_CONTEXT: undefined },
    });
    assert.equal(code, 1, stderr);
    assert.match(stdout, /fails/);
    assert.match(stderr, /was not profiled: node --test runs each test file in a process of its own/);
    const files = readdirSync(folder.path).filter((name) => name.endsWith('.pb.gz'));
    assert.equal(files.length, 1, files.join());
    assert.match(stderr, /\.pb\.gz: \d+ samples?, /);
  });

  test(`${runtime.name}: node --test reports no coverage of the preload`, async (t) => {
    const folder = new Folder(t);
    // Of such a folder the preload is not taken: it is a copy.
    const installed = join(folder.path, 'with "quotes"/node_modules/profbuf');
    for (const part of ['dist', 'package.json']) cpSync(join(root, part), join(installed, part), { recursive: true });
    folder.write('sum.cjs', `exports.sum = (a) => {\n  if (a > 5) {\n    return 5;\n  }\n  return a;\n};\n`);
    folder.write(
      'one.test.cjs',
      `const { sum } = require('./sum.cjs');
      require('node:test')('adds', () => { const end = Date.now() + 200; while (Date.now() < end) sum(1); });`,
    );
    const words = ['--test', '--experimental-test-coverage', '--test-reporter=tap', 'one.test.cjs'];
    const options = { cwd: folder.path };
    const command = [join(installed, 'dist/cli/main.js'), 'record', '-q', '--', ...words];
    const { stdout } = await run(runtime.path, command, options);
    assert.match(stdout, /# sum\.cjs +\|/);
    assert.doesNotMatch(stdout, /register\.cjs/);
    assert.equal(readdirSync(folder.path).filter((name) => name.endsWith('.pb.gz')).length, 1);
  });
}
