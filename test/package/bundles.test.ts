import assert from 'node:assert/strict';
import { mkdirSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { nodeResolve } from '@rollup/plugin-node-resolve';
import { build } from 'esbuild';
import { rollup } from 'rollup';
import { busyFor, Folder, root, run } from '../cli/command.js';

const bundlers = {
  esbuild: (input: string, file: string, format: 'esm' | 'cjs') =>
    build({
      entryPoints: [input],
      outfile: file,
      bundle: true,
      minify: true,
      platform: 'node',
      format,
      logLevel: 'error',
    }),
  rollup: async (input: string, file: string) => {
    const bundle = await rollup({ input, external: /^node:/, plugins: [nodeResolve()], onwarn: () => {} });
    await bundle.write({ file, format: 'es' });
  },
};

/** Whole programs that profile themselves, by three bundlers, are in collector/bundled.test.ts. */
describe('bundlers take from the package', () => {
  const folder = new Folder({ after });
  mkdirSync(join(folder.path, 'node_modules'));
  symlinkSync(root, join(folder.path, 'node_modules/profbuf'), 'junction');
  const out = join(folder.path, 'out.mjs');

  for (const [name, bundle] of Object.entries(bundlers)) {
    it(`the preload that is imported for nothing but what it does (${name})`, async () => {
      const app = folder.write('app.mjs', `import 'profbuf/register';\n${busyFor(10)}`);
      await bundle(app, out, 'esm');
      const env = { PROFBUF_OUTPUT: `${name}.pb.gz` };
      const { code, stderr } = await run(process.execPath, ['out.mjs'], { cwd: folder.path, env });
      assert.equal(code, 0);
      assert.match(stderr, /^profbuf: wrote /);
      assert.equal(folder.profile(`${name}.pb.gz`).model.sampleTypes.length > 0, true);
    });

    it(`no collector for a program that has labels alone (${name})`, async () => {
      const app = folder.write(
        'app.mjs',
        `import { withLabels } from 'profbuf';\nwithLabels({ a: 1 }, () => console.log(1));`,
      );
      await bundle(app, out, 'esm');
      assert.equal((await run(process.execPath, ['out.mjs'], { cwd: folder.path })).stdout, '1\n');
      const { size } = statSync(out);
      assert.equal(size < 100_000, true, `${size} bytes`);
    });
  }

  it('what a CommonJS program requires (esbuild)', async () => {
    const app = folder.write(
      'app.cjs',
      `const { startProfiler } = require('profbuf');
      startProfiler().then((profiler) => profiler.stop()).then(({ model }) => console.log(model.sampleTypes.length));`,
    );
    await bundlers.esbuild(app, join(folder.path, 'out.cjs'), 'cjs');
    const { code, stdout, stderr } = await run(process.execPath, ['out.cjs'], { cwd: folder.path });
    assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: '2\n', stderr: '' });
  });
});
