import type { Label, ProfileModel } from '../model.js';
import { sampleTypeIndex } from '../sample-type.js';
import { nanosecondsIn } from '../units.js';
import { framesByLocation, type StackFrame, type StackFunction } from './frames.js';

/**
 * Firefox Profiler's processed format, in version 60, which has had all that is in here. Later viewers bring older versions
 * up to theirs. https://github.com/firefox-devtools/profiler: src/types/profile.ts, docs-developer/CHANGELOG-formats.md
 */
export interface FirefoxProfile {
  readonly meta: {
    readonly version: 30;
    readonly preprocessedProfileVersion: 60;
    readonly product: string;
    readonly importedFrom: 'profbuf';
    /** Milliseconds since 1970. */
    readonly startTime: number;
    readonly profilingStartTime: number;
    readonly profilingEndTime: number;
    /** Milliseconds. */
    readonly interval: number;
    readonly processType: 0;
    readonly stackwalk: 0;
    readonly symbolicated: true;
    readonly sourceCodeIsNotOnSearchfox: true;
    readonly usesOnlyOneStackType: true;
    readonly categories: readonly { name: string; color: string; subcategories: readonly string[] }[];
    readonly markerSchema: readonly FirefoxMarkerSchema[];
    readonly sampleUnits?: { readonly time: 'ms'; readonly eventDelay: 'ms'; readonly threadCPUDelta: 'ns' };
    readonly extra: readonly {
      label: string;
      entries: readonly { label: string; format: 'string'; value: string }[];
    }[];
  };
  readonly libs: readonly [];
  readonly shared: {
    readonly stringArray: readonly string[];
    readonly stackTable: Table<{ frame: number; prefix: number | null }>;
    readonly frameTable: Table<{
      address: -1;
      inlineDepth: 0;
      category: number;
      subcategory: 0;
      func: number;
      nativeSymbol: null;
      innerWindowID: 0;
      line: number | null;
      column: number | null;
    }>;
    readonly funcTable: Table<{
      name: number;
      isJS: boolean;
      relevantForJS: boolean;
      resource: -1;
      source: number | null;
      lineNumber: number | null;
      columnNumber: number | null;
    }>;
    readonly resourceTable: Table<{ lib: null; name: number; host: null; type: number }>;
    readonly nativeSymbols: Table<{ libIndex: number; address: number; name: number; functionSize: null }>;
    readonly sources: Table<{ uuid: null; filename: number }>;
  };
  readonly threads: readonly FirefoxThread[];
}

/** Columns of equal length. */
type Table<Row> = { readonly [Column in keyof Row]: Row[Column][] } & { readonly length: number };

interface FirefoxMarkerSchema {
  readonly name: string;
  readonly tooltipLabel: string;
  readonly tableLabel: string;
  readonly chartLabel: string;
  readonly display: readonly string[];
  readonly fields: readonly { key: string; label: string; format: 'string' }[];
}

export interface FirefoxThread {
  readonly name: string;
  readonly isMainThread: boolean;
  readonly processType: 'default';
  readonly processName: string;
  readonly processStartupTime: 0;
  readonly processShutdownTime: null;
  readonly registerTime: 0;
  readonly unregisterTime: null;
  readonly pausedRanges: readonly [];
  readonly pid: string;
  readonly tid: number;
  readonly samples: Table<{ stack: number | null; time: number; weight: number }> & {
    readonly weightType: 'samples' | 'tracing-ms' | 'bytes';
    /** Nanoseconds since the sample before. */
    readonly threadCPUDelta?: number[];
  };
  readonly markers: Table<{
    data: Readonly<Record<string, string>>;
    name: number;
    startTime: number;
    endTime: number;
    phase: 1;
    category: number;
  }>;
}

const categories = [
  { name: 'Other', color: 'grey', subcategories: ['Other'] },
  { name: 'JavaScript', color: 'yellow', subcategories: ['Other'] },
  { name: 'Packages', color: 'orange', subcategories: ['Other'] },
  { name: 'Node.js', color: 'green', subcategories: ['Other'] },
  { name: 'Garbage collection', color: 'red', subcategories: ['Other'] },
  { name: 'Idle', color: 'transparent', subcategories: ['Other'] },
] as const;

