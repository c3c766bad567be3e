import type { ReportColumns } from './columns.js';
import { Origins } from './keying.js';
import { type LabelColumn, labelColumns, threadLabel } from './label-values.js';
import { runsOf } from './runs.js';
import { firstSamples, sumsOf, Weights } from './weights.js';

/** Which samples count, by a label: those that have the value, or those that do not. */
export interface LabelFilter {
  readonly key: string;
  /** `undefined` stands for samples without the label. */
  readonly value: string | undefined;
  readonly isExcluded: boolean;
}

/** A profile in columns, with what all questions about it need. */
export class ReportData {
  readonly columns: ReportColumns;
  readonly origins: Origins;
  readonly labels: readonly LabelColumn[];
  /** The label that says on which thread a sample was taken. */
  readonly thread: LabelColumn | undefined;
  /** As {@link runsOf} gives them. */
  readonly runs: Int32Array;
  readonly #first: Int32Array;

  constructor(columns: ReportColumns) {
    this.columns = columns;
    this.origins = new Origins(columns);
    this.labels = labelColumns(columns);
    this.thread = threadLabel(this.labels);
    this.#first = firstSamples(columns);
    this.runs = runsOf(columns, this.#first);
  }

  label(key: string): LabelColumn | undefined {
    return this.labels.find((column) => column.key === key);
  }

  /** What the samples that count come to, of one sample type. */
  weights(sampleType: number, counts: (sample: number) => boolean): Weights {
    const values = this.columns.samples.values[sampleType] ?? new Float64Array(this.columns.samples.node.length);
    return new Weights(this.columns, this.#first, sumsOf(values, counts));
  }

  /**
   * Which sets of labels pass the filters: of those that ask for a value of one label, one has to; of those that rule a value
   * out, all. By the number of the set.
   */
  passingSets(filters: readonly LabelFilter[]): Uint8Array {
    const passing = new Uint8Array(this.columns.labelSets.length).fill(1);
    for (const key of new Set(filters.map((filter) => filter.key))) {
      const column = this.label(key);
      const own = filters.filter((filter) => filter.key === key);
      const indexOf = ({ value }: LabelFilter) => {
        const index = value === undefined ? undefined : (column?.values.indexOf(value) ?? -1);
        // -1 stands for sets without the label, and a value that there is not for no set at all.
        return index === undefined ? -1 : index === -1 ? Number.NaN : index;
      };
      const wanted = new Set(own.filter(({ isExcluded }) => !isExcluded).map(indexOf));
      const excluded = new Set(own.filter(({ isExcluded }) => isExcluded).map(indexOf));
      for (let set = 0; set < passing.length; set++) {
        const value = column?.ofSet[set] ?? -1;
        if (excluded.has(value) || (wanted.size > 0 && !wanted.has(value))) passing[set] = 0;
      }
    }
    return passing;
  }

  functionName(index: number): string {
    const { functions, strings } = this.columns;
    return strings[functions.name[index] ?? -1] ?? '';
  }

  functionFile(index: number): string {
    const { functions, strings } = this.columns;
    return strings[functions.file[index] ?? -1] ?? '';
  }

  functionLine(index: number): number {
    return this.columns.functions.startLine[index] ?? 0;
  }
}
