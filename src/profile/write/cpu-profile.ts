import { ProfileConversionError } from '../errors.js';
import { isRuntimeStateName } from '../frame-name.js';
import type { ProfileModel } from '../model.js';
import { sampleTypeIndex } from '../sample-type.js';
import { nanosecondsIn } from '../units.js';
import { framesByLocation, type StackFrame, type StackFunction } from './frames.js';

/** V8's .cpuprofile: `Profiler.Profile` of the inspector protocol. Times are in microseconds. */
export interface CpuProfile {
  readonly nodes: readonly CpuProfileNode[];
  readonly startTime: number;
  readonly endTime: number;
  /** Node ids, and the time from the sample before to each. */
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

export interface CpuProfileNode {
  readonly id: number;
  readonly callFrame: {
    readonly functionName: string;
    readonly scriptId: string;
    readonly url: string;
    /** From 0; -1 when not known. */
    readonly lineNumber: number;
    readonly columnNumber: number;
  };
  readonly hitCount: number;
  readonly children: readonly number[];
  /** Lines from 1. */
  readonly positionTicks?: readonly { line: number; ticks: number }[];
}

interface CallNode {
  readonly id: number;
  readonly function: StackFunction;
  readonly children: CallNode[];
  /** Nanoseconds of the stacks that end here, by line. */
  readonly own: { line: number; nanoseconds: number }[];
  nanoseconds: number;
}

/** More samples than this would make a file that no viewer opens; they are then longer. */
const mostSamples = 1_000_000;

/** What share of the time may be rounded away to another stack's, before samples are made shorter. */
const roundedShare = 0.01;

/** In microseconds, for a profile that does not say what lies between two samples. */
const usualPeriod = 10_000;

/** Viewers draw `(program)` and the garbage collector on top of the stack before. Which that was is not known, so they come first. */
function isRuntimeState({ function: { name, file } }: CallNode): boolean {
  return file === '' && isRuntimeStateName(name) && name !== root.name && name !== idle.name;
}

const root: StackFunction = { name: '(root)', file: '', startLine: 0, startColumn: 0 };
const idle: StackFunction = { ...root, name: '(idle)' };

export function toCpuProfile(profile: ProfileModel, sampleType?: string): CpuProfile {
  const time = timeType(profile, sampleType);
  const tree = new CallTree();
  const frames = framesByLocation(profile);
  for (const { stack, values } of profile.samples) {
    const nanoseconds = Number(values[time.index]) * time.nanoseconds;
    if (nanoseconds <= 0) continue;
    tree.add(
      stack.flatMap((location) => frames[location] ?? []),
      nanoseconds,
    );
  }
  const sampleLength = sampleLengthOf(tree, profile);
  const idleNode = tree.closeWith(idle);

  const scripts = new Map<string, number>();
  const scriptId = (file: string): string => {
    if (file === '') return '0';
    if (!scripts.has(file)) scripts.set(file, scripts.size + 1);
    return `${scripts.get(file)}`;
  };

  // Functions are many times on stacks; V8's files repeat what is said of them, but memory need not.
  const callFrames = new Map<StackFunction, CpuProfileNode['callFrame']>();
  const callFrame = (found: StackFunction): CpuProfileNode['callFrame'] => {
    const known = callFrames.get(found);
    if (known !== undefined) return known;
    const made = {
      functionName: found.name,
      scriptId: scriptId(found.file),
      url: urlOf(found.file),
      lineNumber: found.startLine - 1,
      columnNumber: found.startLine === 0 ? -1 : Math.max(0, found.startColumn - 1),
    };
    callFrames.set(found, made);
    return made;
  };

  const startTime = Math.round(Number(profile.timeNanos) / 1000);
  const nodes: CpuProfileNode[] = [];
  const samples: number[] = [];
  const timeDeltas: number[] = [];
  // Readers take a sample to last until the next one, so the time of each is the delta of the one after it.
  let nextDelta = 0;
  const emit = (id: number, microseconds: number) => {
    samples.push(id);
    timeDeltas.push(nextDelta);
    nextDelta = microseconds;
  };
  // Depth first, the heaviest callee first: laid out in time, the samples look like the call tree.
  const rank = (node: CallNode) => (node === idleNode ? 2 : isRuntimeState(node) ? 0 : 1);
  const order = (a: CallNode, b: CallNode) => rank(a) - rank(b) || b.nanoseconds - a.nanoseconds;
  const pending = [tree.root];
  let elapsedNanoseconds = 0;
  let sampleCount = 0;
  let idleHits = 0;
  let before: CallNode | undefined;
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    // One that takes no time keeps the second of two such states from being drawn on top of the first.
    if (node === idleNode || (before !== undefined && isRuntimeState(before) && isRuntimeState(node))) {
      emit(idleNode.id, 0);
      idleHits++;
    }
    before = node;
    const ticks = new Map<number, number>();
    let hitCount = 0;
    for (const { line, nanoseconds } of node.own) {
      // As many as have begun up to here: so whole parts of the tree are right to one sample, whatever was rounded in them.
      elapsedNanoseconds += nanoseconds;
      const count = Math.round(elapsedNanoseconds / 1000 / sampleLength) - sampleCount;
      if (count === 0) continue;
      sampleCount += count;
      hitCount += count;
      if (line !== 0) ticks.set(line, (ticks.get(line) ?? 0) + count);
      for (let i = 0; i < count; i++) emit(node.id, sampleLength);
    }
    const children = node.children.sort(order);
    nodes.push({
      id: node.id,
      callFrame: callFrame(node.function),
      hitCount: node === idleNode ? idleHits : hitCount,
      children: children.map(({ id }) => id),
      ...(ticks.size === 0 ? {} : { positionTicks: Array.from(ticks, ([line, count]) => ({ line, ticks: count })) }),
    });
    for (let i = children.length - 1; i >= 0; i--) pending.push(children[i] ?? node);
  }
  return { nodes, startTime, endTime: startTime + sampleCount * sampleLength, samples, timeDeltas };
}

