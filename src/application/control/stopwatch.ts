import type { FirstWindow, Spending } from '../../protocol/thread-control.js';

const { bigint } = process.hrtime;
const { openSync, readSync, closeSync } = process.getBuiltinModule('node:fs');
const number = Number;
const bytes = new Uint8Array(96);
/** `--trace-sync-io` complains about every reading. */
const tracesSyncIo = [...process.execArgv, process.env.NODE_OPTIONS ?? ''].some((text) =>
  /--trace[-_]sync[-_]io/.test(text),
);
let file = -1;

/** @param schedstat A descriptor that the collector opened, and closes when it has no more commands; -1 for none. */
export function readWaitsFrom(schedstat: number): void {
  file = tracesSyncIo ? -1 : schedstat;
}

/**
 * How long did a command hold up the thread, without the time in which it waited for a processor? That time the machine gave
 * to others. Linux has it in `schedstat`, exact for a thread that asks for itself; 4 µs each time.
 *
 * @returns what to call at the end, for the milliseconds.
 */
export function startStopwatch(): () => number {
  const start = bigint();
  const before = waitedNanos(file);
  return () => {
    const after = waitedNanos(file);
    const nanos = number(bigint() - start);
    const waited = before < 0 ? 0 : after - before;
    return (waited < 0 || waited > nanos ? nanos : nanos - waited) / 1e6;
  };
}

/** Where are the thread's clocks now, as the beginning of a window has it? */
export function firstWindow(pauseMs: number): FirstWindow {
  return { pauseMs, startMicros: number(bigint() / 1000n), spent: ownSpending() };
}

const unknown: Spending = { cpuNanos: -1, runQueueWaitNanos: -1 };

/** What has this thread spent? Exact, since it asks for itself. */
export function ownSpending(): Spending {
  if (tracesSyncIo || process.platform !== 'linux') return unknown;
  let own = -1;
  try {
    own = openSync('/proc/thread-self/schedstat', 'r');
    const runQueueWaitNanos = waitedNanos(own);
    return runQueueWaitNanos < 0 ? unknown : { cpuNanos: numberAt(0), runQueueWaitNanos };
  } catch (error) {
    // At the limit of its stack the thread is asked again; a kernel without scheduler statistics has nothing to tell.
    if (error instanceof RangeError) throw error;
    return unknown;
  } finally {
    if (own >= 0) closeSync(own);
  }
}

/** The file's second number; -1 where it cannot be read. */
function waitedNanos(schedstat: number): number {
  if (schedstat < 0) return -1;
  try {
    bytes[readSync(schedstat, bytes, 0, bytes.length - 1, 0)] = 32;
    return numberAt(bytes.indexOf(32) + 1);
  } catch {
    // No room on the stack, or the program closes files that it has not opened: the waits stay in the pause.
    return -1;
  }
}

/** Of what was read last. */
function numberAt(start: number): number {
  let value = 0;
  for (let i = start; i < bytes.length && bytes[i] !== 32; i++) value = 10 * value + (bytes[i] as number) - 48;
  return value;
}
