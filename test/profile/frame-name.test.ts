import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { frameOf, readableFile, runtimeState } from '#profbuf/profile/frame-name.js';
import { runtimes } from '../runtimes.js';

const callFrame = (functionName: string, url: string, lineNumber = 87, columnNumber = 11) => ({
  functionName,
  url,
  lineNumber,
  columnNumber,
});

describe('a frame', () => {
  it('has the path of a file URL, and lines and columns from 1', () => {
    assert.deepEqual(frameOf(callFrame('parse', 'file:///srv/my%20app/feed.ts')), {
      functionName: 'parse',
      file: '/srv/my app/feed.ts',
      startLine: 88,
      startColumn: 12,
      line: 88,
      column: 12,
    });
  });

  it('can be at another line of its function, of which V8 knows no column', () => {
    assert.deepEqual(frameOf(callFrame('parse', 'file:///srv/feed.ts'), 93), {
      functionName: 'parse',
      file: '/srv/feed.ts',
      startLine: 88,
      startColumn: 12,
      line: 93,
    });
  });

  it('of an anonymous function is named by its place', () => {
    const name = (url: string, line?: number, column?: number) =>
      frameOf(callFrame('', url, line, column)).functionName;
    assert.equal(name('file:///srv/feed.ts'), '(anonymous feed.ts:88:12)');
    assert.equal(name('file:///srv/feed.ts', 0, -196), '(anonymous feed.ts:1:1)');
    assert.equal(name('file:///srv/node_modules/express/index.js'), '(anonymous express/index.js:88:12)');
    assert.equal(name('node:internal/process/task_queues'), '(anonymous task_queues:88:12)');
    assert.equal(name('', -1, -1), '(anonymous)');
  });

  it('of a module is the same before V8 knows where it begins', () => {
    const url = 'file:///srv/feed.mjs';
    assert.deepEqual(frameOf(callFrame('', url, -1, -1)), frameOf(callFrame('', url, 0, 0)));
    assert.deepEqual(frameOf(callFrame('', url, -1, -1), 7), frameOf(callFrame('', url, 0, 0), 7));
  });

  it('without a source has no file', () => {
    assert.deepEqual(frameOf(callFrame('(garbage collector)', '', -1, -1)), {
      functionName: '(garbage collector)',
      file: '',
      startLine: 0,
      startColumn: 0,
      line: 0,
      column: 0,
    });
  });
});

describe('a file', () => {
  it('keeps the URL when it is no path', () => {
    for (const url of [
      'node:internal/modules/cjs/loader',
      'wasm://wasm/module-1a2b3c4d',
      'evalmachine.<anonymous>',
      '[eval]',
      'https://example.com/module.js?v=1',
      'file://%zz',
      '',
    ]) {
      assert.equal(readableFile(url), url);
    }
  });

  it('loses the query that made an ES module load again', () => {
    assert.equal(readableFile('file:///srv/app.js?update=1'), '/srv/app.js');
  });

  it('loses what a bundler adds', () => {
    assert.equal(readableFile('webpack://app/./src/feed.ts?ab12'), 'webpack://app/src/feed.ts');
    assert.equal(readableFile('webpack-internal:///./src/feed.ts'), 'webpack-internal:///src/feed.ts');
  });

  it('is not the whole source of a module in a data: URL', () => {
    const file = readableFile(`data:text/javascript,${'x'.repeat(5000)}`);
    assert.match(file, /^data:text\/javascript,x+… \(5021 characters\)$/);
    assert.ok(file.length < 250);
  });
});

describe('a state of the runtime', () => {
  it('is told from a function that bears its name', () => {
    assert.equal(runtimeState(callFrame('(idle)', '', -1, -1)), '(idle)');
    assert.equal(runtimeState(callFrame('(idle)', 'file:///srv/app.js')), undefined);
    assert.equal(runtimeState(callFrame('(idle)', '')), undefined);
    assert.equal(runtimeState(callFrame('toString', '', -1, -1)), undefined);
  });

  for (const { name, path } of runtimes) {
    it(`is what ${name} reports as such, and files are where they are`, () => {
      // On a busy machine a sample may miss a state, so it is tried until all were met.
      const program = `
        const { Session } = require('node:inspector/promises');
        const { setTimeout } = require('node:timers/promises');
        (async () => {
          const session = new Session();
          session.connect();
          await session.post('Profiler.enable');
          await session.post('Profiler.setSamplingInterval', { interval: 100 });
          const callFrames = [];
          const met = (name) => callFrames.some(({ functionName }) => functionName === name);
          for (let round = 1; round < 50 && !(met('(idle)') && met('(garbage collector)')); round++) {
            await session.post('Profiler.start');
            const trash = [];
            for (const end = Date.now() + 50; Date.now() < end; ) trash.push(new Array(1000).fill({}));
            await setTimeout(20 * round);
            const { profile } = await session.post('Profiler.stop');
            callFrames.push(...profile.nodes.map(({ callFrame }) => callFrame));
          }
          console.log(JSON.stringify(callFrames));
        })();
      `;
      const { stdout, stderr } = spawnSync(path, ['-e', program], { encoding: 'utf8' });
      assert.equal(stderr, '');
      const callFrames: Parameters<typeof frameOf>[0][] = JSON.parse(stdout);
      const states = new Set(callFrames.map(runtimeState));
      // Whether (program) is met as well is left to chance.
      for (const state of ['(garbage collector)', '(idle)', '(root)'] as const) assert.ok(states.has(state), state);
      for (const found of callFrames.filter(({ functionName }) => functionName === '(program)')) {
        assert.equal(runtimeState(found), '(program)');
      }
      const files = callFrames.map((found) => frameOf(found).file);
      assert.ok(files.includes('[eval]') || files.some((file) => file.endsWith('[eval]')), files.join());
    });
  }
});
