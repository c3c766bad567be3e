import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { build } from 'esbuild';
import type { Frame } from '#profbuf/profile/frame.js';
import { diskFiles } from '#profbuf/profile/source-maps/source-files.js';
import { SourceMaps } from '#profbuf/profile/source-maps/source-maps.js';
import { Folder, root } from '../../cli/command.js';

setFlagsFromString('--expose-gc');
const gc: () => void = runInNewContext('gc');

/** Bytes of JavaScript's heap and of the buffers beside it, without garbage. */
function keptBytes(): number {
  for (let i = 0; i < 3; i++) gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Functions of the text, from its beginning to its end. */
function functionsOf(text: string, file: string, count: number): Frame[] {
  const all = text.split('\n').flatMap((line, i) =>
    [...line.matchAll(/function (\w+)(?=\()/g)].map(({ 0: head, 1: functionName = '', index }): Frame => {
      const column = index + head.length + 1;
      return { functionName, file, startLine: i + 1, startColumn: column, line: i + 1, column };
    }),
  );
  return Array.from({ length: count }, (_, i) => all[Math.floor((i * all.length) / count)] as Frame);
}

test('of a bundle of 10 MB and its map of 16 MB next to nothing is kept', async (t) => {
  const folder = new Folder(t);
  const file = join(folder.path, 'bundle.mjs');
  await build({
    stdin: {
      contents: ['ts5', 'rollup', 'ajv', 'fast-check'].map((name) => `import ${JSON.stringify(name)};`).join(''),
      resolveDir: root,
    },
    bundle: true,
    sourcemap: true,
    platform: 'node',
    format: 'esm',
    outfile: file,
    external: ['fsevents'],
    logLevel: 'error',
  });
  assert.ok(statSync(`${file}.map`).size > 15e6);
  const frames = functionsOf(await readFile(file, 'utf8'), file, 5000);
  const maps = new SourceMaps({ files: diskFiles });
  const before = keptBytes();
  const { frameOf, comments } = await maps.originalsOf(frames);
  const shown = frames.filter((frame) => frameOf(frame).file !== file).length;
  const kept = keptBytes() - before;
  t.diagnostic(`${(kept / 1e6).toFixed(1)} MB for ${shown} functions`);
  assert.ok(shown > 4900, `${shown} are shown by their sources: ${comments}`);
  assert.ok(kept < 8e6, `${kept} bytes`);
  // It answers on.
  assert.equal(frames.filter((frame) => maps.knownOriginal(frame).file !== file).length, shown);
});
