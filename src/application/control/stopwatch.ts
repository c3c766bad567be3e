const { bigint } = process.hrtime;
const { readSync } = process.getBuiltinModule('node:fs');
const number = Number;
const bytes = new Uint8Array(96);
/** `--trace-sync-io` complains about every reading. */
const tracesSyncIo = [...process.execArgv, process.env.NODE_OPTIONS ?? ''].some((text) =>
  /--trace[-_]sync[-_]io/.test(text),
);
let file = -1;

/**
 * How long did a command hold up the thread, without the time in which it waited for a processor? That time the machine gave
 * to others. Linux has it in `schedstat`, exact for a thread that asks for itself; 4 µs each time.
 */
export const stopwatch = {
  /** @param schedstat A descriptor that the collector opened, and closes when it has no more commands; -1 for none. */
  readFrom(schedstat: number): void {
    file = tracesSyncIo ? -1 : schedstat;
  },

  /** @returns what to call at the end, for the milliseconds. */
  start(): () => number {
    const start = bigint();
    const before = waitedNanos();
    return () => {
      const after = waitedNanos();
      const nanos = number(bigint() - start);
      const waited = before < 0 ? 0 : after - before;
      return (waited < 0 || waited > nanos ? nanos : nanos - waited) / 1e6;
    };
  },
};

/** The file's second number; -1 where it cannot be read. */
function waitedNanos(): number {
  if (file < 0) return -1;
  let nanos = 0;
  try {
    const length = readSync(file, bytes, 0, bytes.length, 0);
    let i = 0;
    while (i < length && bytes[i] !== 32) i++;
    while (++i < length && bytes[i] !== 32) nanos = 10 * nanos + (bytes[i] as number) - 48;
  } catch {
    // No room on the stack, or the program closes files that it has not opened: the waits stay in the pause.
    return -1;
  }
  return nanos;
}
