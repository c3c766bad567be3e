import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { runtimes } from '../runtimes.js';
import { Folder, main, run } from './command.js';

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
}
