import type { Account, FunctionRow, Row, Unit } from './account.js';
import type { SeenFrame, SeenStack } from './stack.js';

/** One row's share of all, by the program's account and by the profile, in percent. */
export interface Share {
  readonly name: string;
  readonly truth: number;
  readonly seen: number;
  /** What the profile says that it does not know whose it is. Some of it may be this row's. */
  readonly unknown: number;
}

/** Not the program's: Node's own code, this package's, a peer's. */
const foreignFile =
  /^node:|\/dist\/(register\.cjs|collector\/|application\/)|\/bench\/truth\/preloads\/|\/node_modules\/@datadog\//;
/** What a thread did when it ran no function, and still worked. */
const states = ['(program)', '(garbage collector)'];
/** Where a profiler says that it has lost a stack's root, it does so by a frame of such a name. */
const unknownRoot = /^\((?!anonymous|root|program|idle|garbage)/;

/**
 * The shares of the account's rows, of all that the program used; what Node did before and after it is in neither, nor is idle
 * time. A stack belongs to the first function, from the leaf, that the account has, or to its label. Rows of the same name are
 * different functions, so the profile has to have as many of that name; the largest of those stands for the largest row.
 */
export function sharesOf({ rows, before = 0, ...totals }: Account, unit: Unit, stacks: readonly SeenStack[]): Share[] {
  const knownTotal = totals[unit];
  const total = knownTotal ?? rows.reduce((sum, row) => sum + (row[unit] ?? 0), 0);
  const sums = sumsOf(stacks, rows);
  const besides =
    knownTotal === undefined ? 0 : sums.program + Math.max(sums.state - Math.max(before - sums.node, 0), 0);
  const all = sums.row + sums.unknown + besides;
  const left = new Map([...sums.rows].map(([name, values]) => [name, [...values.values()].sort((a, b) => b - a)]));
  return [...rows]
    .sort((a, b) => (b[unit] ?? 0) - (a[unit] ?? 0))
    .map((row) => ({
      name: nameOf(row),
      truth: percent(row[unit] ?? 0, total),
      seen: percent(left.get(nameOf(row))?.shift() ?? 0, all),
      unknown: percent(sums.unknown, all),
    }));
}

/** In points. What a profile says that it does not know is no error. */
export function largestError(shares: readonly Share[]): number {
  return Math.max(0, ...shares.map(({ truth, seen, unknown }) => Math.max(seen - truth, truth - seen - unknown)));
}

/** `truth and profile: most 70.0 69.8, fifth 20.1 20.3` */
export function describeShares(shares: readonly Share[]): string {
  const unknown = shares[0]?.unknown ?? 0;
  const parts = shares.map(({ name, truth, seen }) => `${name || '(no name)'} ${truth.toFixed(1)} ${seen.toFixed(1)}`);
  return `truth and profile: ${parts.join(', ')}${unknown === 0 ? '' : `; not known ${unknown.toFixed(1)}`}`;
}

interface Sums {
  /** By the name of the account's row, by the profile's row. */
  readonly rows: ReadonlyMap<string, Map<string, number>>;
  /** All of these together. */
  row: number;
  unknown: number;
  /** The program's, but none of its rows'. */
  program: number;
  /** Stacks of Node's own functions alone. */
  node: number;
  /**
   * Without any function: the program's, or Node's, as far as Node's own functions do not make up for what was used before the
   * program.
   */
  state: number;
}

function sumsOf(stacks: readonly SeenStack[], rows: readonly Row[]): Sums {
  const values = new Map(rows.map((row) => [nameOf(row), new Map<string, number>()]));
  const sums: Sums = { rows: values, row: 0, unknown: 0, program: 0, node: 0, state: 0 };
  for (const stack of stacks) {
    if (stack.frames[0]?.name === '(idle)') continue;
    const place = placeOf(stack, rows);
    sums[place === undefined ? kindOf(stack) : 'row'] += stack.value;
    if (place === undefined) continue;
    const ofRow = values.get(nameOf(place.row));
    ofRow?.set(place.seenRow, (ofRow.get(place.seenRow) ?? 0) + stack.value);
  }
  return sums;
}

/** Which of the account's rows the stack belongs to, and which of the profile's. */
function placeOf(stack: SeenStack, rows: readonly Row[]): { readonly row: Row; readonly seenRow: string } | undefined {
  for (const row of rows) {
    if ('label' in row && stack.labels.get(row.label[0]) === row.label[1]) return { row, seenRow: '' };
  }
  for (const frame of stack.frames) {
    const row = rows.find((row) => 'functions' in row && isOf(frame, row));
    if (row !== undefined) return { row, seenRow: 'functions' in row && row.functions.length > 1 ? '' : frame.row };
  }
  return undefined;
}

function isOf({ name, file }: SeenFrame, row: FunctionRow): boolean {
  return (
    row.functions.includes(name) && !foreignFile.test(file) && (row.file === undefined || file.endsWith(`/${row.file}`))
  );
}

function kindOf({ frames }: SeenStack): 'unknown' | 'program' | 'node' | 'state' {
  const root = frames.at(-1)?.name ?? '';
  if (unknownRoot.test(root)) return 'unknown';
  if (states.includes(root)) return 'state';
  return frames.some(({ file }) => file !== '' && !foreignFile.test(file)) ? 'program' : 'node';
}

function nameOf(row: Row): string {
  return 'label' in row ? row.label.join('=') : row.functions.join(' or ');
}

function percent(part: number, whole: number): number {
  return whole === 0 ? 0 : (part / whole) * 100;
}
