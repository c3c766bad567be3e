import type { Labels } from '../builder.js';
import type { Frame } from '../frame.js';
import { type CallFrame, frameOf, runtimeState } from '../frame-name.js';
import type { Profile } from '../profile.js';
import { callFrameIn, isRoot, programFrame } from './call-frame.js';
import { arrayIn, damaged, isObject, type JsonObject, numberIn, objectIn, placeIn } from './json.js';
import { StackSums } from './stack-sums.js';

/** A node of the call tree, with what was spent in it itself. */
interface CallNode {
  readonly callFrame: CallFrame;
  /** By how many samples V8 met it at each line. */
  readonly ticks: readonly { readonly line: number; readonly ticks: number }[];
  readonly hitCount: number;
  parent: CallNode | undefined;
  /** How many frames its stack has. */
  depth: number;
  samples: number;
  micros: number;
  /** What of it has labels. */
  readonly labelled: Map<Labels, { samples: number; micros: number }>;
}

export function isCpuProfile(file: JsonObject): boolean {
  return Array.isArray(file.nodes) && ('samples' in file || 'startTime' in file);
}

/**
 * Reads V8's .cpuprofile, as Node.js, Deno, Bun, Chrome and VS Code write it: `Profiler.Profile` of the inspector protocol.
 *
 * A sample lasts until the next one, and the last one until the end, as in DevTools. Idle time is left out, and said in a
 * comment. What a node took is shared out over its lines as V8's ticks are.
 *
 * @param labels Of each of the file's samples, for one whose labels are known from elsewhere. Equal ones had better be one object.
 */
export function readCpuProfile(file: JsonObject, labels: readonly (Labels | undefined)[] = []): Profile {
  const nodes = readNodes(file);
  const startTime = numberIn(file.startTime ?? 0, 'startTime');
  const endTime = numberIn(file.endTime ?? startTime, 'endTime');
  const interval = Array.isArray(file.samples)
    ? shareOutSamples(file, nodes, labels, { startTime, endTime })
    : shareOutHits(nodes, endTime - startTime);

  const sums = new StackSums({
    sampleTypes: [
      { type: 'samples', unit: 'count' },
      { type: 'cpu', unit: 'nanoseconds' },
    ],
    periodType: { type: 'cpu', unit: 'nanoseconds' },
    period: Math.round(interval * 1000),
    // V8's clock begins with the machine; some tools put a time of day there.
    timeNanos: isTimeOfDay(startTime) ? BigInt(Math.round(startTime)) * 1000n : 0n,
    durationNanos: BigInt(Math.max(0, Math.round(endTime - startTime))) * 1000n,
  });
  const frames = new Map<CallNode, Frame>();
  const frameOfNode = (node: CallNode): Frame => {
    const frame = frames.get(node) ?? frameOf(node.callFrame);
    frames.set(node, frame);
    return frame;
  };
  for (const { samples, depth, ticks } of nodes.values())
    if (samples > 0) sums.count(depth * Math.max(1, ticks.length));
  let idleMicros = 0;
  for (const node of nodes.values()) {
    if (node.samples === 0 && node.micros === 0) continue;
    if (runtimeState(node.callFrame) === '(idle)') {
      idleMicros += node.micros;
      continue;
    }
    const callers: number[] = [];
    for (let at = node.parent; at !== undefined && !isRoot(at.callFrame); at = at.parent) {
      callers.push(sums.location(frameOfNode(at)));
    }
    const ticks = node.ticks.reduce((sum, { ticks }) => sum + ticks, 0);
    const lines = ticks === 0 || isRoot(node.callFrame) ? [{ line: 0, ticks: 1 }] : node.ticks;
    for (const line of lines) {
      const share = line.ticks / (ticks || 1);
      const leaf = isRoot(node.callFrame)
        ? programFrame
        : line.line === 0
          ? frameOfNode(node)
          : frameOf(node.callFrame, line.line);
      const stack = [sums.location(leaf), ...callers];
      for (const { samples, micros, labels } of partsOf(node)) {
        sums.addLocations(stack, [samples * share, micros * 1000 * share], labels);
      }
    }
  }
  return sums.build({ comments: idleMicros === 0 ? [] : [`${(idleMicros / 1e6).toFixed(2)} s idle are left out`] });
}

interface Part {
  readonly samples: number;
  readonly micros: number;
  readonly labels: Labels | undefined;
}

/** What a node took, by labels: first what has none. */
function partsOf({ samples, micros, labelled }: CallNode): readonly Part[] {
  const parts: Part[] = [...labelled].map(([labels, sums]) => ({ ...sums, labels }));
  const rest = parts.reduce(
    (left, part) => ({ samples: left.samples - part.samples, micros: left.micros - part.micros }),
    { samples, micros },
  );
  return rest.samples > 0 || parts.length === 0 ? [{ ...rest, labels: undefined }, ...parts] : parts;
}

