// Rollup makes one file of its own: an ES module of 1 MB, and what it imports.
const { join, dirname } = require('node:path');
const { repeat } = require('./until.cjs');
const { rollup } = require('rollup');

const input = join(dirname(require.resolve('rollup')), 'es/shared/node-entry.js');
repeat(async () => {
  const bundle = await rollup({ input, external: /^(?!\.)/, onwarn() {}, logLevel: 'silent' });
  await bundle.generate({ format: 'cjs' });
  await bundle.close();
});
