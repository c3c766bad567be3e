import type { ReportColumns } from './columns.js';

/** One label: which of its values each set of labels has. */
export interface LabelColumn {
  readonly key: string;
  readonly values: readonly string[];
  /** By the number of the label set, the index of the value; -1 where the label is missing. */
  readonly ofSet: Int32Array;
}

/** What are the labels of a profile, and their values? Of several values of a key on one sample the first one counts. */
export function labelColumns({ labelSets }: ReportColumns): readonly LabelColumn[] {
  const found = new Map<string, { values: Map<string, number>; ofSet: Int32Array }>();
  labelSets.forEach((labels, set) => {
    for (const [key, value] of labels) {
      let column = found.get(key);
      if (column === undefined) {
        column = { values: new Map(), ofSet: new Int32Array(labelSets.length).fill(-1) };
        found.set(key, column);
      }
      if (column.ofSet[set] !== -1) continue;
      let index = column.values.get(value);
      if (index === undefined) {
        index = column.values.size;
        column.values.set(value, index);
      }
      column.ofSet[set] = index;
    }
  });
  return Array.from(found, ([key, { values, ofSet }]) => ({ key, values: [...values.keys()], ofSet })).sort((a, b) =>
    a.key < b.key ? -1 : 1,
  );
}

/** The names under which profilers say on which thread a sample was taken. */
const threadKeys = ['thread', 'thread name', 'thread_name', 'thread id', 'thread_id', 'tid'];

/** Which label says on which thread samples were taken? */
export function threadLabel(labels: readonly LabelColumn[]): LabelColumn | undefined {
  return threadKeys.map((name) => labels.find(({ key }) => key === name)).find((column) => column !== undefined);
}

/**
 * What each value of a label took: by its index, and last what samples without the label took.
 * @param weightOf What a sample counts.
 */
export function valuesOfLabel(
  { samples }: ReportColumns,
  label: LabelColumn,
  weightOf: (sample: number) => number,
): Float64Array {
  const sums = new Float64Array(label.values.length + 1);
  for (let sample = 0; sample < samples.labelSet.length; sample++) {
    const value = label.ofSet[samples.labelSet[sample] ?? 0] ?? -1;
    const index = value === -1 ? label.values.length : value;
    sums[index] = (sums[index] ?? 0) + weightOf(sample);
  }
  return sums;
}