function readNodes(file: JsonObject): ReadonlyMap<unknown, CallNode> {
  const nodes = new Map<unknown, CallNode>();
  const raw = arrayIn(file.nodes, 'nodes').map((value, index) => objectIn(value, `node ${index}`));
  raw.forEach((node, index) => {
    if (typeof node.id !== 'number' && typeof node.id !== 'string') throw damaged(`node ${index} has no id`);
    if (nodes.has(node.id)) throw damaged(`two nodes have the id of node ${index}`);
    nodes.set(node.id, {
      callFrame: callFrameIn(node, `node ${index}`),
      ticks: ticksIn(node.positionTicks),
      hitCount: countIn(node.hitCount),
      parent: undefined,
      depth: 0,
      samples: 0,
      micros: 0,
      labelled: new Map(),
    });
  });
  const connect = (parent: unknown, child: unknown) => {
    const [from, to] = [nodes.get(parent), nodes.get(child)];
    if (from === undefined || to === undefined) throw damaged('a node is not there that another one names');
    if (to.parent !== undefined && to.parent !== from) throw damaged('a node has two callers');
    to.parent = from;
  };
  for (const { id, children, parent } of raw) {
    if (Array.isArray(children)) for (const child of children) connect(id, child);
    // So it is in the chunks of Chrome's traces.
    if (typeof parent === 'number' || typeof parent === 'string') connect(parent, id);
  }
  for (const node of nodes.values()) measure(node);
  return nodes;
}

/** @throws {ProfileFormatError} when its callers never end. */
function measure(node: CallNode): void {
  const path = new Set<CallNode>();
  for (let at: CallNode | undefined = node; at !== undefined && at.depth === 0; at = at.parent) {
    if (path.has(at)) throw damaged('its nodes call each other in a circle');
    path.add(at);
  }
  for (const at of [...path].reverse()) at.depth = (at.parent?.depth ?? 0) + 1;
}

function ticksIn(value: unknown): CallNode['ticks'] {
  if (!Array.isArray(value)) return [];
  return value.filter(isObject).map(({ line, ticks }) => ({ line: placeIn(line), ticks: countIn(ticks) }));
}

function countIn(value: unknown): number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 ? value : 0;
}

/** @returns the time between two samples, in microseconds: what half of them have at least. */
function shareOutSamples(
  file: JsonObject,
  nodes: ReadonlyMap<unknown, CallNode>,
  labels: readonly (Labels | undefined)[],
  { startTime, endTime }: { readonly startTime: number; readonly endTime: number },
): number {
  const ids = arrayIn(file.samples, 'samples');
  const deltas = arrayIn(file.timeDeltas, 'timeDeltas');
  if (deltas.length !== ids.length) throw damaged(`${ids.length} samples have ${deltas.length} timeDeltas`);
  let time = startTime;
  const ticks = ids.map((id, index) => {
    const node = nodes.get(id);
    if (node === undefined) throw damaged(`sample ${index} is of a node that is not there`);
    time += numberIn(deltas[index], `timeDelta ${index}`);
    return { node, time, labels: labels[index] };
  });
  // V8 hands some over late, with a negative delta.
  ticks.sort((a, b) => a.time - b.time);
  const lengths = ticks.map(({ node, time, labels }, index) => {
    const micros = Math.max(0, (ticks[index + 1]?.time ?? endTime) - time);
    node.samples++;
    node.micros += micros;
    if (labels !== undefined) {
      const before = node.labelled.get(labels);
      node.labelled.set(labels, { samples: (before?.samples ?? 0) + 1, micros: (before?.micros ?? 0) + micros });
    }
    return micros;
  });
  return lengths.sort((a, b) => a - b)[Math.floor(lengths.length / 2)] ?? 0;
}

/** Old ones, and some tools, say only how often each node was met. */
function shareOutHits(nodes: ReadonlyMap<unknown, CallNode>, micros: number): number {
  const hits = [...nodes.values()].reduce((sum, { hitCount }) => sum + hitCount, 0);
  const interval = hits === 0 ? 0 : Math.max(0, micros) / hits;
  for (const node of nodes.values()) {
    node.samples = node.hitCount;
    node.micros = node.hitCount * interval;
  }
  return interval;
}

/** In microseconds since 1970: from 2001 on. A machine that has run for as long as that since its start there is not. */
function isTimeOfDay(micros: number): boolean {
  return micros >= 1e15 && micros < 1e16;
}
