import type { Runtime } from '../../test/runtimes.js';
import { median } from '../median.js';
import type { Unit } from './account.js';
import type { ProfilerName } from './profilers/index.js';
import { type Program, type ProgramName, programs } from './programs.js';
import type { Results } from './results.js';

interface Column {
  readonly title: string;
  readonly profiler: ProfilerName;
  readonly unit: Unit;
}

const timeColumns: readonly Column[] = [
  { title: 'profbuf', profiler: 'profbuf', unit: 'cpu' },
  { title: '`--cpu-prof`', profiler: 'cpu-prof', unit: 'cpu' },
  { title: '@datadog/pprof', profiler: 'datadog', unit: 'cpu' },
  { title: 'profbuf, wall', profiler: 'profbuf-wall', unit: 'wall' },
  { title: '`--cpu-prof`, wall', profiler: 'cpu-prof', unit: 'wall' },
  { title: '@datadog/pprof, wall', profiler: 'datadog', unit: 'wall' },
];

const byteColumns: readonly Column[] = [
  { title: 'profbuf `allocs`', profiler: 'profbuf', unit: 'bytes' },
  { title: '`--heap-prof`', profiler: 'cpu-prof', unit: 'bytes' },
  { title: '@datadog/pprof heap', profiler: 'datadog', unit: 'bytes' },
];

/** In Markdown: the worst of all Nodes for each program, then Node by Node with the spread of the rounds. */
export function tables(results: Results, names: readonly ProgramName[], runtimes: readonly Runtime[]): string {
  const isOfBytes = (name: ProgramName) => (programs[name] as Program).way === 'allocations';
  const ofTime = names.filter((name) => !isOfBytes(name));
  const ofBytes = names.filter(isOfBytes);
  const parts = [
    [ofTime, timeColumns],
    [ofBytes, byteColumns],
  ] as const;
  const shown = parts.filter(([names]) => names.length > 0);
  return [
    'Largest error in points, the worst of all Nodes (medians of the rounds):',
    ...shown.map(([names, columns]) => summary(results, names, runtimes, columns)),
    'Node by Node, median [least … most] of the rounds:',
    ...shown.map(([names, columns]) => details(results, names, runtimes, columns)),
  ].join('\n\n');
}

function summary(
  results: Results,
  names: readonly ProgramName[],
  runtimes: readonly Runtime[],
  columns: readonly Column[],
): string {
  const cell = (program: ProgramName, { profiler, unit }: Column) => {
    const cells = runtimes.map((runtime) => ({ program, runtime, profiler, unit }));
    const medians = cells.map((cell) => results.errors(cell)).filter((errors) => errors.length > 0);
    if (medians.length > 0) return Math.max(...medians.map(median)).toFixed(1);
    const reason = cells.map((cell) => results.reason(cell)).find((reason) => reason !== undefined);
    return reason === undefined ? '' : `n/a: ${reason}`;
  };
  return markdown(
    ['program', ...columns.map(({ title }) => title), 'goal'],
    names.map((name) => [
      programs[name].title,
      ...columns.map((column) => cell(name, column)),
      String(programs[name].goal),
    ]),
  );
}

function details(
  results: Results,
  names: readonly ProgramName[],
  runtimes: readonly Runtime[],
  columns: readonly Column[],
): string {
  const cell = (program: ProgramName, runtime: Runtime, { profiler, unit }: Column) => {
    const errors = results.errors({ program, runtime, profiler, unit });
    if (errors.length === 0) return results.reason({ program, runtime, profiler, unit }) === undefined ? '' : 'n/a';
    const [middle, least, most] = [median(errors), Math.min(...errors), Math.max(...errors)].map((error) =>
      error.toFixed(1),
    );
    return `${middle} [${least} … ${most}]`;
  };
  return markdown(
    ['program', 'Node', ...columns.map(({ title }) => title)],
    names.flatMap((name) =>
      runtimes.map((runtime, i) => [
        i === 0 ? programs[name].title : '',
        String(runtime.major),
        ...columns.map((column) => cell(name, runtime, column)),
      ]),
    ),
  );
}

function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = `|${head.map((_, i) => (i === 0 ? '---' : '--:')).join('|')}|`;
  return [line(head), rule, ...rows.map(line)].join('\n');
}
