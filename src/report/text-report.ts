import { amount, share } from './amounts.js';
import { CallTree, type Group } from './call-tree.js';
import type { ReportColumns } from './columns.js';
import { isWarning } from './comment.js';
import { keyValues } from './function-values.js';
import { hottestFunctions } from './hot-functions.js';
import { type Keying, keyingOf, outermostKeys } from './keying.js';
import { valuesOfLabel } from './label-values.js';
import { lineValues } from './line-values.js';
import { PriorityQueue } from './priority-queue.js';
import { ReportData } from './report-data.js';
import type { Weights } from './weights.js';

/** A name out of a profile, or a line of source: it is shown as it is, whatever it looks like. */
export interface Verbatim {
  readonly verbatim: string;
}
export type Words = readonly (string | Verbatim)[];

/** A part of a report for people and programs that read text. */
export type Block =
  | { readonly kind: 'heading'; readonly words: Words }
  | { readonly kind: 'line'; readonly words: Words }
  | { readonly kind: 'list'; readonly items: readonly Words[] }
  | { readonly kind: 'table'; readonly columns: readonly TextColumn[]; readonly rows: readonly (readonly Words[])[] }
  /** Each line as it is, one under the other. */
  | { readonly kind: 'lines'; readonly lines: readonly string[] };

export interface TextColumn {
  readonly title: string;
  readonly isNumber: boolean;
}

/** How much there is of each part, so that all of it stays below 200 lines. */
const limits = {
  notes: 12,
  functions: 25,
  treeLines: 32,
  stacks: 6,
  framesOfStack: 7,
  lineFunctions: 6,
  linesOfFunction: 5,
  labels: 4,
  valuesOfLabel: 5,
};

/** What a frame of the tree takes at least, of all. */
const leastShare = 0.02;

/** What a function takes itself at least to have its lines shown, of all. */
const leastFlat = 0.005;

/** Where did it go? Notes, functions, the tree and the heaviest stacks, hot lines and labels, for one sample type. */
export function textReport(columns: ReportColumns, sampleType: number): readonly Block[] {
  const data = new ReportData(columns);
  const report = new TextReport(data, sampleType);
  return [
    ...report.heading(),
    ...report.functions(),
    ...report.tree(),
    ...report.stacks(),
    ...report.lines(),
    ...report.labels(),
  ];
}

class TextReport {
  readonly #data: ReportData;
  readonly #weights: Weights;
  readonly #keying: Keying;
  readonly #type: string;
  readonly #unit: string;

  constructor(data: ReportData, sampleType: number) {
    this.#data = data;
    this.#weights = data.weights(sampleType, () => true);
    this.#keying = keyingOf(data.columns, data.origins, 'function', new Set());
    const { type, unit } = data.columns.sampleTypes[sampleType] ?? { type: '', unit: '' };
    this.#type = type;
    this.#unit = unit;
  }

  heading(): Block[] {
    const { title, sampleTypes, samples, durationNanos, timeMs, comments } = this.#data.columns;
    const totals = sampleTypes.map(({ type, unit }, index) => {
      const sum = (samples.values[index] ?? new Float64Array()).reduce((all, value) => all + value, 0);
      return `${amount(sum, unit)} ${type}`;
    });
    const facts = [
      ...totals.toReversed(),
      ...(durationNanos > 0 ? [`in ${amount(durationNanos, 'nanoseconds')}`] : []),
      ...(timeMs > 0 && timeMs < 8.64e15 ? [`from ${new Date(timeMs).toISOString().replace(/\.\d+Z$/, 'Z')}`] : []),
    ];
    const sorted = [...comments.filter(isWarning), ...comments.filter((comment) => !isWarning(comment))];
    const notes: Words[] = sorted.slice(0, limits.notes).map((comment) => [verbatim(comment)]);
    if (sorted.length > limits.notes) notes.push([`${sorted.length - limits.notes} more`]);
    return [
      { kind: 'heading', words: [verbatim(title)] },
      { kind: 'line', words: [verbatim(facts.join(', '))] },
      ...(notes.length === 0 ? [] : [{ kind: 'list', items: notes } as const]),
    ];
  }

