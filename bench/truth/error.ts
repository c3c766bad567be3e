import type { Account, FunctionRow, Row, Unit } from './account.js';
import type { SeenFrame, SeenStack } from './stack.js';

/** One row's share of all, by the program's account and by the profile, in percent. */
export interface Share {
  readonly name: string;
  readonly truth: number;
  readonly seen: number;
}

/** Not the program's: Node's own code, this package's, a peer's. */
const foreignFile =
  /^node:|\/dist\/(register\.cjs|collector\/|application\/)|\/bench\/truth\/preloads\/|\/node_modules\/@datadog\//;
/** What a thread did when it ran no function, and still worked. */
const states = ['(program)', '(garbage collector)'];

/**
 * The shares of the account's rows, of all that the program used; what Node did before and after it is in neither, nor is idle
 * time. What has no function at all may be either: it is Node's as far as Node's own functions do not make up for what was used
 * before the program. A stack belongs to the first function, from the leaf, that the account has, or to its label. Rows of the same name are
 * different functions, so the profile has to have as many of that name; the largest of those stands for the largest row.
 */
export function sharesOf({ rows, before = 0, ...totals }: Account, unit: Unit, stacks: readonly SeenStack[]): Share[] {
  const knownTotal = totals[unit];
  const total = knownTotal ?? rows.reduce((sum, row) => sum + (row[unit] ?? 0), 0);
  let ofProgram = 0;
  let ofNode = 0;
  let ofNoFunction = 0;
  /** By the name of the account's row, values by the profile's row. */
  const seen = new Map(rows.map((row) => [nameOf(row), new Map<string, number>()]));
  for (const stack of stacks) {
    if (stack.frames[0]?.name === '(idle)') continue;
    const place = placeOf(stack, rows);
    if (place === undefined) {
      if (states.includes(stack.frames.at(-1)?.name ?? '')) ofNoFunction += stack.value;
      else if (!isOfProgram(stack)) ofNode += stack.value;
      else if (knownTotal !== undefined) ofProgram += stack.value;
      continue;
    }
    ofProgram += stack.value;
    const values = seen.get(nameOf(place.row));
    values?.set(place.seenRow, (values.get(place.seenRow) ?? 0) + stack.value);
  }
  if (knownTotal !== undefined) ofProgram += Math.max(ofNoFunction - Math.max(before - ofNode, 0), 0);
  const left = new Map([...seen].map(([name, values]) => [name, [...values.values()].sort((a, b) => b - a)]));
  return [...rows]
    .sort((a, b) => (b[unit] ?? 0) - (a[unit] ?? 0))
    .map((row) => {
      const name = nameOf(row);
      return { name, truth: percent(row[unit] ?? 0, total), seen: percent(left.get(name)?.shift() ?? 0, ofProgram) };
    });
}

/** In points. */
export function largestError(shares: readonly Share[]): number {
  return Math.max(...shares.map(({ truth, seen }) => Math.abs(truth - seen)));
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

function isOfProgram({ frames }: SeenStack): boolean {
  return frames.some(({ file }) => file !== '' && !foreignFile.test(file));
}

function nameOf(row: Row): string {
  return 'label' in row ? row.label.join('=') : row.functions.join(' or ');
}

function percent(part: number, whole: number): number {
  return whole === 0 ? 0 : (part / whole) * 100;
}
