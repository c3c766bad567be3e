/**
 * An integer of a pprof file (int64 or uint64): a number while a number is exact, a bigint beyond ±2^53.
 * Two equal integers are always of the same type, so `===` compares them.
 */
export type Integer = number | bigint;

export function toInteger(value: bigint): Integer {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** Exact, whatever the size: a sum that a number cannot hold becomes a bigint. */
export function sum(a: Integer, b: Integer): Integer {
  if (typeof a === 'number' && typeof b === 'number') {
    const total = a + b;
    if (Number.isSafeInteger(total)) return total;
  }
  return toInteger(BigInt(a) + BigInt(b));
}

export function absolute(value: Integer): Integer {
  return value < 0 ? -value : value;
}
