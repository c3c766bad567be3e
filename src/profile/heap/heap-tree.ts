import type { ProfileBuilder } from '../builder.js';
import { truncatedFrame } from '../frame.js';
import type { CallFrame } from '../frame-name.js';
import type { Places } from './places.js';
import { heapStackDepth } from './sampling.js';

/** What V8's heap sampler gives: a tree of calls, and the objects that were sampled, each at the node that allocated it. */
export interface HeapTree {
  readonly head: HeapNode;
  readonly samples: readonly SampledObject[];
}

interface HeapNode {
  readonly id: number;
  readonly callFrame: CallFrame;
  /**
   * Bytes that its samples stand for, all of one size together: V8 counts them, multiplies by how many such objects there are for
   * one that it looks at, and rounds the product to whole objects.
   */
  readonly selfSize: number;
  readonly children: readonly HeapNode[];
}

export interface SampledObject {
  /**
   * Bytes that the sample stands for: the object's size times how many such objects there are for one that V8 looks at, and
   * that is rounded for each sample. Of objects of 560 KB, 1.5 for one, it makes 2: a third too much. Of those of 800 KB,
   * 1.28 for one, it makes 1: a fifth too little.
   */
  readonly size: number;
  readonly nodeId: number;
  /** Of this object only. */
  readonly ordinal: number;
}

/** Leaf first, of a builder's locations. */
export interface HeapStack {
  readonly locations: readonly number[];
  /** Whether V8 has left out callers. */
  readonly isCut: boolean;
}

/** An object that was sampled. */
export interface Allocation {
  readonly stack: HeapStack;
  /** Bytes that it stands for. */
  readonly size: number;
  readonly ordinal: number;
}

const noStack: HeapStack = { locations: [], isCut: false };

/**
 * What was allocated, by whom? An object stands for its part of what its node has, and not for what V8 has rounded; see
 * {@link HeapNode.selfSize}.
 */
export function allocationsOf({ head, samples }: HeapTree, builder: ProfileBuilder, places: Places): Allocation[] {
  const nodes = readNodes(head, builder, places);
  const rounded = new Map<number, number>();
  for (const { nodeId, size } of samples) rounded.set(nodeId, (rounded.get(nodeId) ?? 0) + size);
  return samples.map(({ nodeId, size, ordinal }) => {
    const node = nodes.get(nodeId);
    if (node === undefined) return { stack: noStack, size, ordinal };
    const part = size / (rounded.get(nodeId) ?? size);
    return { stack: node.stack, size: Math.round(node.selfSize * part), ordinal };
  });
}

interface ReadNode {
  readonly stack: HeapStack;
  readonly selfSize: number;
}

/** By which stack was each node reached? By the node's id. */
function readNodes(head: HeapNode, builder: ProfileBuilder, places: Places): ReadonlyMap<number, ReadNode> {
  const nodes = new Map<number, ReadNode>();
  // Deep trees are rare, but they are the program's to make: no recursion.
  const open: { readonly node: HeapNode; readonly callers: readonly number[] }[] = [{ node: head, callers: [] }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { node, callers } = next;
    places.learn(node.callFrame);
    const locations = node === head ? [] : [builder.location(places.frameOf(node.callFrame)), ...callers];
    // One that is as deep by itself is taken for cut too: V8 does not tell.
    const isCut = locations.length >= heapStackDepth;
    const stack = { locations: isCut ? [...locations, builder.location(truncatedFrame)] : locations, isCut };
    nodes.set(node.id, { stack, selfSize: node.selfSize });
    for (const child of node.children) open.push({ node: child, callers: locations });
  }
  return nodes;
}
