import type { Labels } from '../builder.js';
import type { Frame } from '../frame.js';
import { readableFile } from '../frame-name.js';
import type { ValueType } from '../model.js';
import type { Profile } from '../profile.js';
import { nanosecondsIn } from '../units.js';
import { arrayIn, damaged, indexIn, isObject, type JsonObject, numberIn, objectIn, placeIn, textIn } from './json.js';
import { StackSums } from './stack-sums.js';

export function isFirefoxProfile(file: JsonObject): boolean {
  return isObject(file.meta) && 'preprocessedProfileVersion' in file.meta && Array.isArray(file.threads);
}

/**
 * Reads the samples of Firefox Profiler's processed format, whatever version it has: what moved from the threads to
 * `shared` since is looked for in both places. https://github.com/firefox-devtools/profiler, docs-developer/CHANGELOG-formats.md
 *
 * Threads and processes become labels, where there are several. Markers, counters and allocations are passed over.
 */
export function readFirefoxProfile(file: JsonObject): Profile {
  const meta = objectIn(file.meta, 'meta');
  const shared = isObject(file.shared) ? file.shared : {};
  const threads = arrayIn(file.threads, 'threads')
    .map((thread, index) => objectIn(thread, `thread ${index}`))
    .map((thread) => ({ thread, samples: samplesIn(thread) }))
    .filter(({ samples }) => samples.stacks.length > 0);

  const cpuUnit = cpuUnitIn(meta);
  const hasCpu = cpuUnit !== undefined && threads.some(({ samples }) => samples.cpu !== undefined);
  const weightType = threads[0]?.samples.weightType ?? 'samples';
  const interval = numberIn(meta.interval ?? 1, 'meta.interval');
  const types = sampleTypes(weightType, hasCpu);
  const startMs = numberIn(meta.startTime ?? 0, 'meta.startTime') + numberIn(meta.profilingStartTime ?? 0, 'a time');
  const times = threads.map(({ samples }) => samples.lastTime - samples.firstTime);
  const sums = new StackSums({
    sampleTypes: types,
    periodType: weightType === 'bytes' ? { type: 'space', unit: 'bytes' } : { type: 'wall', unit: 'nanoseconds' },
    period: weightType === 'bytes' ? 0 : Math.round(interval * 1e6),
    timeNanos: nanos(startMs),
    durationNanos: nanos(times.reduce((longest, time) => Math.max(longest, time), 0)),
  });

  const pids = new Set(threads.map(({ thread }) => thread.pid));
  const stacksByThread = tables(shared);
  let leftOut = 0;
  for (const { thread, samples } of threads) {
    if (samples.weightType !== weightType) {
      leftOut++;
      continue;
    }
    const labels: Record<string, string> = {};
    if (threads.length > 1) labels.thread = String(thread.name ?? '');
    if (pids.size > 1) labels.pid = String(thread.pid);
    addThread(
      samples,
      stacksByThread(thread),
      sums,
      (weight, cpu) => {
        if (weightType === 'bytes') return [weight];
        if (weightType === 'tracing-ms') return hasCpu ? [weight * 1e6, cpu * (cpuUnit ?? 1)] : [weight * 1e6];
        return hasCpu ? [weight, weight * interval * 1e6, cpu * (cpuUnit ?? 1)] : [weight, weight * interval * 1e6];
      },
      labels,
    );
  }
  return sums.build({
    comments:
      leftOut === 0 ? [] : [`${leftOut} threads are left out: they do not count ${weightType} as the first does`],
  });
}

const weightTypes = ['samples', 'tracing-ms', 'bytes'] as const;
type WeightType = (typeof weightTypes)[number];

function sampleTypes(weightType: WeightType, hasCpu: boolean): ValueType[] {
  if (weightType === 'bytes') return [{ type: 'space', unit: 'bytes' }];
  return [
    ...(weightType === 'samples' ? [{ type: 'samples', unit: 'count' }] : []),
    { type: 'wall', unit: 'nanoseconds' },
    ...(hasCpu ? [{ type: 'cpu', unit: 'nanoseconds' }] : []),
  ];
}

/** How many nanoseconds there are in the unit of `threadCPUDelta`; undefined where it is not one of time. */
function cpuUnitIn({ sampleUnits }: JsonObject): number | undefined {
  const unit = isObject(sampleUnits) ? sampleUnits.threadCPUDelta : undefined;
  return typeof unit === 'string' ? nanosecondsIn(unit === 'µs' ? 'us' : unit) : undefined;
}

function nanos(milliseconds: number): bigint {
  return milliseconds > 0 && milliseconds < 1e13 ? BigInt(Math.round(milliseconds * 1000)) * 1000n : 0n;
}

interface Samples {
  readonly stacks: readonly unknown[];
  readonly weights: readonly unknown[] | undefined;
  readonly weightType: WeightType;
  readonly cpu: readonly unknown[] | undefined;
  /** In milliseconds. */
  readonly firstTime: number;
  readonly lastTime: number;
}

