/**
 * What V8's heap sampler remembers, by the name of Go's profile of it: `heap` the sampled objects that are in use, `allocs`
 * all that were sampled, dead or alive. A thread has one sampler, so it is one or the other.
 */
export type HeapProfileName = 'heap' | 'allocs';

/** On average one object in so many bytes is looked at; Go's and V8's own choice. */
export const heapIntervalBytes = 512 * 1024;

/** Frames of a stack, from the leaf on; V8 leaves out the rest. */
export const heapStackDepth = 128;

/** The options of `v8.startHeapProfile()`. */
export interface HeapSettings {
  readonly sampleInterval: number;
  readonly stackDepth: number;
  readonly includeObjectsCollectedByMajorGC: boolean;
  readonly includeObjectsCollectedByMinorGC: boolean;
}

export function heapSettings(name: HeapProfileName, sampleInterval = heapIntervalBytes): HeapSettings {
  return {
    sampleInterval,
    stackDepth: heapStackDepth,
    includeObjectsCollectedByMajorGC: name === 'allocs',
    includeObjectsCollectedByMinorGC: name === 'allocs',
  };
}
