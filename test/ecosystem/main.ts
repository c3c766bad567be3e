/**
 * Do the tools that people use, and programs that look at what surrounds them, do the same when they are recorded? Each is run bare
 * and recorded, the tools in fixed versions that are installed into a temporary folder, and what it said, how it ended and which files
 * it left are compared: `npm run ecosystem`, or those whose name has a part: `npm run ecosystem -- --nodes 24 jest vitest`.
 *
 * `--show` says what bare runs say, `--write` puts the tables into docs/ecosystem.md. The status is 1 where a row differs.
 */
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from '../cli/command.js';
import { pack } from '../package/packed.js';
import { runtimes } from '../runtimes.js';
import { attempts } from './attempts.js';
import { limits } from './limits.js';
import { options } from './options.js';
import { reports } from './reports.js';
import { attemptsTable, placed, toolsTable } from './table.js';
import type { Tool } from './tool.js';
import { tools } from './tools.js';
import { type Row, Trial } from './trial.js';

const { values, positionals: parts } = parseArgs({
  options: {
    nodes: { type: 'string', default: '20,26' },
    write: { type: 'boolean', default: false },
    show: { type: 'boolean', default: false },
  },
  allowPositionals: true,
});
const majors = values.nodes.split(',').map(Number);
const known = runtimes.map(({ major }) => major);
for (const major of majors) {
  if (!known.includes(major)) throw new RangeError(`no Node ${major}; there are ${known.join(', ')}`);
}

function chosen(all: Readonly<Record<string, Tool>>): [string, Tool][] {
  return Object.entries(all).filter(([name]) => parts.length === 0 || parts.some((part) => name.includes(part)));
}

const [chosenTools, chosenAttempts] = [chosen(tools), chosen({ ...attempts, ...options, ...limits, ...reports })];
if (chosenTools.length + chosenAttempts.length === 0) throw new RangeError(`no name has ${parts.join(' or ')} in it`);

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'ecosystem-')));

async function rowsOf(all: readonly [string, Tool][], packed: string): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [name, tool] of all) {
    const trial = new Trial(name, tool, folder, packed, values.show);
    for (const runtime of runtimes) {
      if (!majors.includes(runtime.major) || runtime.major < (tool.since ?? 0)) continue;
      for (const row of await trial.run(runtime)) {
        rows.push(row);
        console.error(`${row.tool}, ${row.node}, ${row.way}: ${row.differences.join('; ') || 'the same'}`);
        for (const words of new Set(row.words)) console.error(`  ${words}`);
      }
    }
  }
  return rows;
}

try {
  const packed = pack(folder);
  const rows = { tools: await rowsOf(chosenTools, packed), attempts: await rowsOf(chosenAttempts, packed) };
  const tables = { tools: toolsTable(rows.tools), attempts: attemptsTable(rows.attempts) };
  console.log(`${tables.tools}\n\n${tables.attempts}`);
  if (values.write) {
    const path = join(root, 'docs/ecosystem.md');
    writeFileSync(path, placed(placed(readFileSync(path, 'utf8'), 'tools', tables.tools), 'attempts', tables.attempts));
  }
  if ([...rows.tools, ...rows.attempts].some(({ differences }) => differences.length > 0)) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
