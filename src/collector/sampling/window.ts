import { type Frame, truncatedFrame } from '../../profile/frame.js';
import { type CallFrame, frameOf, runtimeState } from '../../profile/frame-name.js';
import { controlUrl } from '../../protocol/thread-control.js';
import type { LabelledSample } from '../labels/thread-labels.js';
import type { CutStacks } from './cut-stacks.js';
import type { OwnerOfTick } from './inlining/tick-owners.js';

/** What `Profiler.consoleProfileFinished` carries: V8's .cpuprofile, field by field. */
export interface V8Profile {
  readonly nodes: readonly V8Node[];
  /** Microseconds of the monotonic clock that `process.hrtime` reads. */
  readonly startTime: number;
  readonly endTime: number;
  readonly samples?: readonly number[];
  readonly timeDeltas?: readonly number[];
}

export interface V8Node {
  readonly id: number;
  readonly callFrame: CallFrame;
  readonly hitCount?: number;
  readonly children?: readonly number[];
  readonly positionTicks?: readonly { readonly line: number; readonly ticks: number }[];
}

/** The stacks of one thread over one window, in order of time. */
export interface WindowSamples {
  /** The different stacks, leaf first. What several of them have in common are the same objects. */
  readonly stacks: readonly (readonly Frame[])[];
  readonly samples: readonly WindowSample[];
  /** Those of functions that V8 had inlined into the one that their stacks begin with, and that nobody can name. */
  readonly unknownSamples: number;
  /** Those of the samples, idle ones not counted, whose stack V8 has cut. */
  readonly truncatedSamples: number;
  /** Time of the latest sample, or of the window before when there is none. */
  readonly lastMicros: number;
}

export interface WindowSample extends LabelledSample {
  /** Index into {@link WindowSamples.stacks}. */
  readonly stack: number;
  readonly isIdle: boolean;
}

/**
 * Turns a profile of V8 into samples.
 *
 * Not every entry of V8's `samples` is a tick of its clock: it also records a stack when a profile starts and when it
 * throws optimised code away. Those carry no hit, so a node with more entries than hits loses the ones that follow their
 * predecessor most closely. Two profiles run at once while one window replaces another; a tick that both have seen is
 * known by its time. Stacks of the collector's own commands are left out.
 *
 * @param afterMicros Time of the last sample that the window before delivered.
 * @param cutStacks What is known of the thread's stacks.
 * @param ownerOf Whose ticks are those of a node; without it, the node's function's.
 */
export function readWindow(
  profile: V8Profile,
  afterMicros: number,
  cutStacks: CutStacks,
  ownerOf?: OwnerOfTick,
): WindowSamples {
  const nodes = new Map<number, V8Node>();
  const parents = new Map<number, V8Node>();
  for (const node of profile.nodes) {
    nodes.set(node.id, node);
    for (const child of node.children ?? []) parents.set(child, node);
  }
  const paths = new Map<V8Node, V8Node[]>();
  for (const node of profile.nodes) {
    if (!node.hitCount) continue;
    const path = pathOf(node, parents);
    paths.set(node, path);
    cutStacks.learn(path);
  }
  const stacks: Frame[][] = [];
  const frames = new Map<V8Node, Frame>();
  const readers = new Map<V8Node, NodeReader>();
  const readerOf = (node: V8Node): NodeReader => {
    let reader = readers.get(node);
    if (reader === undefined) {
      const path = paths.get(node) ?? pathOf(node, parents);
      reader = new NodeReader(node, path, { frames, stacks, ownerOf, isCut: cutStacks.isCut(path) });
      readers.set(node, reader);
    }
    return reader;
  };

  const samples: WindowSample[] = [];
  let lastMicros = afterMicros;
  let unknownSamples = 0;
  let truncatedSamples = 0;
  for (const { node, timeMicros } of ticksOf(profile, nodes)) {
    const reader = readerOf(node);
    const line = reader.nextLine();
    if (timeMicros <= lastMicros || reader.isOwn) continue;
    lastMicros = timeMicros;
    const { stack, isUnknown } = reader.stackAt(line);
    if (isUnknown) unknownSamples++;
    if (reader.isCut && !reader.isIdle) truncatedSamples++;
    samples.push({ timeMicros, stack, isIdle: reader.isIdle, hasJavaScript: reader.hasJavaScript });
  }
  return { stacks, samples, unknownSamples, truncatedSamples, lastMicros };
}

interface Tick {
  readonly node: V8Node;
  readonly timeMicros: number;
  readonly delta: number;
}

/**
 * V8 reads the clock when it has taken the stack, in whole microseconds, and adds one so as never to read 0: up to 1 µs
 * late, which may be after the thread has gone on, and to other labels. Up to 1 µs early it stands still already, because
 * to interrupt it and to take the stack takes longer.
 */
const roundedUpMicros = 1;

