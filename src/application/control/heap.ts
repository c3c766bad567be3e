import type { HeapSettings } from '../../protocol/heap-settings.js';
import { startStopwatch } from './stopwatch.js';

/** What `v8.startHeapProfile()` gives. */
interface HeapProfileHandle {
  stop(): string;
}

const { startHeapProfile } = process.getBuiltinModule('node:v8') as unknown as {
  startHeapProfile?(settings: HeapSettings): HeapProfileHandle;
};
const { now } = Date;

/** Begun before the collector asked for it. */
let early: { readonly handle: HeapProfileHandle; readonly sinceMs: number } | undefined;
let stopwatch: (() => number) | undefined;

/** Does this Node let us start V8's heap sampler without the inspector, whose samplers collect all garbage to be read? */
export const hasHeapHandles = startHeapProfile !== undefined;

export function startHeapEarly(settings: HeapSettings): void {
  try {
    if (startHeapProfile !== undefined) early = { handle: startHeapProfile(settings), sinceMs: now() };
  } catch {
    // Someone else has: --heap-prof. The collector hears of it when it asks.
  }
}

export function startHeap(settings: HeapSettings): number {
  if (startHeapProfile === undefined) return 0;
  const sinceMs = early?.sinceMs ?? now();
  if (early === undefined) startHeapProfile(settings);
  // The collector reads it, and ends it, through the inspector.
  early = undefined;
  return sinceMs;
}

/** For want of a collector. */
export function endEarlyHeap(): void {
  early?.handle.stop();
  early = undefined;
}

export function beginPause(): void {
  stopwatch = startStopwatch();
}

export function endPause(): number {
  const pauseMs = stopwatch?.() ?? 0;
  stopwatch = undefined;
  return pauseMs;
}
