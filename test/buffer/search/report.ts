/** `npm run search`: what the search visits and finds, as the tables in docs/buffer.md. With --large, the soak tests' too. */
import { configurations, deaths, largeConfigurations } from './configurations.js';
import { explore } from './explore.js';
import { findGoFault, goFaults } from './go-faults.js';
import { mutants } from './mutants.js';
import { type Configuration, ringSystem } from './ring-system.js';

function row(...cells: readonly (string | number)[]): void {
  console.log(`| ${cells.map((cell) => (typeof cell === 'number' ? cell.toLocaleString('en') : cell)).join(' | ')} |`);
}

function heading(...cells: readonly string[]): void {
  row(...cells);
  row(...cells.map((cell) => (cell.startsWith('#') ? '--:' : '---')));
}

function depthsOf({ depths, nextWriters = [] }: Configuration): string {
  return [depths, ...nextWriters].map((own) => [...own, 'close'].join(' ')).join('; ');
}

const isLarge = process.argv.includes('--large');
const searched = [...configurations, ...deaths, ...(isLarge ? largeConfigurations : [])];
let allStates = 0;
let allTransitions = 0;
let allEnds = 0;
let failures = 0;

heading('configuration', 'words', 'stack depths', '# states', '# steps tried', '# ends', '# longest write (atomic)');
for (const configuration of searched) {
  const { failure, states, transitions, ends, writerSteps, writerAtomicSteps } = explore(ringSystem(configuration));
  const longest = `${writerSteps} (${writerAtomicSteps})`;
  row(configuration.name, configuration.words, depthsOf(configuration), states, transitions, ends, longest);
  allStates += states;
  allTransitions += transitions;
  allEnds += ends;
  if (failure !== null) {
    failures++;
    console.log(`\n${failure.check}: ${failure.message}\n${failure.schedule.join('\n')}\n`);
  }
}
row('all', '', '', allStates, allTransitions, allEnds, '');

console.log();
heading('mutant', 'killed in', 'by', '# states', '# steps');
for (const { name, configuration, mutations } of mutants) {
  const killer = searched.find((one) => one.name === configuration);
  if (killer === undefined) throw new Error(`no configuration is called ${configuration}`);
  const { failure, states } = explore(ringSystem(killer, mutations));
  row(name, configuration, failure?.check ?? 'SURVIVED', states, failure?.schedule.length ?? 0);
  if (failure === null) failures++;
}

console.log();
heading('Go’s protocol', 'found by', '# states', '# steps');
for (const fault of goFaults) {
  const { failure, states } = findGoFault(fault);
  row(fault.name, failure?.check ?? 'NOT FOUND', states, failure?.schedule.length ?? 0);
  if (failure === null) failures++;
}

process.exitCode = failures === 0 ? 0 : 1;
