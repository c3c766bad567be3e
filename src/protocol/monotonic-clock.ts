const { hrtime } = process;

/** Not `1000n`, which no Node before 10.4 can parse, and the preload has this as well. */
const nanosInMicro = BigInt(1000);

/** The clock of `process.hrtime` in microseconds, which is also the one that V8 stamps samples with. */
export function nowMicros(): number {
  return Number(hrtime.bigint() / nanosInMicro);
}
