// TypeScript 5 turns a part of its own source into ES2015: one file of 9 MB.
const { readFileSync } = require('node:fs');
const { repeat } = require('./until.cjs');
const ts = require('ts5');

const source = readFileSync(require.resolve('ts5'), 'utf8').slice(0, 300_000);
repeat(() => ts.transpileModule(source, { compilerOptions: { target: ts.ScriptTarget.ES2015 } }));
