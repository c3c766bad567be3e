// A minute (or BENCH_MS) of work with many different stacks, then process.exit: the parent measures what follows.
const ts = require('ts5');
const { readFileSync } = require('node:fs');
const source = readFileSync(require.resolve('ts5'), 'utf8');

const end = performance.now() + Number(process.env.BENCH_MS);
for (let i = 0; performance.now() < end; i = (i + 100_000) % 4_000_000) {
  ts.transpileModule(source.slice(i, i + 100_000), { compilerOptions: { target: ts.ScriptTarget.ES2015 } });
}
console.log(JSON.stringify({ exitAt: Date.now(), rss: process.memoryUsage.rss() }));
process.exit();
