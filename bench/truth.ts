/**
 * Who says what happened? Programs that know where their time went, under profbuf, `node --cpu-prof` and @datadog/pprof, on each
 * supported Node: `npm run truth`, or some of it, `npm run truth -- --nodes 24,26 --programs hot-loop,labels --rounds 1`.
 *
 * `--write` puts the table into docs/truth.md.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Runtime, runtimes } from '../test/runtimes.js';
import type { Unit } from './truth/account.js';
import { describeShares, largestError, sharesOf } from './truth/error.js';
import { observe, type ProfilerName, profilerNames, profilers } from './truth/profilers/index.js';
import type { Profiler } from './truth/profilers/task.js';
import { type Program, type ProgramName, programNames, programs, root } from './truth/programs.js';
import { Results } from './truth/results.js';
import { tables } from './truth/table.js';

const { values } = parseArgs({
  options: {
    nodes: { type: 'string', default: runtimes.map(({ major }) => major).join() },
    programs: { type: 'string', default: programNames.join() },
    peers: { type: 'string', default: profilerNames.join() },
    rounds: { type: 'string', default: '3' },
    rate: { type: 'string', default: '1000' },
    write: { type: 'boolean', default: false },
  },
});

/** The ones that were named, as they are called. */
function chosen<Name extends string>(what: string, text: string, all: readonly Name[]): Name[] {
  const names = text.split(',');
  const unknown = names.find((name) => !all.some((one) => one === name));
  if (unknown !== undefined) throw new RangeError(`no ${what} ${unknown}; there are ${all.join(', ')}`);
  return all.filter((one) => names.includes(one));
}

function positive(name: 'rounds' | 'rate'): number {
  const value = Number(values[name]);
  if (!(Number.isInteger(value) && value > 0)) throw new RangeError(`--${name} ${values[name]} is no positive integer`);
  return value;
}

const majors = chosen(
  'Node',
  values.nodes,
  runtimes.map(({ major }) => String(major)),
);
const chosenRuntimes = runtimes.filter(({ major }) => majors.includes(String(major)));
const chosenPrograms = chosen('program', values.programs, programNames);
const chosenProfilers = chosen('peer', values.peers, profilerNames);
const rounds = positive('rounds');
const rate = positive('rate');

async function measure(programName: ProgramName, runtime: Runtime, profilerName: ProfilerName): Promise<void> {
  const program: Program = programs[programName];
  const profiler: Profiler = profilers[profilerName];
  const cell = { program: programName, runtime, profiler: profilerName };
  const units: readonly Unit[] = program.way === 'allocations' ? ['bytes'] : ['cpu', 'wall'];
  const reason = profiler.cannot?.(program);
  if (reason !== undefined) {
    for (const unit of units) results.cannot({ ...cell, unit }, reason);
    return;
  }
  const { account, stacks } = await observe(profilerName, { program, runtime, rate });
  for (const unit of units) {
    const seen = stacks[unit];
    if (seen === undefined) continue;
    const shares = sharesOf(account, unit, seen);
    results.add({ ...cell, unit }, largestError(shares));
    const about = `${programName}, ${runtime.name}, ${profilerName}, ${unit}`;
    process.stderr.write(`${about}: ${largestError(shares).toFixed(2)} (${describeShares(shares)})\n`);
  }
}

const results = new Results();
// Rounds are outermost, so that whatever else the machine does hits all of them.
for (let round = 0; round < rounds; round++) {
  for (const program of chosenPrograms) {
    for (const runtime of chosenRuntimes) {
      for (const profiler of chosenProfilers) await measure(program, runtime, profiler);
    }
  }
}

const text = tables(results, chosenPrograms, chosenRuntimes);
const options = process.argv.slice(2).filter((argument) => argument !== '--write');
const command = ['npm run truth', ...(options.length === 0 ? [] : ['--', ...options])].join(' ');
const about = `${new Date().toISOString().slice(0, 10)}, 2-core x86-64 Linux, ${rate} samples a second, rounds: ${rounds}; \`${command}\`.`;
process.stdout.write(`${about}\n\n${text}\n`);
if (values.write) {
  const file = join(root, 'docs/truth.md');
  const page = readFileSync(file, 'utf8');
  const [begin, end] = ['<!-- table: npm run truth -- --write -->\n', '<!-- end of table -->'];
  const [at, to] = [page.indexOf(begin) + begin.length, page.indexOf(end)];
  if (at < begin.length || to < at) throw new Error(`${file} has no place for the table between ${begin}and ${end}`);
  writeFileSync(file, `${page.slice(0, at)}${about}\n\n${text}\n\n${page.slice(to)}`);
}