  functions(): Block[] {
    const { flat, cum } = keyValues(
      this.#data,
      this.#keying,
      outermostKeys(this.#data.columns, this.#keying),
      this.#weights,
    );
    const keys = Array.from(flat, (_, key) => key)
      .filter((key) => flat[key] !== 0 || cum[key] !== 0)
      .sort((a, b) => Math.abs(flat[b] ?? 0) - Math.abs(flat[a] ?? 0) || Math.abs(cum[b] ?? 0) - Math.abs(cum[a] ?? 0));
    const rows = keys
      .slice(0, limits.functions)
      .map((key): Words[] => [
        [this.#amount(flat[key] ?? 0)],
        [this.#share(flat[key] ?? 0)],
        [this.#amount(cum[key] ?? 0)],
        [this.#share(cum[key] ?? 0)],
        [verbatim(this.#name(key))],
        [verbatim(this.#place(key))],
      ]);
    const number = (title: string) => ({ title, isNumber: true });
    const text = (title: string) => ({ title, isNumber: false });
    return [
      {
        kind: 'heading',
        words: [
          `Functions by what they took themselves: ${rows.length} of ${keys.length.toLocaleString('en-US')}, `,
          verbatim(this.#type),
        ],
      },
      {
        kind: 'table',
        columns: [number('self'), number('%'), number('total'), number('%'), text('function'), text('place')],
        rows,
      },
    ];
  }

  /** From the root, where each line is at least a fiftieth of all; calls without a choice stand on one line. */
  tree(): Block[] {
    const tree = CallTree.down(this.#data.columns, this.#keying, [{ weights: this.#weights }]);
    const lines: string[] = [];
    let left = 0;
    const heavy = (group: Group) =>
      tree.childrenOf(group).filter(({ total }) => Math.abs(total) >= Math.abs(tree.total) * leastShare);
    const open: { group: Group; level: number }[] = [];
    const push = (group: Group, level: number) => {
      for (const child of heavy(group).toReversed()) open.push({ group: child, level });
    };
    for (const root of tree.roots) push(root, 0);
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (lines.length === limits.treeLines) {
        left++;
        continue;
      }
      const chain = [next.group];
      for (let group = next.group; ; ) {
        const [only, ...others] = heavy(group);
        const isSame =
          only !== undefined && others.length === 0 && Math.abs(only.total) >= Math.abs(group.total) * 0.95;
        if (!isSame || only === undefined) break;
        chain.push(only);
        group = only;
      }
      const last = chain.at(-1) ?? next.group;
      const names = chain.map(({ key }) => this.#name(key));
      const shown =
        names.length <= 4 ? names : [...names.slice(0, 2), `(${names.length - 3} more)`, ...names.slice(-1)];
      const place = shortPlace(this.#place(last.key));
      lines.push(
        `${this.#share(next.group.total).padStart(8)}  ${'  '.repeat(Math.min(next.level, 30))}${shown.join(' > ')}${place === '' ? '' : `  ${place}`}`,
      );
      push(last, next.level + 1);
    }
    if (left > 0) lines.push(`${left} more`);
    return lines.length === 0
      ? []
      : [
          { kind: 'heading', words: ['From the root'] },
          { kind: 'lines', lines },
        ];
  }

  /** The leaf first. */
  stacks(): Block[] {
    const lines = heaviestStacks(this.#data.columns, this.#keying, this.#weights, limits.stacks).flatMap(
      ({ keys, value }) => {
        const frames = keys.map((key) => {
          const place = shortPlace(this.#place(key));
          return place === '' ? this.#name(key) : `${this.#name(key)}  ${place}`;
        });
        const room = limits.framesOfStack;
        const shown =
          frames.length <= room
            ? frames
            : [...frames.slice(0, room - 2), `(${frames.length - room + 1} more)`, ...frames.slice(-1)];
        const [leaf = '', ...callers] = shown;
        return [
          `${this.#share(value).padStart(8)}  ${this.#amount(value)}  ${leaf}`,
          ...callers.map((caller) => `${' '.repeat(10)}< ${caller}`),
        ];
      },
    );
    return lines.length === 0
      ? []
      : [
          { kind: 'heading', words: ['Heaviest stacks'] },
          { kind: 'lines', lines },
        ];
  }

  lines(): Block[] {
    const blocks: Block[] = [];
    const { columns } = this.#data;
    for (const index of hottestFunctions(this.#data, this.#weights, 20)) {
      if (blocks.length >= 2 * limits.lineFunctions) break;
      if (this.#data.functionFile(index) === '') continue;
      const all = [...lineValues(columns, this.#weights, (other) => other === index)].filter(([line]) => line > 0);
      const flat = all.reduce((sum, [, value]) => sum + value.flat, 0);
      if (flat < Math.abs(this.#weights.all) * leastFlat) continue;
      const isAlone = all.length === 1 && all[0]?.[0] === this.#data.functionLine(index);
      const texts = all.map(([line]) => textOf(columns, this.#data.functionFile(index), line));
      // That all of it is in the line in which it begins says nothing new.
      if (all.length === 0 || (isAlone && texts[0] === undefined)) continue;
      const kept = all
        .toSorted(([, a], [, b]) => b.cum - a.cum)
        .slice(0, limits.linesOfFunction)
        .sort(([a], [b]) => a - b);
      const place = `${this.#data.functionFile(index)}:${this.#data.functionLine(index)}`;
      blocks.push({ kind: 'line', words: [verbatim(this.#data.functionName(index)), ' ', verbatim(place)] });
      blocks.push({
        kind: 'lines',
        lines: kept.map(([line, { flat, cum }]) => {
          const text = textOf(columns, this.#data.functionFile(index), line) ?? '';
          const numbers = `${this.#amount(flat).padStart(9)} ${this.#amount(cum).padStart(9)} ${this.#share(cum).padStart(8)}`;
          return `${numbers} ${String(line).padStart(6)}  ${text.trim()}`.trimEnd();
        }),
      });
    }
    return blocks.length === 0
      ? []
      : [{ kind: 'heading', words: ['Lines of hot functions: self, total, share, line'] }, ...blocks];
  }

  labels(): Block[] {
    const { columns, labels } = this.#data;
    const lines = labels.slice(0, limits.labels).flatMap((label) => {
      const sums = valuesOfLabel(columns, label, (sample) => this.#weights.ofSample(sample));
      const ranked = Array.from(sums, (_, index) => index)
        .filter((index) => sums[index] !== 0)
        .sort((a, b) => Math.abs(sums[b] ?? 0) - Math.abs(sums[a] ?? 0));
      const shown = ranked.slice(0, limits.valuesOfLabel).map((index) => {
        const value = sums[index] ?? 0;
        return `${this.#share(value).padStart(8)}  ${this.#amount(value).padStart(9)}  ${label.key}=${label.values[index] ?? '(none)'}`;
      });
      const left = ranked.length - shown.length;
      return left === 0 ? shown : [...shown, `${' '.repeat(21)}${left} more values of ${label.key}`];
    });
    if (labels.length > limits.labels) {
      lines.push(
        `${' '.repeat(21)}and the labels ${labels
          .slice(limits.labels, limits.labels + 20)
          .map(({ key }) => key)
          .join(', ')}`,
      );
    }
    return lines.length === 0
      ? []
      : [
          { kind: 'heading', words: ['Labels'] },
          { kind: 'lines', lines },
        ];
  }

  #amount(value: number): string {
    return amount(value, this.#unit);
  }

  #share(value: number): string {
    return share(value, this.#weights.all);
  }

  #name(key: number): string {
    return this.#data.functionName(this.#keying.representative[key] ?? 0);
  }

  #place(key: number): string {
    const index = this.#keying.representative[key] ?? 0;
    const file = this.#data.functionFile(index);
    const line = this.#data.functionLine(index);
    return file === '' || line === 0 ? file : `${file}:${line}`;
  }
}

/** A stack, by keys, the leaf first, and what its leaf took. */
interface HeavyStack {
  readonly keys: readonly number[];
  readonly value: number;
}

/** Which whole stacks took most? What a frame and all below it took bounds what any stack through it did. */
export function heaviestStacks(
  columns: ReportColumns,
  keying: Keying,
  weights: Weights,
  count: number,
): readonly HeavyStack[] {
  const tree = CallTree.down(columns, keying, [{ weights }]);
  const found: HeavyStack[] = [];
  // Groups to look into, by their totals, and those that have been, by what they took themselves.
  const open = new PriorityQueue<{ readonly group: Group; readonly isKnown: boolean }>();
  for (const root of tree.roots) open.push(root.total, { group: root, isKnown: false });
  for (let next = open.pop(); next !== undefined && found.length < count; next = open.pop()) {
    const { group, isKnown } = next;
    if (isKnown) {
      const keys: number[] = [];
      for (let at: Group | undefined = group; at !== undefined && at.key >= 0; at = at.parent) keys.push(at.key);
      if (keys.length > 0) found.push({ keys, value: group.self });
      continue;
    }
    for (const child of tree.childrenOf(group)) {
      if (child.total > 0) open.push(child.total, { group: child, isKnown: false });
    }
    if (group.self > 0) open.push(group.self, { group, isKnown: true });
  }
  return found;
}

function textOf({ sources }: ReportColumns, file: string, line: number): string | undefined {
  const excerpt = sources.find(
    (one) => one.file === file && line >= one.firstLine && line < one.firstLine + one.lines.length,
  );
  return excerpt?.lines[line - excerpt.firstLine];
}

/** The file's name and the folder it is in, by which people know it. */
function shortPlace(place: string): string {
  return place.split(/[/\\]/).slice(-2).join('/');
}

function verbatim(text: string): Verbatim {
  return { verbatim: text };
}