function categoryOf({ name, file }: StackFunction): number {
  const category = (): (typeof categories)[number]['name'] => {
    if (file === '')
      return name === '(garbage collector)' ? 'Garbage collection' : name === '(idle)' ? 'Idle' : 'Other';
    if (file.startsWith('node:')) return 'Node.js';
    return /[/\\]node_modules[/\\]/.test(file) ? 'Packages' : 'JavaScript';
  };
  return categories.findIndex(({ name }) => name === category());
}

/** The label that profbuf has on samples of worker threads. */
const threadLabel = 'thread';

const markerType = 'Labels';

/** For values that are no times: what there is to see of them is their size, so each stack is as long as any other. */
const sampleMs = 1;

/**
 * A profile has sums and no order in time, so samples lie end to end: those with the same labels together, under a marker
 * that says the labels, and among them those with the same callers. Each thread has a track.
 */
export function toFirefox(profile: ProfileModel, sampleType?: string): FirefoxProfile {
  const column = sampleTypeIndex(profile, sampleType);
  const { type = '', unit = '' } = profile.sampleTypes[column] ?? {};
  const nanoseconds = nanosecondsIn(unit);
  const weightType = nanoseconds !== undefined ? 'tracing-ms' : unit === 'bytes' ? 'bytes' : 'samples';
  const isCpu = nanoseconds !== undefined && type === 'cpu';
  const factor = nanoseconds === undefined ? 1 : nanoseconds / 1e6;

  const stacks = new Stacks();
  const frames = framesByLocation(profile);
  const samples = profile.samples.flatMap(({ stack, values, labels }): Sampled[] => {
    const weight = Number(values[column] ?? 0) * factor;
    if (weight <= 0) return [];
    const number = stacks.add(
      stack.flatMap((location) => frames[location] ?? []),
      weight,
    );
    return [{ stack: number, weight, labels: labelsOf(labels), thread: threadOf(labels) }];
  });
  const order = stacks.order();
  const labelKeys = new Set(samples.flatMap(({ labels }) => Object.keys(labels)));
  const markerName = stacks.strings.index(markerType);

  let end = 0;
  const byThread = groupBy(samples, ({ thread }) => thread);
  const names = [...byThread.keys()].sort((a, b) => (a === '' ? -1 : b === '' ? 1 : a < b ? -1 : 1));
  const threads = names.map((name, index): FirefoxThread => {
    const table = { stack: [] as (number | null)[], time: [] as number[], weight: [] as number[] };
    const markers = { data: [], name: [], startTime: [], endTime: [], phase: [], category: [] } as Columns<
      FirefoxThread['markers']
    >;
    let time = 0;
    for (const group of byLabels(byThread.get(name) ?? [])) {
      const startTime = rounded(time);
      for (const { stack, weight } of group.sort((a, b) => rank(order, a) - rank(order, b))) {
        table.stack.push(stack === -1 ? null : stack);
        table.time.push(rounded(time));
        table.weight.push(rounded(weight));
        time += weightType === 'tracing-ms' ? weight : sampleMs;
      }
      const labels = group[0]?.labels ?? {};
      if (Object.keys(labels).length === 0) continue;
      markers.data.push({ type: markerType, ...labels });
      markers.name.push(markerName);
      markers.startTime.push(startTime);
      markers.endTime.push(rounded(time));
      markers.phase.push(1);
      markers.category.push(0);
    }
    end = Math.max(end, time);
    const cpu = isCpu
      ? { threadCPUDelta: [0, ...table.weight.map((milliseconds) => Math.round(milliseconds * 1e6))] }
      : {};
    if (isCpu) {
      // What was spent since the last sample is said at the next one: one without a stack ends it.
      table.stack.push(null);
      table.time.push(rounded(time));
      table.weight.push(0);
    }
    return {
      name: name === '' ? 'main' : name,
      isMainThread: name === '',
      processType: 'default',
      processName: 'profbuf',
      processStartupTime: 0,
      processShutdownTime: null,
      registerTime: 0,
      unregisterTime: null,
      pausedRanges: [],
      pid: '1',
      tid: index + 1,
      samples: { ...table, ...cpu, weightType, length: table.stack.length },
      markers: { ...markers, length: markers.data.length },
    };
  });

  return {
    meta: {
      version: 30,
      preprocessedProfileVersion: 60,
      product: `profbuf: ${type}`,
      importedFrom: 'profbuf',
      startTime: Number(profile.timeNanos) / 1e6,
      profilingStartTime: 0,
      profilingEndTime: rounded(end),
      interval: (Number(profile.period) * (nanosecondsIn(profile.periodType.unit) ?? 0)) / 1e6 || sampleMs,
      processType: 0,
      stackwalk: 0,
      symbolicated: true,
      sourceCodeIsNotOnSearchfox: true,
      usesOnlyOneStackType: true,
      categories,
      ...(isCpu ? { sampleUnits: { time: 'ms', eventDelay: 'ms', threadCPUDelta: 'ns' } as const } : {}),
      markerSchema: labelKeys.size === 0 ? [] : [markerSchema([...labelKeys].sort())],
      extra: [
        {
          label: 'About the profile',
          entries: profile.comments
            .filter((comment) => !comment.startsWith('#'))
            .map((value) => ({ label: 'Comment', format: 'string', value })),
        },
      ],
    },
    libs: [],
    shared: stacks.tables(),
    threads,
  };
}

