// Most of the work is done by the engine and by libraries, for three functions of the program: zlib, JSON and a regular expression.
const { deflateSync } = require('node:zlib');
const { budget, report, row } = require('./ledger.cjs');

const words = Array.from({ length: 60_000 }, (_, i) => `word${(i * 7919) % 10_007}`);
const text = words.join(' ');
const json = JSON.stringify(
  words.slice(0, 8000).map((word, i) => ({ id: i, word, tags: [word, `${i}`], isOdd: i % 2 === 1 })),
);

function compress() {
  return deflateSync(text, { level: 6 }).length;
}

function stringify() {
  return JSON.stringify(JSON.parse(json)).length;
}

function match() {
  const pattern = /\b[a-z]*(?:r|o)d(\d*?)7\d?\b/g;
  let count = 0;
  while (pattern.test(text)) count++;
  return count;
}

const rows = [compress, stringify, match].map((work) => ({ work, row: row(work.name) }));
for (const isSpent = budget(1800); !isSpent(); ) for (const { work, row } of rows) row.run(work);
report();
