import { frameOf } from '../frame-name.js';
import type { Profile } from '../profile.js';
import { callFrameIn, isRoot } from './call-frame.js';
import { arrayIn, damaged, isObject, type JsonObject, numberIn, objectIn } from './json.js';
import { StackSums } from './stack-sums.js';

export function isHeapProfile(file: JsonObject): boolean {
  return isObject(file.head) && 'selfSize' in file.head;
}

/**
 * Reads V8's .heapprofile, as `node --heap-prof` and DevTools' "allocation sampling" write it:
 * `HeapProfiler.SamplingHeapProfile` of the inspector protocol. It has what was still in use at the end: of each stack its
 * bytes, as V8 reckons them from the objects that it sampled, and how many these were.
 */
export function readHeapProfile(file: JsonObject): Profile {
  const counts = samplesByNode(file.samples);
  const sums = new StackSums({
    sampleTypes: [
      { type: 'samples', unit: 'count' },
      { type: 'inuse_space', unit: 'bytes' },
    ],
    periodType: { type: 'space', unit: 'bytes' },
    // The file does not say.
    period: 0,
    timeNanos: 0n,
    durationNanos: 0n,
  });
  // Deep trees are rare, but they are others' to make: no recursion.
  const open: { readonly value: unknown; readonly callers: Caller | undefined }[] = [
    { value: file.head, callers: undefined },
  ];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const node = objectIn(next.value, 'a node');
    const callFrame = callFrameIn(node, 'a node');
    const self = isRoot(callFrame)
      ? next.callers
      : { location: sums.location(frameOf(callFrame)), caller: next.callers };
    const size = numberIn(node.selfSize, 'selfSize');
    if (size < 0) throw damaged('selfSize is below 0');
    const count = counts.get(node.id) ?? 0;
    if (size > 0 || count > 0) {
      const stack: number[] = [];
      for (let at = self; at !== undefined; at = at.caller) {
        sums.count(1);
        stack.push(at.location);
      }
      sums.addLocations(stack, [count, size]);
    }
    for (const value of arrayIn(node.children ?? [], 'children')) open.push({ value, callers: self });
  }
  return sums.build();
}

interface Caller {
  readonly location: number;
  readonly caller: Caller | undefined;
}

function samplesByNode(samples: unknown): ReadonlyMap<unknown, number> {
  const counts = new Map<unknown, number>();
  for (const sample of arrayIn(samples ?? [], 'samples')) {
    const { nodeId } = objectIn(sample, 'a sample');
    counts.set(nodeId, (counts.get(nodeId) ?? 0) + 1);
  }
  return counts;
}