type Columns<T> = { [Column in Exclude<keyof T, 'length'>]: T[Column] };

interface Sampled {
  /** -1 for one without a stack. */
  readonly stack: number;
  readonly weight: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly thread: string;
}

function threadOf(labels: readonly Label[]): string {
  return String(labels.find(({ key }) => key === threadLabel)?.value ?? '');
}

/** `type` is the name of a marker's own field. */
function labelsOf(labels: readonly Label[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    labels
      .filter(({ key }) => key !== threadLabel)
      .map(({ key, value }) => [key === 'type' ? 'type_' : key, String(value)])
      .sort(),
  );
}

/** The heaviest first; those without labels last. */
function byLabels(samples: readonly Sampled[]): Sampled[][] {
  const weight = (group: readonly Sampled[]) => group.reduce((sum, { weight }) => sum + weight, 0);
  return [...groupBy(samples, ({ labels }) => JSON.stringify(labels))]
    .map(([key, group]) => ({ group, weight: key === '{}' ? -1 : weight(group) }))
    .sort((a, b) => b.weight - a.weight)
    .map(({ group }) => group);
}

function groupBy<Entry>(entries: readonly Entry[], keyOf: (entry: Entry) => string): Map<string, Entry[]> {
  const groups = new Map<string, Entry[]>();
  for (const entry of entries) {
    const key = keyOf(entry);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [entry]);
    else group.push(entry);
  }
  return groups;
}

function rank(order: readonly number[], { stack }: Sampled): number {
  return order[stack] ?? -1;
}

/** Nanoseconds, in milliseconds: further digits are of floating point. */
function rounded(milliseconds: number): number {
  return Math.round(milliseconds * 1e6) / 1e6;
}

function markerSchema(keys: readonly string[]): FirefoxMarkerSchema {
  const label = keys.map((key) => `{marker.data.${key}}`).join(' ');
  return {
    name: markerType,
    tooltipLabel: markerType,
    tableLabel: label,
    chartLabel: label,
    display: ['marker-chart', 'marker-table', 'timeline-overview'],
    fields: keys.map((key) => ({ key, label: key, format: 'string' })),
  };
}

class Strings {
  readonly all: string[] = [];
  readonly #indices = new Map<string, number>();

  index(text: string): number {
    let index = this.#indices.get(text);
    if (index === undefined) {
      index = this.all.push(text) - 1;
      this.#indices.set(text, index);
    }
    return index;
  }
}

/** The stacks of all threads as one tree, and the tables of what is on them. */
class Stacks {
  readonly strings = new Strings();
  readonly #files = new Map<string, number>();
  readonly #functions = new Map<StackFunction, number>();
  readonly #frames = new Map<string, { readonly frame: StackFrame; readonly func: number }>();
  readonly #frameNumbers = new Map<string, number>();
  // By the caller's number and the frame's.
  readonly #callees = new Map<number, number>();
  readonly #nodes: { readonly frame: number; readonly caller: number; weight: number }[] = [];

