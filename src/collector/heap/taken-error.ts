/** A thread has one heap sampler, and it serves something else: what was asked for cannot be had as long as it does. */
export class HeapSamplerTakenError extends Error {}
