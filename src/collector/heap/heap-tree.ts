import type { ProfileBuilder } from '../../profile/builder.js';
import type { Frame } from '../../profile/frame.js';
import { type CallFrame, frameOf } from '../../profile/frame-name.js';
import { heapStackDepth } from '../../protocol/heap-settings.js';

/** What V8's heap sampler gives: a tree of calls, and the objects that were sampled, each at the node that allocated it. */
export interface HeapTree {
  readonly head: HeapNode;
  readonly samples: readonly SampledObject[];
}

interface HeapNode {
  readonly id: number;
  readonly callFrame: CallFrame;
  readonly children: readonly HeapNode[];
}

export interface SampledObject {
  /**
   * Bytes that the sample stands for: V8 multiplies the object's size by how many such objects there are for one that it
   * looks at, and gives neither of the two.
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

/** Stands for the callers that V8 has left out. */
const truncatedFrame: Frame = { functionName: '(truncated)', file: '', startLine: 0, line: 0 };

/** By which stack was each node reached? By the node's id. */
export function stacksOf(head: HeapNode, builder: ProfileBuilder): ReadonlyMap<number, HeapStack> {
  const stacks = new Map<number, HeapStack>();
  // Deep trees are rare, but they are the program's to make: no recursion.
  const open: { readonly node: HeapNode; readonly callers: readonly number[] }[] = [{ node: head, callers: [] }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { node, callers } = next;
    const locations = node === head ? [] : [builder.location(frameOf(node.callFrame)), ...callers];
    // One that is as deep by itself is taken for cut too: V8 does not tell.
    const isCut = locations.length >= heapStackDepth;
    stacks.set(node.id, {
      locations: isCut ? [...locations, builder.location(truncatedFrame)] : locations,
      isCut,
    });
    for (const child of node.children) open.push({ node: child, callers: locations });
  }
  return stacks;
}
