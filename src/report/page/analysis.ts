import { CallTree, type Group, type Part } from '../call-tree.js';
import { colouredValues } from '../colours.js';
import { type KeyValues, keyValues } from '../function-values.js';
import { type Keying, keyingOf, outermostKeys } from '../keying.js';
import { type LabelColumn, valuesOfLabel } from '../label-values.js';
import { coveredNodes } from '../matches.js';
import type { LabelFilter, ReportData } from '../report-data.js';
import type { Weights } from '../weights.js';
import { Memo } from './memo.js';
import type { State } from './state.js';

/** Two values of a label, beside each other. */
export interface Comparison {
  readonly names: readonly [string, string];
  readonly weights: readonly [Weights, Weights];
}

/** A value of a label, or several, with its colour: its place in the series of them. */
export interface LabelPart extends Part {
  readonly title: string;
  readonly colour: number;
}

/** What a person's choices come to. Everything is worked out when it is asked for, and kept while it stays the same. */
export class Analysis {
  readonly data: ReportData;
  #state: State;

  readonly #keying = new Memo((granularity: State['granularity'], folded: string) =>
    keyingOf(
      this.data.columns,
      this.data.origins,
      granularity,
      new Set(this.#state.folded.filter((k) => folded.includes(k))),
    ),
  );
  readonly #outermost = new Memo((keying: Keying) => outermostKeys(this.data.columns, keying));
  readonly #matches = new Memo((keying: Keying, query: string) => this.#findMatches(keying, query));
  readonly #covered = new Memo((keying: Keying, matched: Uint8Array) =>
    coveredNodes(this.data.columns, keying, matched),
  );
  readonly #counts = new Memo((filters: readonly LabelFilter[], only: Uint8Array | undefined) =>
    this.#counting(this.data.passingSets(filters), only),
  );
  readonly #weights = new Memo((type: number, counts: Counts) => this.data.weights(type, counts));
  readonly #values = new Memo((keying: Keying, weights: Weights) => this.#valuesOf(keying, weights));
  readonly #comparison = new Memo(
    (type: number, counts: Counts, label: LabelColumn | undefined, pair: State['comparison']) =>
      this.#compare(type, counts, label, pair),
  );
  readonly #comparedValues = new Memo((keying: Keying, { weights: [a, b] }: Comparison) => [
    this.#valuesOf(keying, a),
    this.#valuesOf(keying, b),
  ]);
  readonly #parts = new Memo((type: number, counts: Counts, label: LabelColumn) => this.#partsOf(type, counts, label));
  readonly #tree = new Memo((isUp: boolean, keying: Keying, parts: readonly Part[]) =>
    (isUp ? CallTree.up : CallTree.down)(this.data.columns, keying, parts),
  );
  readonly #whole = new Memo((weights: Weights): readonly Part[] => [{ weights }]);
  readonly #around = new Memo((keying: Keying, weights: Weights, key: number) => {
    const around = (direction: 'callees' | 'callers') =>
      CallTree.around(this.data.columns, keying, this.outermost, weights, key, direction);
    return { callees: around('callees'), callers: around('callers') };
  });
  readonly #labelValues = new Memo(
    (type: number, label: LabelColumn, filters: readonly LabelFilter[], only: Uint8Array | undefined) => {
      // What its own filters rule out is shown all the same, to be chosen.
      const others = filters.filter(({ key }) => key !== label.key);
      const counts = this.#counting(this.data.passingSets(others), only);
      const values = this.data.columns.samples.values[type] ?? new Float64Array();
      return valuesOfLabel(this.data.columns, label, (sample) => (counts(sample) ? (values[sample] ?? 0) : 0));
    },
  );

  constructor(data: ReportData, state: State) {
    this.data = data;
    this.#state = state;
  }

  set state(state: State) {
    this.#state = state;
  }

  get sampleType(): number {
    const { sampleTypes, defaultSampleType } = this.data.columns;
    const index = sampleTypes.findIndex(({ type }) => type === this.#state.sampleType);
    return index === -1 ? defaultSampleType : index;
  }

  get unit(): string {
    return this.data.columns.sampleTypes[this.sampleType]?.unit ?? '';
  }

  get keying(): Keying {
    return this.#keying.get(this.#state.granularity, this.#state.folded.join(' '));
  }

  get outermost(): Int32Array {
    return this.#outermost.get(this.keying);
  }

  /** What is looked for, 1 by key; `undefined` when nothing is, or what is no regular expression. */
  get matched(): Uint8Array | undefined {
    return this.#matches.get(this.keying, this.#state.query).matched;
  }

  /** What is wrong with what is looked for. */
  get searchProblem(): string | undefined {
    return this.#matches.get(this.keying, this.#state.query).problem;
  }

  /** What stacks with a match took. */
  get matchedValue(): number {
    const { matched } = this;
    if (matched === undefined) return 0;
    const covered = this.#covered.get(this.keying, matched);
    const { node } = this.data.columns.samples;
    let sum = 0;
    for (let sample = 0; sample < node.length; sample++) {
      if (covered[node[sample] ?? 0] === 1) sum += this.weights.ofSample(sample);
    }
    return sum;
  }

  get weights(): Weights {
    return this.#weights.get(this.sampleType, this.#countsNow());
  }

  /** The value of all samples, whatever is filtered. */
  get everything(): number {
    return this.#everything.get(this.sampleType);
  }

  readonly #everything = new Memo((type: number) =>
    (this.data.columns.samples.values[type] ?? new Float64Array()).reduce((sum, value) => sum + value, 0),
  );

  get values(): KeyValues {
    return this.#values.get(this.keying, this.weights);
  }

  /** The label that is looked at. */
  get label(): LabelColumn | undefined {
    const { label } = this.#state;
    return (
      this.data.label(label) ?? this.data.labels.find(({ key }) => key !== this.data.thread?.key) ?? this.data.labels[0]
    );
  }

  /** What each value of the label took, and last what is without it, under all filters but its own. */
  labelValues(label: LabelColumn): Float64Array {
    return this.#labelValues.get(this.sampleType, label, this.#state.filters, this.#only());
  }

  get comparison(): Comparison | undefined {
    return this.#comparison.get(this.sampleType, this.#countsNow(), this.label, this.#state.comparison);
  }

  comparedValues(comparison: Comparison): readonly KeyValues[] {
    return this.#comparedValues.get(this.keying, comparison);
  }

  /** The values of the label that have a colour of their own, the heaviest first, and what the rest took. */
  get parts(): readonly LabelPart[] {
    const { label } = this;
    return label === undefined ? [] : this.#parts.get(this.sampleType, this.#countsNow(), label);
  }

  get tree(): CallTree {
    const parts = this.#state.isGrouped && this.label !== undefined ? this.parts : this.#whole.get(this.weights);
    return this.#tree.get(this.#state.view === 'leaf', this.keying, parts);
  }

  around(key: number): { readonly callees: CallTree; readonly callers: CallTree } {
    return this.#around.get(this.keying, this.weights, key);
  }

  keyName(key: number): string {
    const { representative, isPackage } = this.keying;
    const index = representative[key] ?? 0;
    if (isPackage[key] === 1) {
      const { kind, package: name } = this.data.origins.of(index);
      if (this.#state.granularity === 'package' || kind === 'dependency') return name;
      return kind === 'node' ? '(Node.js)' : '(runtime)';
    }
    if (this.#state.granularity === 'file') return this.data.functionFile(index) || '(no file)';
    return this.data.functionName(index);
  }

  /** File and line; empty when there is nothing to say. */
  keyPlace(key: number): string {
    const { representative, isPackage } = this.keying;
    if (isPackage[key] === 1 || this.#state.granularity === 'file') return '';
    const index = representative[key] ?? 0;
    const file = this.data.functionFile(index);
    const line = this.data.functionLine(index);
    return file === '' || line === 0 ? file : `${file}:${line}`;
  }

  /** The group at the end of these keys, and those above it; empty where they lead nowhere. */
  pathOf(tree: CallTree, keys: readonly number[]): readonly Group[] {
    const [root, ...rest] = keys;
    const path: Group[] = [];
    let group = root === undefined ? undefined : tree.roots[root];
    for (const key of rest) {
      if (group === undefined) return [];
      path.push(group);
      group = tree.childrenOf(group).find((child) => child.key === key);
    }
    return group === undefined ? [] : [...path, group];
  }

  /** The keys of a path, for {@link pathOf}. */
  keysOf(tree: CallTree, path: readonly Group[]): readonly number[] {
    const [root, ...rest] = path;
    return root === undefined ? [] : [tree.roots.indexOf(root), ...rest.map(({ key }) => key)];
  }

  #only(): Uint8Array | undefined {
    const { matched } = this;
    return this.#state.isOnlyMatches && matched !== undefined ? this.#covered.get(this.keying, matched) : undefined;
  }

  #countsNow(): Counts {
    return this.#counts.get(
      this.#filtersNow.get(this.#state.filters, this.label, this.#state.comparison),
      this.#only(),
    );
  }

  /** While two values are compared, there are no others. */
  readonly #filtersNow = new Memo(
    (
      filters: readonly LabelFilter[],
      label: LabelColumn | undefined,
      pair: State['comparison'],
    ): readonly LabelFilter[] =>
      label === undefined || pair === undefined
        ? filters
        : [
            ...filters.filter(({ key }) => key !== label.key),
            ...pair.map((value) => ({ key: label.key, value, isExcluded: false })),
          ],
  );

  #counting(passing: Uint8Array, only: Uint8Array | undefined): Counts {
    const { node, labelSet } = this.data.columns.samples;
    return (sample) => passing[labelSet[sample] ?? 0] === 1 && (only === undefined || only[node[sample] ?? 0] === 1);
  }

  #valuesOf(keying: Keying, weights: Weights): KeyValues {
    return keyValues(this.data, keying, this.#outermost.get(keying), weights);
  }

  #findMatches(keying: Keying, query: string): { matched?: Uint8Array; problem?: string } {
    if (query === '') return {};
    let pattern: RegExp;
    try {
      pattern = new RegExp(query, /[A-Z]/.test(query) ? '' : 'i');
    } catch (error) {
      return {
        problem: error instanceof Error ? error.message.replace(/^Invalid regular expression: /, '') : String(error),
      };
    }
    const matched = new Uint8Array(keying.count);
    for (let key = 0; key < keying.count; key++) {
      const isMatch = pattern.test(this.keyName(key).slice(0, 1000)) || pattern.test(this.keyPlace(key).slice(0, 1000));
      if (isMatch) matched[key] = 1;
    }
    return { matched };
  }

  #compare(
    type: number,
    counts: Counts,
    label: LabelColumn | undefined,
    pair: State['comparison'],
  ): Comparison | undefined {
    if (label === undefined || pair === undefined) return undefined;
    const [a, b] = pair;
    const weights = (value: string | undefined) => {
      const passing = this.data.passingSets([{ key: label.key, value, isExcluded: false }]);
      const { labelSet } = this.data.columns.samples;
      return this.data.weights(type, (sample) => counts(sample) && passing[labelSet[sample] ?? 0] === 1);
    };
    return { names: [valueName(a), valueName(b)], weights: [weights(a), weights(b)] };
  }

  #partsOf(type: number, counts: Counts, label: LabelColumn): readonly LabelPart[] {
    const values = this.data.columns.samples.values[type] ?? new Float64Array();
    const sums = valuesOfLabel(this.data.columns, label, (sample) => (counts(sample) ? (values[sample] ?? 0) : 0));
    const ranked = Array.from(sums, (_, index) => index)
      .filter((index) => sums[index] !== 0)
      .sort((x, y) => Math.abs(sums[y] ?? 0) - Math.abs(sums[x] ?? 0));
    const own = ranked.slice(0, colouredValues);
    const rest = new Set(ranked.slice(colouredValues));
    const { labelSet } = this.data.columns.samples;
    const indexOf = (sample: number) => {
      const value = label.ofSet[labelSet[sample] ?? 0] ?? -1;
      return value === -1 ? label.values.length : value;
    };
    const part = (title: string, colour: number, includes: (value: number) => boolean): LabelPart => ({
      title: `${label.key}=${title}`,
      colour,
      weights: this.data.weights(type, (sample) => counts(sample) && includes(indexOf(sample))),
    });
    return [
      ...own.map((index, rank) => {
        const isNone = index === label.values.length;
        return part(valueName(label.values[index]), isNone ? colouredValues : rank, (value) => value === index);
      }),
      ...(rest.size === 0 ? [] : [part(`(${rest.size} more)`, colouredValues, (value) => rest.has(value))]),
    ];
  }
}

type Counts = (sample: number) => boolean;

/** How a value of a label is shown. */
export function valueName(value: string | undefined): string {
  return value ?? '(none)';
}