  /** @returns the number of the stack, -1 for an empty one. */
  add(frames: readonly StackFrame[], weight: number): number {
    let node = -1;
    for (let i = frames.length - 1; i >= 0; i--) {
      const frame = frames[i];
      if (frame === undefined) continue;
      node = this.#callee(node, this.#frame(frame), weight);
    }
    return node;
  }

  /** Depth first, the heaviest callee first: laid out so, samples look like the call tree. By stack. */
  order(): readonly number[] {
    const callees = new Map<number, number[]>();
    this.#nodes.forEach(({ caller }, node) => {
      const others = callees.get(caller);
      if (others === undefined) callees.set(caller, [node]);
      else others.push(node);
    });
    const lightestFirst = (nodes: number[]) =>
      nodes.sort((a, b) => (this.#nodes[a]?.weight ?? 0) - (this.#nodes[b]?.weight ?? 0));
    const order = new Array<number>(this.#nodes.length).fill(0);
    const open = lightestFirst(callees.get(-1) ?? []);
    let place = 0;
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      order[node] = place++;
      for (const callee of lightestFirst(callees.get(node) ?? [])) open.push(callee);
    }
    return order;
  }

  tables(): FirefoxProfile['shared'] {
    const { strings } = this;
    const frames = [...this.#frames.values()];
    const functions = [...this.#functions.keys()];
    const column = <Row, Value>(rows: readonly Row[], value: (row: Row) => Value): Value[] => rows.map(value);
    const or = (place: number) => (place === 0 ? null : place);
    const shared = {
      stackTable: {
        frame: column(this.#nodes, ({ frame }) => frame),
        prefix: column(this.#nodes, ({ caller }) => (caller === -1 ? null : caller)),
        length: this.#nodes.length,
      },
      frameTable: {
        address: column(frames, () => -1 as const),
        inlineDepth: column(frames, () => 0 as const),
        category: column(frames, ({ frame }) => categoryOf(frame.function)),
        subcategory: column(frames, () => 0 as const),
        func: column(frames, ({ func }) => func),
        nativeSymbol: column(frames, () => null),
        innerWindowID: column(frames, () => 0 as const),
        line: column(frames, ({ frame }) => or(frame.line)),
        column: column(frames, () => null),
        length: frames.length,
      },
      funcTable: {
        name: column(functions, ({ name }) => strings.index(name)),
        isJS: column(functions, ({ file }) => file !== ''),
        relevantForJS: column(functions, () => false),
        resource: column(functions, () => -1 as const),
        source: column(functions, ({ file }) => (file === '' ? null : this.#file(file))),
        lineNumber: column(functions, ({ startLine }) => or(startLine)),
        columnNumber: column(functions, ({ startColumn }) => or(startColumn)),
        length: functions.length,
      },
      resourceTable: { lib: [], name: [], host: [], type: [], length: 0 },
      nativeSymbols: { libIndex: [], address: [], name: [], functionSize: [], length: 0 },
    };
    const files = [...this.#files.keys()];
    const sources = {
      uuid: column(files, () => null),
      filename: column(files, (file) => strings.index(file)),
      length: files.length,
    };
    return { ...shared, sources, stringArray: strings.all };
  }

  #callee(caller: number, frame: number, weight: number): number {
    const key = (caller + 1) * 2 ** 24 + frame;
    let node = this.#callees.get(key);
    if (node === undefined) {
      node = this.#nodes.push({ frame, caller, weight: 0 }) - 1;
      this.#callees.set(key, node);
    }
    const found = this.#nodes[node];
    if (found !== undefined) found.weight += weight;
    return node;
  }

  #frame(frame: StackFrame): number {
    let func = this.#functions.get(frame.function);
    if (func === undefined) {
      func = this.#functions.size;
      this.#functions.set(frame.function, func);
    }
    const key = `${func}:${frame.line}`;
    let number = this.#frameNumbers.get(key);
    if (number === undefined) {
      number = this.#frames.size;
      this.#frames.set(key, { frame, func });
      this.#frameNumbers.set(key, number);
    }
    return number;
  }

  #file(file: string): number {
    let number = this.#files.get(file);
    if (number === undefined) {
      number = this.#files.size;
      this.#files.set(file, number);
    }
    return number;
  }
}
