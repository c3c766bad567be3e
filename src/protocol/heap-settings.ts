import { heapIntervalBytes, heapStackDepth } from '../profile/heap/sampling.js';

/**
 * What V8's heap sampler remembers, by the name of Go's profile of it: `heap` the sampled objects that are in use, `allocs`
 * all that were sampled, dead or alive. A thread has one sampler, so it is one or the other.
 */
export type HeapProfileName = 'heap' | 'allocs';

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
