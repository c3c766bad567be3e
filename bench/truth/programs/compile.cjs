// A real compiler, TypeScript 5, on the first files of its own parts of a program: each phase is timed where this file calls it.
const { readdirSync } = require('node:fs');
const { join } = require('node:path');
const { collect, report, row, watchGarbage } = require('./ledger.cjs');

watchGarbage();

const root = join(__dirname, '../../..');
const files = readdirSync(join(root, 'src'), { recursive: true })
  .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
  .map((name) => join(root, 'src', name));
let ts;
let program;

function load() {
  ts = require(join(root, 'node_modules/ts5'));
}

function parse() {
  const target = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.NodeNext };
  const options = { ...target, strict: true, skipLibCheck: true, types: ['node'], outDir: '/nowhere' };
  program = ts.createProgram(files, options);
}

function check() {
  return program.getSemanticDiagnostics().length;
}

function emit() {
  return program.emit(undefined, () => {});
}

for (const phase of [load, parse, check, emit]) {
  row({ functions: [phase.name], file: 'compile.cjs' }).run(phase);
  collect();
}
report();
