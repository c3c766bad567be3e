import type { Control } from '../../protocol/thread-control.js';

/** V8's sampler on this thread, in windows that follow each other without a gap. */
export type Windows = Pick<Control, 'begin' | 'next' | 'end' | 'leave'>;
