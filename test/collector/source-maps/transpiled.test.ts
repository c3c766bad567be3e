import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Folder, root } from '../../cli/command.js';
import { runtimes } from '../../runtimes.js';
import { runProfiled } from '../profiled-program.js';
import { assertFound, writeHotProgram } from './hot-program.js';

/** What tools do that compile files as they are loaded; one of them takes white space out, so that all code is in one line. */
const hook = `
  const { readFileSync } = require('node:fs');
  const { transformSync } = require(${JSON.stringify(join(root, 'node_modules/esbuild'))});
  require.extensions['.ts'] = (module, path) => {
    const { code } = transformSync(readFileSync(path, 'utf8'), {
      loader: 'ts', format: 'cjs', sourcefile: path, sourcesContent: false,
      sourcemap: process.env.HOOK_MAPS === 'no' ? false : 'inline',
      minifyWhitespace: true, keepNames: true, target: 'es2022',
    });
    module._compile(code, path);
  };
`;

function hooked(folder: Folder) {
  const hot = writeHotProgram(folder.path);
  // Older Nodes give .ts of modules to nobody.
  folder.write('package.json', '{}');
  // V8 of Node 20 forgets the text of a main module that has run through.
  folder.write(
    'src/start.cjs',
    `require('../hook.cjs'); setTimeout(() => {}, 50); exports.main = require('./main.ts');`,
  );
  folder.write('hook.cjs', hook);
  return hot;
}

describe('functions that were compiled as they were loaded', () => {
  // Those in between are among the tools' long test.
  for (const runtime of [...runtimes.slice(0, 1), ...runtimes.slice(-1)]) {
    it(`have the names, files and lines of their sources (${runtime.name})`, async (test) => {
      const folder = new Folder(test);
      const hot = hooked(folder);
      const { code, stderr } = await runProfiled(runtime, folder, ['src/start.cjs'], { env: { PROFBUF_RATE: '1000' } });
      assert.equal(code, 0, stderr);
      const profile = folder.profile();
      assertFound(profile, folder.path, hot, runtime);
      assert.match(profile.model.comments.join('\n'), /V8 was asked for texts that are in no file/);
    });
  }

  it('are known also if V8 has forgotten their text by the end', async (test) => {
    const folder = new Folder(test);
    const hot = hooked(folder);
    folder.write(
      'src/start.cjs',
      `require('../hook.cjs');
      require('./main.ts');
      // Of the modules nothing is left but what has been found out of them.
      for (const path of Object.keys(require.cache)) delete require.cache[path];
      module.children.length = 0;
      setTimeout(() => { for (let i = 0; i < 3; i++) gc(); }, 500);`,
    );
    const [runtime = assert.fail()] = runtimes;
    const { code, stderr } = await runProfiled(runtime, folder, ['src/start.cjs'], {
      flags: ['--expose-gc'],
      env: { PROFBUF_RATE: '1000' },
    });
    assert.equal(code, 0, stderr);
    assertFound(folder.profile(), folder.path, hot, runtime);
  });

  it('are never shown at lines of a file that did not run', async (test) => {
    const folder = new Folder(test);
    hooked(folder);
    const runtime = runtimes.at(-1) ?? assert.fail();
    const env = { PROFBUF_RATE: '1000', HOOK_MAPS: 'no' };
    const { code, stderr } = await runProfiled(runtime, folder, ['src/start.cjs'], { env });
    assert.equal(code, 0, stderr);
    const { functions, comments } = folder.profile().model;
    const shown = functions.map(({ filename }) => filename).filter((file) => file.includes('.ts'));
    assert.ok(shown.length > 0);
    for (const file of shown) assert.match(file, / \(transformed\)$/);
    assert.match(comments.join('\n'), /main\.ts: what ran is not what the file has/);
  });

  it('do not stop at a debugger statement while V8 is asked', async (test) => {
    const folder = new Folder(test);
    hooked(folder);
    folder.write(
      'src/start.cjs',
      `require('../hook.cjs');
      const { work } = require('./busy.ts');
      (async () => {
        const { startProfiler } = await import(${JSON.stringify(join(root, 'dist/index.js'))});
        const profiler = await startProfiler({ sampleRate: 1000 });
        const busy = setInterval(() => [...work()], 0);
        const profile = await profiler.collect({ seconds: 0.5 });
        clearInterval(busy);
        console.log(profile.topTable().includes('src/busy.ts:2') ? 'found' : profile.topTable());
        await profiler.stop();
      })();`,
    );
    folder.write(
      'src/busy.ts',
      `// V8 inlines no generators.
      export function* work(): Generator<number> {
        let sum = 0;
        for (let i = 0; i < 2e5; i++) { debugger; sum += i; }
        yield sum;
      }`,
    );
    const runtime = runtimes.at(-1) ?? assert.fail();
    const { stdout, stderr } = await runProfiled(runtime, folder, ['src/start.cjs'], { env: { PROFBUF_RATE: '1000' } });
    assert.equal(stdout, 'found\n', stderr);
  });
});
