/** What is shared out: CPU time or all time that passed, in nanoseconds, or bytes that were allocated. */
export type Unit = 'cpu' | 'wall' | 'bytes';

/** How much of it; what is not known is not there. */
type Amounts = { readonly [unit in Unit]?: number };

export interface FunctionRow extends Amounts {
  /** Several count as one. Empty for one without a name. */
  readonly functions: readonly string[];
  /** The name of their file, where that matters. */
  readonly file?: string;
}

export interface LabelRow extends Amounts {
  readonly label: readonly [key: string, value: string];
}

export type Row = FunctionRow | LabelRow;

/** A program's own account of itself: what it used, and where. programs/ledger.cjs keeps it. */
export interface Account extends Amounts {
  /** Where it does not know what it used in all, the rows are compared with each other alone. */
  readonly rows: readonly Row[];
  /** Nanoseconds of CPU time that Node used before. */
  readonly before?: number;
  /** How much of the time in which it could run it waited for a processor, from 0 to 1. */
  readonly busyness?: number;
  /** Begin and end of the time that it is about, in nanoseconds of the system's monotonic clock. */
  readonly span?: readonly [begin: number, end: number];
}

/** @throws when the program printed no account. */
export function accountIn(stdout: string): Account {
  const line = stdout.trim().split('\n').at(-1) ?? '';
  if (!line.startsWith('{"rows":')) throw new Error(`no account of the program in: ${stdout}`);
  return JSON.parse(line) as Account;
}
