import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { type BuildOptions, build } from 'esbuild';
import { Folder } from '../../cli/command.js';
import { runtimes } from '../../runtimes.js';
import { runProfiled } from '../profiled-program.js';
import { assertFound, writeHotProgram } from './hot-program.js';

const builds: Readonly<Record<string, BuildOptions>> = {
  plain: {},
  minified: { minify: true },
  'minified, with names kept and a map inside': { minify: true, keepNames: true, sourcemap: 'inline' },
};

describe('functions of a bundle', () => {
  for (const [name, options] of Object.entries(builds)) {
    // What is hard is to be right on each of them; the others are the same but for their text.
    for (const runtime of name === 'minified' ? runtimes : runtimes.slice(-1)) {
      it(`have the names, files and lines of their sources (${name}, ${runtime.name})`, async (test) => {
        const folder = new Folder(test);
        const hot = writeHotProgram(folder.path);
        await build({
          entryPoints: [join(folder.path, 'src/main.ts')],
          outfile: join(folder.path, 'dist/main.mjs'),
          bundle: true,
          platform: 'node',
          format: 'esm',
          target: 'es2022',
          sourcemap: true,
          ...options,
        });
        const { code, stderr } = await runProfiled(runtime, folder, ['dist/main.mjs'], {
          env: { PROFBUF_RATE: '1000' },
        });
        assert.equal(code, 0, stderr);
        assertFound(folder.profile(), folder.path, hot, runtime);
      });
    }
  }
});
