const { hrtime, uptime } = process;

/** The clock of `process.hrtime` in microseconds, which is also the one that V8 stamps samples with. */
export function nowMicros(): number {
  return Number(hrtime.bigint() / 1000n);
}

/**
 * When did the process begin, by the same clock? Not by `performance.timeOrigin`: Node loads node:perf_hooks for that, which takes
 * 1 to 2 ms of a start (20.20 to 26.10, a slow machine), and the time of day may be set meanwhile.
 */
export function processStartMicros(): number {
  return nowMicros() - uptime() * 1e6;
}
