import type { Control } from '../../protocol/thread-control.js';
import { defineLabels, readLabels } from './labels.js';
import { begin, end, rotate } from './windows.js';

/*
 * The program of a thread's control: what the collector calls there. It is bundled into a script of its own, whose value is
 * `control`, because the collector reaches threads that have not loaded the package, through the inspector.
 *
 * It keeps the functions that it needs, so that a program may replace or delete `console` and others later. The `console`
 * of `node:inspector` is V8's own, which no logging library wraps. The main thread's last window is ended by the collector,
 * which it waits for; a worker thread that ends by itself ends its own. What is called through `own` is known by its stack
 * as ours.
 *
 * A command runs on top of whatever the thread does just then, and a program near the limit of its stack has no room for it:
 * any call may throw. So a profile is written down before it begins and crossed out after it has ended: none is forgotten,
 * and to end one that does not run does nothing.
 */

const { readlinkSync } = process.getBuiltinModule('node:fs');
const { startHeapProfile } = process.getBuiltinModule('node:v8') as unknown as {
  startHeapProfile?(options: { sampleInterval: number; stackDepth: number }): unknown;
};

function operatingSystemThreadId(): number {
  try {
    return Number(readlinkSync('/proc/thread-self').split('/').pop());
  } catch (error) {
    // At the limit of its stack the thread is asked again; without /proc there is nothing to know.
    if (error instanceof RangeError) throw error;
    return 0;
  }
}

export const control: Control = {
  threadId: operatingSystemThreadId(),
  begin,
  rotate,
  end,
  own: (work) => work(),
  readLabels,
  defineLabels,
  startHeap(sampleInterval, stackDepth) {
    if (startHeapProfile === undefined) return false;
    startHeapProfile({ sampleInterval, stackDepth });
    return true;
  },
  activeResources: () => process.getActiveResourcesInfo(),
};