function ticksOf(profile: V8Profile, nodes: ReadonlyMap<number, V8Node>): Tick[] {
  const ids = profile.samples ?? [];
  const deltas = profile.timeDeltas ?? [];
  const entries: Tick[] = [];
  const entriesOfNode = new Map<V8Node, Tick[]>();
  let timeMicros = profile.startTime - roundedUpMicros;
  for (let i = 0; i < ids.length; i++) {
    const delta = deltas[i] ?? 0;
    timeMicros += delta;
    const node = nodes.get(ids[i] ?? 0);
    if (node === undefined) continue;
    const entry = { node, timeMicros, delta };
    entries.push(entry);
    const others = entriesOfNode.get(node);
    if (others) others.push(entry);
    else entriesOfNode.set(node, [entry]);
  }
  const extra = new Set<Tick>();
  for (const [node, list] of entriesOfNode) {
    const surplus = list.length - (node.hitCount ?? 0);
    if (surplus <= 0) continue;
    for (const entry of list.sort((a, b) => a.delta - b.delta).slice(0, surplus)) extra.add(entry);
  }
  return entries.filter((entry) => !extra.has(entry)).sort((a, b) => a.timeMicros - b.timeMicros);
}

/** V8 has taken a stack and found nothing on it. */
const programNode: V8Node = {
  id: 0,
  callFrame: { functionName: '(program)', url: '', lineNumber: -1, columnNumber: -1 },
};

/** From the node to the outermost caller; V8's `(root)` is left out. */
function pathOf(node: V8Node, parents: ReadonlyMap<number, V8Node>): V8Node[] {
  const path: V8Node[] = [];
  for (let at: V8Node | undefined = node; at !== undefined; at = parents.get(at.id)) path.push(at);
  path.pop();
  return path.length === 0 ? [programNode] : path;
}

interface FoundStack {
  /** Index of the stack. */
  readonly stack: number;
  /** Whether the function of the thread's place is not known, only that which it was inlined into. */
  readonly isUnknown: boolean;
}

interface NodeReaderOptions {
  /** Those that were made for the window's other stacks, and where new ones go. */
  readonly frames: Map<V8Node, Frame>;
  /** The window's, and where new ones go. */
  readonly stacks: Frame[][];
  readonly ownerOf: OwnerOfTick | undefined;
  /** Whether V8 has left out the callers of the outermost function. */
  readonly isCut: boolean;
}

/** Deals out the lines that V8 counted for one node to the samples that met it. */
class NodeReader {
  readonly isIdle: boolean;
  readonly isOwn: boolean;
  readonly hasJavaScript: boolean;
  readonly isCut: boolean;
  readonly #node: V8Node;
  readonly #path: readonly V8Node[];
  readonly #frames: Map<V8Node, Frame>;
  readonly #ticks: { line: number; ticks: number }[];
  #ticksLeft: number;
  readonly #stacks: Frame[][];
  readonly #ownerOf: OwnerOfTick | undefined;
  readonly #stackOfLine = new Map<number, FoundStack>();

  /** @param path From the node outwards. */
  constructor(node: V8Node, path: readonly V8Node[], { frames, stacks, ownerOf, isCut }: NodeReaderOptions) {
    this.isCut = isCut;
    this.isIdle = runtimeState(node.callFrame) === '(idle)';
    // A collection of garbage mostly comes about in the middle of a callback, though V8 cannot show the stack then.
    this.hasJavaScript = !this.isIdle && runtimeState((path[0] ?? programNode).callFrame) !== '(program)';
    this.isOwn = path.some(({ callFrame }) => callFrame.url === controlUrl);
    this.#node = node;
    this.#path = path;
    this.#frames = frames;
    this.#ticks = (node.positionTicks ?? []).map(({ line, ticks }) => ({ line, ticks }));
    this.#ticksLeft = this.#ticks.reduce((sum, { ticks }) => sum + ticks, 0);
    this.#stacks = stacks;
    this.#ownerOf = ownerOf;
  }

  /**
   * The line of the next tick of this node; 0 when it is not known. V8 tells how many ticks each line has, but not which, and
   * ticks that the window before had as well do not count: drawn by lot, each line loses its share of them.
   */
  nextLine(): number {
    let drawn = Math.random() * this.#ticksLeft;
    const tick = this.#ticks.find(({ ticks }) => {
      drawn -= ticks;
      return drawn < 0;
    });
    if (tick === undefined) return 0;
    tick.ticks--;
    this.#ticksLeft--;
    return tick.line;
  }

  /** @param line 0 when it is not known. */
  stackAt(line: number): FoundStack {
    let found = this.#stackOfLine.get(line);
    if (found === undefined) {
      found = this.#newStackAt(line);
      this.#stackOfLine.set(line, found);
    }
    return found;
  }

  #newStackAt(line: number): FoundStack {
    // V8 knows the line within the function for the leaf only; its callers are shown at the line that they start on.
    const frames = this.#path.map((node) => this.#frameOf(node));
    const owner = line > 0 ? this.#ownerOf?.(this.#node, line) : undefined;
    if (owner?.kind === 'inlined') {
      const inlined = owner.functions.map((callFrame, i) => ({
        ...frameOf(callFrame, i === 0 ? line : undefined),
        isInlined: true,
      }));
      frames.unshift(...inlined);
    } else if (line > 0 && owner?.kind !== 'unknown') {
      frames[0] = frameOf((this.#path[0] ?? programNode).callFrame, line);
    }
    if (this.isCut) frames.push(truncatedFrame);
    return { stack: this.#stacks.push(frames) - 1, isUnknown: owner?.kind === 'unknown' };
  }

  #frameOf(node: V8Node): Frame {
    let frame = this.#frames.get(node);
    if (frame === undefined) {
      frame = frameOf(node.callFrame);
      this.#frames.set(node, frame);
    }
    return frame;
  }
}
