import { readdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { likelyInspectors } from './attach/find-inspector.js';
import { listeningSockets } from './attach/listening-sockets.js';
import { nodeVersionIn } from './attach/node-binary.js';

import { cpuNanosOf, factsOf, nameOf, type ProcessFacts } from './attach/process-facts.js';
import { refusalOf, signalRefusalOf } from './attach/refusal.js';
import { requireLinux } from './attach-to.js';
import { BadInput } from './bad-input.js';
import { parseOptions } from './options.js';

export const psUsage = `Usage: profbuf ps

Lists the Node.js processes of this user, the busiest first, and whether profbuf attach can profile them. Linux only.
CPU is that of the last half second, in percent of one processor. Nothing is sent to any process.

Options:
  -h, --help          this text
`;

/** How long their clocks are looked at, in milliseconds. */
const lookMs = 500;

interface NodeProcess {
  readonly facts: ProcessFacts;
  readonly version: string;
  readonly cpuNanos: number;
}

export async function ps(args: readonly string[]): Promise<void> {
  const { values, operands } = parseOptions('ps', { help: { type: 'boolean', short: 'h' } }, args);
  if (values.help) {
    process.stdout.write(psUsage);
    return;
  }
  if (operands.length > 0) throw new BadInput(`ps takes no ${operands.join(' ')}; see profbuf ps --help`);
  requireLinux('ps');
  const found = nodeProcesses();
  const begun = performance.now();
  await delay(lookMs);
  const rows = found.map(({ facts, version, cpuNanos }) => {
    const percent = (cpuNanosOf(facts.pid) - cpuNanos) / 1e4 / (performance.now() - begun);
    return {
      percent,
      columns: [`${facts.pid}`, `${Math.max(0, percent).toFixed(0)}%`, version, nameOf(facts), stateOf(facts)],
    };
  });
  rows.sort((a, b) => b.percent - a.percent);
  process.stdout.write(tableOf([heading, ...rows.map(({ columns }) => columns)]));
}

const heading: readonly string[] = ['PID', 'CPU', 'NODE', 'NAME', 'ATTACH'];

function nodeProcesses(): NodeProcess[] {
  const own = process.geteuid?.();
  return readdirSync('/proc').flatMap((name) => {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) return [];
    try {
      const facts = factsOf(pid);
      if (facts.uid !== own || facts.state === 'ended') return [];
      const version = nodeVersionIn(`/proc/${pid}/exe`);
      return version === undefined ? [] : [{ facts, version, cpuNanos: cpuNanosOf(pid) }];
    } catch {
      // It has ended since, or does not let us see what it runs.
      return [];
    }
  });
}

/** Can it be attached to, or why not? */
function stateOf(facts: ProcessFacts): string {
  try {
    const now = factsOf(facts.pid);
    if (now.startTicks !== facts.startTicks) return 'no: it has ended';
    const refusal = refusalOf(now, false);
    if (refusal !== undefined) return `no: ${refusal}`;
    if (likelyInspectors(now, listeningSockets(now.pid)).length > 0) return 'yes: an inspector seems to be open';
    const signalRefusal = signalRefusalOf(now, false);
    return signalRefusal === undefined ? 'yes' : `no: ${signalRefusal}`;
  } catch {
    return 'no: it has ended';
  }
}

/** Columns as wide as their longest text. */
function tableOf(rows: readonly (readonly string[])[]): string {
  const widths = heading.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  const lineOf = (row: readonly string[]) =>
    row.map((text, column) => (column < 2 ? text.padStart(widths[column] ?? 0) : text.padEnd(widths[column] ?? 0)));
  return rows.map((row) => `${lineOf(row).join('  ').trimEnd()}\n`).join('');
}
