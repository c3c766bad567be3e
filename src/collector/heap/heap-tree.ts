import type { ProfileBuilder } from '../../profile/builder.js';
import { type CallFrame, frameOf } from '../../profile/frame-name.js';

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

/** By which stack was each node reached? Stacks are leaf first, of the builder's locations, by the node's id. */
export function stacksOf(head: HeapNode, builder: ProfileBuilder): ReadonlyMap<number, readonly number[]> {
  const stacks = new Map<number, readonly number[]>();
  // Deep trees are rare, but they are the program's to make: no recursion.
  const open: { readonly node: HeapNode; readonly callers: readonly number[] }[] = [{ node: head, callers: [] }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { node, callers } = next;
    const stack = node === head ? [] : [builder.location(frameOf(node.callFrame)), ...callers];
    stacks.set(node.id, stack);
    for (const child of node.children) open.push({ node: child, callers: stack });
  }
  return stacks;
}
