const { hrtime } = process;

/** The clock of `process.hrtime` in microseconds, which is also the one that V8 stamps samples with. */
export function nowMicros(): number {
  return Number(hrtime.bigint() / 1000n);
}
