import { keyOf, type Observed, type Run } from './observation.js';

/**
 * Which function of before is which of now? Most have the same name and file. Two kinds do not:
 *
 * - The program stood in another folder. The folders are found by the files that end alike on both sides.
 * - Functions without a name are called by their place, `(anonymous feed.js:88:12)`, and an edit above moved it. In each
 *   file those that are on one side only are paired in their order, if they begin in the same column.
 *
 * @returns the runs of before, with functions under the names and files of now.
 */
export function aligned(base: readonly Run[], fresh: readonly Run[]): readonly Run[] {
  return withMovedPlaces(withMovedFolders(base, fresh), fresh);
}

function withMovedFolders(base: readonly Run[], fresh: readonly Run[]): readonly Run[] {
  let runs = base;
  // Several folders can have moved: the program's, and that of its packages.
  for (let folder = 0; folder < mostFolders; folder++) {
    const move = movedFolder(filesOf(runs), filesOf(fresh));
    if (move === undefined) break;
    const known = filesOf(fresh);
    runs = runs.map((run) =>
      renamed(run, (line) =>
        line.file.startsWith(move.from) && !known.has(line.file)
          ? { ...line, file: move.to + line.file.slice(move.from.length) }
          : line,
      ),
    );
  }
  return runs;
}

const mostFolders = 4;

/** Files of one name that are looked through: a hundred packages have an index.js. */
const mostNamesakes = 50;

function filesOf(runs: readonly Run[]): ReadonlyMap<string, number> {
  const files = new Map<string, number>();
  for (const { observed } of runs) {
    for (const { file, value } of observed.values()) files.set(file, (files.get(file) ?? 0) + value);
  }
  return files;
}

function movedFolder(base: ReadonlyMap<string, number>, fresh: ReadonlyMap<string, number>) {
  const namesakes = new Map<string, string[]>();
  for (const file of fresh.keys()) {
    if (base.has(file) || !isPath(file)) continue;
    const name = lastPart(file);
    const others = namesakes.get(name) ?? [];
    namesakes.set(name, others);
    others.push(file);
  }
  const votes = new Map<string, { readonly from: string; readonly to: string; value: number }>();
  for (const [file, value] of base) {
    if (fresh.has(file) || !isPath(file)) continue;
    for (const other of (namesakes.get(lastPart(file)) ?? []).slice(0, mostNamesakes)) {
      const length = commonEnd(file, other);
      const [from, to] = [file.slice(0, file.length - length), other.slice(0, other.length - length)];
      const key = keyOf(from, to);
      const vote = votes.get(key) ?? { from, to, value: 0 };
      votes.set(key, vote);
      vote.value += value;
    }
  }
  return [...votes.values()].reduce<{ from: string; to: string; value: number } | undefined>(
    (best, vote) => (vote.value > (best?.value ?? 0) ? vote : best),
    undefined,
  );
}

function isPath(file: string): boolean {
  return /^(\/|[a-z]:[\\/]|file:|https?:)/i.test(file);
}

function lastPart(file: string): string {
  return file.replace(/^.*[/\\]/, '');
}

/** How many characters at the end are the same, in whole parts of the path. */
function commonEnd(a: string, b: string): number {
  let length = 0;
  let whole = 0;
  while (length < Math.min(a.length, b.length) && a[a.length - 1 - length] === b[b.length - 1 - length]) {
    length++;
    if (/[/\\]/.test(a[a.length - length] ?? '')) whole = length;
  }
  return whole;
}

interface Place {
  readonly line: Observed;
  /** What stays of the name, with the column. */
  readonly what: string;
  readonly row: number;
}

/** As many in one file are paired: it takes time with the square of that. */
const mostPlaces = 500;

function withMovedPlaces(base: readonly Run[], fresh: readonly Run[]): readonly Run[] {
  const now = linesOf(fresh);
  const before = linesOf(base);
  const moved = new Map<string, Observed>();
  const left = placesByFile([...before].filter(([key]) => !now.has(key)).map(([, line]) => line));
  const right = placesByFile([...now].filter(([key]) => !before.has(key)).map(([, line]) => line));
  for (const [file, places] of left) {
    for (const [from, to] of pairs(places, right.get(file) ?? [])) moved.set(keyOf(from.name, from.file), to);
  }
  if (moved.size === 0) return base;
  return base.map((run) => renamed(run, (line) => moved.get(keyOf(line.name, line.file)) ?? line));
}

function linesOf(runs: readonly Run[]): ReadonlyMap<string, Observed> {
  return new Map(runs.flatMap(({ observed }) => [...observed]));
}

function placesByFile(lines: readonly Observed[]): ReadonlyMap<string, Place[]> {
  const places = new Map<string, Place[]>();
  for (const line of lines) {
    const [, what = '', row = '', column = ''] = /^(.*\(.*):(\d+):(\d+)\)$/.exec(line.name) ?? [];
    if (row === '') continue;
    const others = places.get(line.file) ?? [];
    places.set(line.file, others);
    others.push({ line, what: `${what}:${column}`, row: Number(row) });
  }
  return places;
}

/** The longest row of pairs that are called alike and come in the same order on both sides. */
function pairs(left: readonly Place[], right: readonly Place[]): readonly (readonly [Observed, Observed])[] {
  if (left.length === 0 || right.length === 0 || Math.max(left.length, right.length) > mostPlaces) return [];
  const byRow = (a: Place, b: Place) => a.row - b.row;
  const [from, to] = [left.toSorted(byRow), right.toSorted(byRow)];
  // lengths[i][j]: of the longest row of from[i…] and to[j…].
  const lengths = Array.from({ length: from.length + 1 }, () => new Uint16Array(to.length + 1));
  const at = (i: number, j: number) => lengths[i]?.[j] ?? 0;
  for (let i = from.length - 1; i >= 0; i--) {
    for (let j = to.length - 1; j >= 0; j--) {
      const row = lengths[i];
      if (row === undefined) continue;
      row[j] = from[i]?.what === to[j]?.what ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const found: [Observed, Observed][] = [];
  for (let i = 0, j = 0; i < from.length && j < to.length; ) {
    const [a, b] = [from[i], to[j]];
    if (a !== undefined && b !== undefined && a.what === b.what) {
      found.push([a.line, b.line]);
      i++;
      j++;
    } else if (at(i + 1, j) >= at(i, j + 1)) i++;
    else j++;
  }
  return found;
}

function renamed(run: Run, rename: (line: Observed) => Pick<Observed, 'name' | 'file' | 'line'>): Run {
  const observed = new Map<string, Observed>();
  for (const line of run.observed.values()) {
    const { name, file, line: row } = rename(line);
    const key = keyOf(name, file);
    const before = observed.get(key);
    if (before === undefined) observed.set(key, { name, file, line: row, value: line.value, samples: line.samples });
    else {
      before.value += line.value;
      before.samples += line.samples;
    }
  }
  return { ...run, observed };
}
