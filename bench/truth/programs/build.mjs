// A real bundler, rollup, on its own 900 KB. Two hooks of a plugin do the work that is timed:
// TypeScript makes each module older, and each chunk is compressed.
// biome-ignore assist/source/organizeImports: the account begins before the others are loaded
import ledger from './ledger.cjs';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants } from 'node:zlib';
import { nodeResolve } from '@rollup/plugin-node-resolve';
import { rollup } from 'rollup';
import ts from 'ts5';

function transform(code) {
  const options = { target: ts.ScriptTarget.ES5, module: ts.ModuleKind.ESNext, allowJs: true };
  return { code: ts.transpileModule(code, { compilerOptions: options }).outputText, map: null };
}

function compress(code) {
  return brotliCompressSync(code, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }).length;
}

ledger.watchGarbage();
const transforming = ledger.row({ functions: ['transform'], file: 'build.mjs' });
const compressing = ledger.row({ functions: ['compress'], file: 'build.mjs' });
const bundle = await rollup({
  input: fileURLToPath(import.meta.resolve('rollup')),
  external: [/^node:/, /native\.js$/, 'fsevents'],
  onwarn() {},
  plugins: [
    nodeResolve(),
    {
      name: 'timed',
      transform(code) {
        const result = transforming.run(transform, code);
        ledger.collect();
        return result;
      },
      renderChunk(code) {
        compressing.run(compress, code);
        return null;
      },
    },
  ],
});
await bundle.generate({ format: 'es' });
// It waits for other threads, too, which parse.
await ledger.report('unknown');
