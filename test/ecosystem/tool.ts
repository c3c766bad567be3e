/** How people record: with the command, or by the preload in the environment. */
export const ways = ['record', 'NODE_OPTIONS'] as const;
export type Way = (typeof ways)[number];

/** A tool in a fixed version, and a project in which it has something to do. */
export interface Tool {
  /** What npm installs; the first is what the table names. None for what comes with Node. */
  readonly packages: readonly string[];
  /** The oldest Node that it runs on. 20 without. */
  readonly since?: number;
  /** The project. A function of it has to be in a profile: a run that was not profiled shows nothing. */
  readonly files: Readonly<Record<string, string>>;
  /** What Node is given: a file of the tool's, and its words. */
  readonly words: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** The ways that it is recorded in; all without. */
  readonly ways?: readonly Way[];
  /** What a bare run prints: one that fails before it gets there shows nothing. */
  readonly prints?: string;
  /** What differs from one bare run to the next, in what is said and in files, besides times and process ids. */
  readonly varies?: readonly RegExp[];
  /** What is known to differ, and why. A run that does not differ then is a row that differs. */
  readonly known?: string;
  /** Files of which only the names are compared. */
  readonly namesAlone?: RegExp;
  /** The function that has to be in a profile: `busy` without; `false` for what may be over before a sample. */
  readonly profiled?: string | false;
  /** Whether NODE_OPTIONS names the preload by its whole path: where `profbuf/register` is no dependency of the project. */
  readonly isPreloadedByPath?: boolean;
}

/** Code of a function `busy` that takes so long that it is sampled: it calls itself, which V8 does not inline away. */
export const busy = `
function busy(n) { return n < 2 ? n : busy(n - 1) + busy(n - 2); }
const until = process.cpuUsage().user + 400_000;
while (process.cpuUsage().user < until) busy(30);
`;

/** The same in TypeScript. */
export const typedBusy = busy.replace('busy(n)', 'busy(n: number): number');
