import { readFileSync, realpathSync, statSync } from 'node:fs';
import { extname, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ReportColumns } from '../report/columns.js';
import { hottestFunctions } from '../report/hot-functions.js';
import { lineValues } from '../report/line-values.js';
import { ReportData } from '../report/report-data.js';
import type { SourceExcerpt } from '../report/source-excerpt.js';

/** A profile may name any file of this machine, and a report is sent around: only programs' sources are quoted. */
const extensions: ReadonlySet<string> = new Set(
  ['js', 'mjs', 'cjs', 'jsx', 'ts', 'mts', 'cts', 'tsx', 'vue', 'svelte', 'go', 'py', 'rb', 'rs', 'java'].map(
    (name) => `.${name}`,
  ),
);

/** How much is quoted: functions, lines of one, bytes of a file that is read, characters of a line and of all. */
const limits = { functions: 60, lines: 400, fileBytes: 16 * 2 ** 20, lineCharacters: 300, characters: 300_000 };

/** Lines around those that took something. */
const around = 3;

/**
 * The lines of the functions that took most, as far as their files are in the folder.
 * @param folder Files elsewhere are not read, whatever the profile names.
 */
export function sourceExcerpts(columns: ReportColumns, folder: string): readonly SourceExcerpt[] {
  const data = new ReportData(columns);
  const weights = data.weights(columns.defaultSampleType, () => true);
  const files = new SourceFiles(folder);
  const ranges = new Map<string, Range[]>();
  for (const index of hottestFunctions(data, weights, limits.functions)) {
    const name = data.functionFile(index);
    if (files.linesOf(name) === undefined) continue;
    const lines = [...lineValues(columns, weights, (other) => other === index).keys()].filter((line) => line > 0);
    // In order, and of a hostile profile more than a call takes.
    const begin = data.functionLine(index);
    const first = Math.min(lines[0] ?? begin, begin || Number.POSITIVE_INFINITY);
    const last = Math.max(lines.at(-1) ?? begin, begin);
    if (last < 1) continue;
    const range = { first: Math.max(1, first - 1), last: Math.min(last + around, first + limits.lines) };
    ranges.set(name, [...(ranges.get(name) ?? []), range]);
  }
  let room = limits.characters;
  const excerpts: SourceExcerpt[] = [];
  for (const [name, found] of ranges) {
    const text = files.linesOf(name) ?? [];
    for (const { first, last } of joined(found)) {
      const lines = text.slice(first - 1, last).map(shortened);
      room -= lines.reduce((sum, line) => sum + line.length, 0);
      if (room < 0) return excerpts;
      if (lines.length > 0) {
        excerpts.push({ file: name, firstLine: first, lines, isNewer: files.isNewer(name, endOf(columns)) });
      }
    }
  }
  return excerpts;
}

interface Range {
  readonly first: number;
  readonly last: number;
}

/** Those that overlap are one. */
function joined(ranges: readonly Range[]): readonly Range[] {
  const result: Range[] = [];
  for (const range of ranges.toSorted((a, b) => a.first - b.first)) {
    const before = result.at(-1);
    if (before !== undefined && range.first <= before.last + 1) {
      result[result.length - 1] = { first: before.first, last: Math.max(before.last, range.last) };
    } else result.push(range);
  }
  return result;
}

function shortened(line: string): string {
  return line.length > limits.lineCharacters ? `${line.slice(0, limits.lineCharacters)}…` : line;
}

/** When collection ended, in milliseconds since 1970 UTC; without end where that is not known. */
function endOf({ timeMs, durationNanos }: ReportColumns): number {
  return timeMs === 0 ? Number.POSITIVE_INFINITY : timeMs + durationNanos / 1e6;
}

/** The source files of a folder, by the names that a profile has for them. */
export class SourceFiles {
  readonly #folder: string | undefined;
  readonly #files = new Map<string, { readonly lines: readonly string[]; readonly changedMs: number } | undefined>();

  constructor(folder: string) {
    try {
      this.#folder = realpathSync(folder);
    } catch {
      // It is gone, or not ours to see: there is nothing to quote.
    }
  }

  /** `undefined` for what is no source file in the folder. */
  linesOf(name: string): readonly string[] | undefined {
    return this.#file(name)?.lines;
  }

  /** Whether the file has changed since. */
  isNewer(name: string, sinceMs: number): boolean {
    return (this.#file(name)?.changedMs ?? 0) > sinceMs;
  }

  #file(name: string) {
    if (!this.#files.has(name)) this.#files.set(name, this.#read(name));
    return this.#files.get(name);
  }

  #read(name: string) {
    if (this.#folder === undefined || !extensions.has(extname(name))) return undefined;
    try {
      const path = realpathSync(resolve(this.#folder, name.startsWith('file:') ? fileURLToPath(name) : name));
      const inside = this.#folder.endsWith(sep) ? this.#folder : this.#folder + sep;
      // The link's end decides, and what it is called.
      if (!path.startsWith(inside) || !extensions.has(extname(path))) return undefined;
      const stats = statSync(path);
      if (!stats.isFile() || stats.size > limits.fileBytes) return undefined;
      return { lines: readFileSync(path, 'utf8').split(/\r?\n/), changedMs: stats.mtimeMs };
    } catch {
      return undefined;
    }
  }
}