/**
 * How long is each sample of the file, in microseconds? All are of one length, because some viewers count samples and pass
 * over their times: DevTools' tree, Firefox's command line. The profile's own period is best, if its times are made of it;
 * where samples were weighed, or profiles of several rates were added up, it takes shorter ones.
 */
function sampleLengthOf(tree: CallTree, { period, periodType }: ProfileModel): number {
  const times = Array.from(tree.ownTimes(), (nanoseconds) => nanoseconds / 1000);
  const total = times.reduce((sum, time) => sum + time, 0);
  const roundedAway = (length: number) =>
    times.reduce((sum, time) => sum + Math.abs(time - Math.round(time / length) * length), 0);
  const shortest = Math.max(1, Math.ceil(total / mostSamples));
  const own = Math.round((Number(period) * (nanosecondsIn(periodType.unit) ?? 0)) / 1000);
  let length = Math.max(shortest, own > 0 ? own : usualPeriod);
  while (length > shortest && roundedAway(length) > total * roundedShare) {
    length = Math.max(shortest, Math.floor(length / 2));
  }
  return length;
}

class CallTree {
  #size = 0;
  readonly root = this.#node(root);
  readonly #functionNumbers = new Map<StackFunction, number>();
  // One map for all nodes, by the caller's id and the function's number: with a map in each it took 1.4 times the time.
  readonly #callees = new Map<number, CallNode>();

  /** @param frames Leaf first. */
  add(frames: readonly StackFrame[], nanoseconds: number): void {
    let node = this.root;
    node.nanoseconds += nanoseconds;
    for (let i = frames.length - 1; i >= 0; i--) {
      const frame = frames[i];
      if (frame === undefined) continue;
      node = this.#callee(node, frame.function);
      node.nanoseconds += nanoseconds;
    }
    const line = frames[0]?.line ?? 0;
    const own = node.own.find((entry) => entry.line === line);
    if (own === undefined) node.own.push({ line, nanoseconds });
    else own.nanoseconds += nanoseconds;
  }

  /** In nanoseconds, of the stacks of each node by line. */
  *ownTimes(): Generator<number> {
    for (const { own } of [this.root, ...this.#callees.values()]) {
      for (const { nanoseconds } of own) yield nanoseconds;
    }
  }

  /** The last sample has no next one to end it: one that takes no time comes after it. */
  closeWith(last: StackFunction): CallNode {
    const node = this.#node(last);
    this.root.children.push(node);
    return node;
  }

  #callee(caller: CallNode, found: StackFunction): CallNode {
    let number = this.#functionNumbers.get(found);
    if (number === undefined) {
      number = this.#functionNumbers.size;
      this.#functionNumbers.set(found, number);
    }
    const key = caller.id * 2 ** 24 + number;
    let callee = this.#callees.get(key);
    if (callee === undefined) {
      callee = this.#node(found);
      this.#callees.set(key, callee);
      caller.children.push(callee);
    }
    return callee;
  }

  #node(found: StackFunction): CallNode {
    return { id: ++this.#size, function: found, children: [], own: [], nanoseconds: 0 };
  }
}

/** The type that is asked for; without one, the type shown by default if it is one of time, or else the last that is. */
function timeType(profile: ProfileModel, sampleType?: string): { index: number; nanoseconds: number } {
  const { sampleTypes } = profile;
  const factors = sampleTypes.map(({ unit }) => nanosecondsIn(unit));
  const preferred = sampleTypeIndex(profile, sampleType);
  if (sampleType !== undefined && factors[preferred] === undefined) {
    throw new ProfileConversionError(
      `a .cpuprofile is made of times, and ${sampleType} is in ${sampleTypes[preferred]?.unit || 'no unit'}`,
    );
  }
  const index = factors[preferred] === undefined ? factors.findLastIndex((factor) => factor !== undefined) : preferred;
  const nanoseconds = factors[index];
  if (nanoseconds !== undefined) return { index, nanoseconds };
  const types = sampleTypes.map(({ type, unit }) => `${type}/${unit}`).join(', ');
  throw new ProfileConversionError(`a .cpuprofile is made of times, and this profile has none: it has ${types}`);
}

/** V8 writes files as URLs; other names (`node:fs`, none) as they are. */
function urlOf(file: string): string {
  const path = /^[a-z]:[\\/]/i.test(file) ? `/${file.replaceAll('\\', '/')}` : file;
  if (!path.startsWith('/')) return file;
  return `file://${encodeURI(path).replaceAll('?', '%3F').replaceAll('#', '%23')}`;
}
