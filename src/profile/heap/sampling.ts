/** On average one object in so many bytes is looked at; Go's and V8's own choice. */
export const heapIntervalBytes = 512 * 1024;

/** Frames of a stack, from the leaf on; V8 leaves out the rest. */
export const heapStackDepth = 128;
