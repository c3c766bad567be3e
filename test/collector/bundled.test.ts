import assert from 'node:assert/strict';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { nodeResolve } from '@rollup/plugin-node-resolve';
import { build } from 'esbuild';
import { rollup } from 'rollup';
import webpack from 'webpack';
import { Folder, root, run } from '../cli/command.js';
import { runtimes } from '../runtimes.js';
import { busyUntil } from './profiled-program.js';

const program = `
  import { startProfiler } from 'profbuf';
  const profiler = await startProfiler();
  ${busyUntil(10)}
  const profile = await profiler.stop();
  console.log(profile.top(1).length, (await profile.encode()).length > 100);
`;

/** Each makes one file, `bundle.mjs` in the folder, out of `app.mjs`. */
const bundlers: Record<string, (folder: string) => Promise<unknown>> = {
  esbuild: (folder) =>
    build({
      entryPoints: [join(folder, 'app.mjs')],
      outfile: join(folder, 'bundle.mjs'),
      bundle: true,
      minify: true,
      platform: 'node',
      format: 'esm',
    }),
  rollup: async (folder) => {
    const bundle = await rollup({
      input: join(folder, 'app.mjs'),
      external: /^node:/,
      plugins: [nodeResolve()],
      onwarn: () => {},
    });
    await bundle.write({ file: join(folder, 'bundle.mjs'), format: 'es' });
  },
  webpack: (folder) =>
    new Promise((resolve, reject) => {
      webpack(
        {
          mode: 'production',
          target: 'node20',
          entry: join(folder, 'app.mjs'),
          experiments: { outputModule: true },
          output: { path: folder, filename: 'bundle.mjs', module: true, chunkFormat: 'module' },
        },
        (error, stats) => {
          if (error || stats?.hasErrors()) reject(error ?? new Error(stats?.toString()));
          else resolve(stats);
        },
      );
    }),
};

for (const [name, bundle] of Object.entries(bundlers)) {
  test(`an application bundled by ${name} into one file profiles itself, with nothing installed beside it`, async (t) => {
    const folder = new Folder(t);
    folder.write('app.mjs', program);
    folder.write('node_modules/.keep', '');
    symlinkSync(root, join(folder.path, 'node_modules/profbuf'), 'dir');
    await bundle(folder.path);
    const elsewhere = new Folder(t);
    elsewhere.write('bundle.mjs', folder.read('bundle.mjs'));
    for (const runtime of runtimes) {
      const { code, stdout, stderr } = await run(runtime.path, ['bundle.mjs'], { cwd: elsewhere.path });
      assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: '1 true\n', stderr: '' }, runtime.name);
    }
  });
}
