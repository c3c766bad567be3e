// A parser written in many small methods: acorn, in one file of 200 KB, reads Rollup.
const { readFileSync } = require('node:fs');
const { dirname, join } = require('node:path');
const { repeat } = require('./until.cjs');
const acorn = require('acorn');

const source = readFileSync(join(dirname(require.resolve('rollup')), 'es/shared/node-entry.js'), 'utf8');
repeat(() => acorn.parse(source, { ecmaVersion: 'latest', sourceType: 'module' }));