function samplesIn(thread: JsonObject): Samples {
  const samples = objectIn(thread.samples, 'the samples of a thread');
  const stacks = arrayIn(samples.stack, 'the stacks of a thread');
  const column = (value: unknown, what: string) => {
    if (!Array.isArray(value)) return undefined;
    if (value.length !== stacks.length) throw damaged(`${stacks.length} samples have ${value.length} ${what}`);
    return value;
  };
  const times = column(samples.time, 'times') ?? [];
  const deltas = column(samples.timeDeltas, 'timeDeltas') ?? [];
  const numberAt = (values: readonly unknown[], index: number) => Number(values.at(index) ?? 0) || 0;
  return {
    stacks,
    weights: column(samples.weight, 'weights'),
    weightType: weightTypes.find((type) => type === samples.weightType) ?? 'samples',
    cpu: column(samples.threadCPUDelta, 'threadCPUDeltas'),
    firstTime: numberAt(times, 0) || numberAt(deltas, 0),
    lastTime: numberAt(times, -1) || deltas.reduce<number>((sum, _, index) => sum + numberAt(deltas, index), 0),
  };
}

function addThread(
  { stacks, weights, weightType, cpu }: Samples,
  table: StackTable,
  sums: StackSums,
  valuesOf: (weight: number, cpu: number) => number[],
  labels: Labels,
): void {
  // Many samples have the same stack, and it is long: they are added up first.
  const byStack = new Map<unknown, { weight: number; cpu: number }>();
  // A sample is taken at its time, after what was spent; the stretch of a trace begins there, and the next one says it.
  const shift = weightType === 'tracing-ms' ? 1 : 0;
  stacks.forEach((stack, index) => {
    // None: the thread was not sampled then.
    if (stack === null || stack === undefined) return;
    const weight = weights === undefined ? 1 : numberIn(weights[index], `weight ${index}`);
    // The first one is of the time before.
    const at = index + shift;
    const delta = cpu === undefined || at === 0 ? 0 : numberIn(cpu[at] ?? 0, `threadCPUDelta ${at}`);
    const before = byStack.get(stack);
    if (before === undefined) byStack.set(stack, { weight, cpu: delta });
    else {
      before.weight += weight;
      before.cpu += delta;
    }
  });
  for (const [stack, { weight, cpu }] of byStack) {
    const frames: Frame[] = [];
    for (let at = indexIn(stack, table.length, 'a stack'); at !== -1; at = table.callerOf(at)) {
      sums.count(1);
      frames.push(table.frameOf(at));
    }
    sums.add(frames, valuesOf(weight, cpu), labels);
  }
}

interface StackTable {
  readonly length: number;
  /** -1 for an outermost one. A caller always comes before, so there is an end. */
  callerOf(stack: number): number;
  frameOf(stack: number): Frame;
}

/** The tables that a thread's stacks are in: its own up to version 59, all threads' since. */
function tables(shared: JsonObject): (thread: JsonObject) => StackTable {
  const common = 'stackTable' in shared ? stackTable(shared, shared) : undefined;
  return (thread) => common ?? stackTable(thread, shared);
}

function stackTable(place: JsonObject, shared: JsonObject): StackTable {
  const stacks = objectIn(place.stackTable, 'stackTable');
  const stackFrames = arrayIn(stacks.frame, 'stackTable.frame');
  const hasOffsets = Array.isArray(stacks.prefixOffset);
  const prefixes = arrayIn(hasOffsets ? stacks.prefixOffset : stacks.prefix, 'stackTable.prefix');
  const frames = framesIn(place, shared);
  return {
    length: stackFrames.length,
    callerOf(stack) {
      const prefix = prefixes[stack];
      if (prefix === (hasOffsets ? 0 : null)) return -1;
      return indexIn(hasOffsets ? stack - Number(prefix) : prefix, stack, `the caller of stack ${stack}`);
    },
    frameOf: (stack) => frames(indexIn(stackFrames[stack], Number.POSITIVE_INFINITY, `the frame of stack ${stack}`)),
  };
}

function framesIn(place: JsonObject, shared: JsonObject): (frame: number) => Frame {
  const strings = arrayIn(shared.stringArray ?? place.stringArray ?? place.stringTable, 'stringArray');
  const text = (index: unknown): string => textIn(strings[indexIn(index, strings.length, 'a text')], `text ${index}`);
  const frameTable = objectIn(place.frameTable, 'frameTable');
  const funcTable = objectIn(place.funcTable, 'funcTable');
  const sources = isObject(shared.sources) ? shared.sources : {};
  const at = (table: JsonObject, column: string, index: number): unknown => {
    const values = table[column];
    return Array.isArray(values) ? values[index] : undefined;
  };
  const fileOf = (func: number): string => {
    const source = at(funcTable, 'source', func);
    const name = typeof source === 'number' ? at(sources, 'filename', source) : at(funcTable, 'fileName', func);
    return typeof name === 'number' ? readableFile(text(name)) : '';
  };
  const known = new Map<number, Frame>();
  return (index) => {
    let frame = known.get(index);
    if (frame === undefined) {
      const func = indexIn(at(frameTable, 'func', index), Number.POSITIVE_INFINITY, `the function of frame ${index}`);
      const startLine = placeIn(at(funcTable, 'lineNumber', func));
      frame = {
        functionName: text(at(funcTable, 'name', func)),
        file: fileOf(func),
        startLine,
        line: placeIn(at(frameTable, 'line', index)) || startLine,
        column: placeIn(at(frameTable, 'column', index)),
        isInlined: placeIn(at(frameTable, 'inlineDepth', index)) > 0,
      };
      known.set(index, frame);
    }
    return frame;
  };
}
