import { performance } from 'node:perf_hooks';
import type { ClockReading } from '../protocol/label-records.js';

/** Kept from before a program, or its tests, put another clock in place. Milliseconds since the thread began. */
export const now = performance.now.bind(performance);
const { bigint } = process.hrtime;

/** One reading is off by up to 20 µs when the thread is interrupted in the middle of it; the tightest of these seldom is. */
const attempts = 16;

export function readClock(): ClockReading {
  let best: ClockReading = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let i = 0; i < attempts; i++) {
    const before = bigint();
    const between = now() * 1000;
    const after = bigint();
    const reading: ClockReading = [Number(before) / 1000 - between, Number(after) / 1000 - between];
    if (reading[1] - reading[0] < best[1] - best[0]) best = reading;
  }
  return best;
}
