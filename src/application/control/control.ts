import type { Control } from '../../protocol/thread-control.js';
import { consoleWindows } from './console-windows.js';
import { handleWindows, hasHandles, startEarly } from './handle-windows.js';
import { beginPause, endEarlyHeap, endPause, hasHeapHandles, startHeap, startHeapEarly } from './heap.js';
import { hasInspectorPort, sessionPrototype } from './inspector-use.js';
import { defineLabels, leaveLabels, readLabels } from './labels.js';
import { restoreStreams } from './streams.js';

/*
 * The program of a thread's control: what the collector calls there. It is bundled into a script of its own, whose value is
 * `control`, because the collector reaches threads that have not loaded the package, through the inspector.
 *
 * It keeps the functions that it needs, so that a program may replace or delete `console` and others later. The main
 * thread's last window is ended by the collector, which it waits for; a worker thread that ends by itself ends its own. What
 * is called through `own` is known by its stack as ours.
 *
 * A command runs on top of whatever the thread does just then, and a program near the limit of its stack has no room for it:
 * any call may throw. The collector then sends it again, so a command that was begun can be begun once more.
 */

const { readlinkSync } = process.getBuiltinModule('node:fs');
const { threadId } = process.getBuiltinModule('node:worker_threads');
const { memoryUsage } = process;

function systemId(): number {
  try {
    return Number(readlinkSync('/proc/thread-self').split('/').pop());
  } catch (error) {
    // At the limit of its stack the thread is asked again; without /proc there is nothing to know.
    if (error instanceof RangeError) throw error;
    return 0;
  }
}

const windows = hasHandles ? handleWindows : consoleWindows;

/** The labels first: with the last window the thread is over for the collector. */
function leave(): void {
  leaveLabels();
  windows.leave();
}

export const control: Control = {
  thread: { threadId, systemId: systemId(), hasHandles, hasHeapHandles },
  startEarly,
  ...windows,
  leave,
  own: (work) => work(),
  readLabels,
  defineLabels,
  startHeap,
  startHeapEarly,
  endEarlyHeap,
  beginPause,
  endPause,
  memoryUsage: () => memoryUsage(),
  activeResources: () => process.getActiveResourcesInfo(),
  restoreStreams,
  hasInspectorPort,
  sessionPrototype,
};
