import { absolute, type Integer, sum } from '../integer.js';
import { mergeProfiles } from '../merge.js';
import type { Location, ProfileModel } from '../model.js';
import { sampleTypeIndex } from '../sample-type.js';
import { startLinesOf } from '../start-lines.js';

/**
 * One function of the table. Values are in the unit of the sample type, exact up to 2^53; percentages are of the total
 * of all samples and may be negative in a difference of two profiles.
 */
export interface TopRow {
  readonly functionName: string;
  /**
   * Where most of the time itself was spent, or else most below, when functions in several places have the name; empty when not
   * known.
   */
  readonly file: string;
  /**
   * Where the function begins, from 1; 0 when not known. In a profile that does not say so it is the first of the lines in
   * which the function was seen.
   */
  readonly line: number;
  /** Spent in the function itself. */
  readonly flat: number;
  readonly flatPercent: number;
  /** The flat percentages up to and with this row. */
  readonly sumPercent: number;
  /** Spent in the function and what it called; a recursive function counts once. */
  readonly cum: number;
  readonly cumPercent: number;
}

export interface Top {
  /** The index of the sample type that the values are of. */
  readonly sampleType: number;
  /** The value of all samples, also of those without a stack. */
  readonly total: number;
  /** How many functions there are, shown or not. */
  readonly functionCount: number;
  readonly rows: readonly TopRow[];
}

interface Node {
  readonly name: string;
  readonly functions: number[];
  flat: Integer;
  cum: Integer;
  // The last sample that was counted into cum: in recursion a function is on one stack several times.
  lastSample: number;
}

/** The functions that took most, as `go tool pprof -top` has them: functions of one name are one row. */
export function topOf(given: ProfileModel, count: number, sampleType?: string): Top {
  // In a difference of two profiles, what was added and taken away at one stack is set off before it is counted: the
  // total is then that of the profile, however its file came about. Go does so with several files and with a base, and
  // up to 1.19 with one file too; since then it takes the samples of one file as they stand.
  const isDifference = given.samples.some(({ values }) => values.some((value) => value < 0));
  const profile = isDifference ? mergeProfiles([given]) : given;
  const valueIndex = sampleTypeIndex(profile, sampleType);
  const nodes = new Map<string, Node>();
  const nodesByLocation = profile.locations.map((location) => nodesOf(profile, location, nodes));
  const functionTotals: Integer[] = profile.functions.map(() => 0);
  const functionFlats: Integer[] = profile.functions.map(() => 0);

  let total: Integer = 0;
  let differenceBase: Integer = 0;
  profile.samples.forEach(({ stack, values, labels }, sample) => {
    const value = values[valueIndex] ?? 0;
    if (value === 0) return;
    total = sum(total, absolute(value));
    if (labels.some(({ key, value }) => key === 'pprof::base' && value === 'true')) {
      differenceBase = sum(differenceBase, absolute(value));
    }
    for (const location of stack) {
      for (const node of nodesByLocation[location] ?? []) {
        if (node.lastSample === sample) continue;
        node.lastSample = sample;
        node.cum = sum(node.cum, value);
      }
      for (const { function: index } of profile.locations[location]?.lines ?? []) {
        functionTotals[index] = sum(functionTotals[index] ?? 0, absolute(value));
      }
    }
    const leaf = nodesByLocation[stack[0] ?? -1]?.[0];
    if (leaf !== undefined) leaf.flat = sum(leaf.flat, value);
    const leafFunction = profile.locations[stack[0] ?? -1]?.lines[0]?.function;
    if (leafFunction !== undefined)
      functionFlats[leafFunction] = sum(functionFlats[leafFunction] ?? 0, absolute(value));
  });

  const startLines = startLinesOf(profile);
  const sorted = [...nodes.values()].filter(({ flat, cum }) => flat !== 0 || cum !== 0).sort(byFlatThenName);
  // As in pprof, a difference is measured against what it is a difference to.
  const whole = Number(differenceBase || total);
  const percent = (value: Integer) => (whole === 0 ? 0 : (Number(value) / whole) * 100);
  let flatSum: Integer = 0;
  const rows = sorted.slice(0, count).map(({ name, functions, flat, cum }): TopRow => {
    flatSum = sum(flatSum, flat);
    const [heaviest = -1] = [...functions].sort(
      (a, b) =>
        compare(functionFlats[b] ?? 0, functionFlats[a] ?? 0) ||
        compare(functionTotals[b] ?? 0, functionTotals[a] ?? 0),
    );
    const place = profile.functions[heaviest];
    return {
      functionName: name,
      file: place?.filename ?? '',
      line: startLines[heaviest] ?? 0,
      flat: Number(flat),
      flatPercent: percent(flat),
      sumPercent: percent(flatSum),
      cum: Number(cum),
      cumPercent: percent(cum),
    };
  });
  return { sampleType: valueIndex, total: whole, functionCount: sorted.length, rows };
}

/** One node for each line of the location: the name alone decides, as long as there is one. */
function nodesOf(profile: ProfileModel, location: Location, nodes: Map<string, Node>): Node[] {
  const binary = profile.mappings[location.mapping]?.filename ?? '';
  const unnamed = binary === '' ? '<unknown>' : `[${binary.replace(/^.*\//, '')}]`;
  const lines = location.lines.length === 0 ? [{ function: -1 }] : location.lines;
  return lines.map(({ function: index }) => {
    const found = profile.functions[index];
    const name = found?.name || unnamed;
    const key = found?.name ? `name ${name}` : `binary ${binary} ${found?.startLine ?? 0}`;
    let node = nodes.get(key);
    if (node === undefined) {
      node = { name, functions: [], flat: 0, cum: 0, lastSample: -1 };
      nodes.set(key, node);
    }
    if (found !== undefined && !node.functions.includes(index)) node.functions.push(index);
    return node;
  });
}

function byFlatThenName(a: Node, b: Node): number {
  return (
    compare(absolute(b.flat), absolute(a.flat)) || compare(a.name, b.name) || compare(absolute(b.cum), absolute(a.cum))
  );
}

function compare<T extends Integer | string>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
