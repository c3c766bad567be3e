// A real compiler on real input: TypeScript 5 turns a part of its own source into ES2015, BENCH_TIMES times. Reports what
// it took from here to the last line.
const { readFileSync } = require('node:fs');
const threadTimes = require('./thread-times.cjs');
const compiler = require.resolve('ts5');

const start = process.hrtime.bigint();
const usage = process.cpuUsage();
const before = threadTimes();
const ts = require(compiler);
const source = readFileSync(compiler, 'utf8').slice(0, 1_000_000);
for (let i = 0; i < Number(process.env.BENCH_TIMES); i++) {
  ts.transpileModule(source, { compilerOptions: { target: ts.ScriptTarget.ES2015 } });
}
const after = threadTimes();
const { user, system } = process.cpuUsage(usage);
console.log(
  JSON.stringify({
    wallMs: Number(process.hrtime.bigint() - start) / 1e6,
    threadMs: after.cpuMs - before.cpuMs,
    waitMs: after.waitMs - before.waitMs,
    processMs: (user + system) / 1000,
  }),
);
