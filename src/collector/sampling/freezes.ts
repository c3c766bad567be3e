import { readlinkSync } from 'node:fs';
import { CpuClock } from './cpu-clock.js';

/** What is missing between two looks, though nothing kept this thread from looking, shows that the process stood still. */
const leastMicros = 100_000;
/** How long a reading of this thread's own clock may be old: what the thread spent or waited since then hides as much of a freeze. */
const ownReadingMicros = 100_000;
/** Freezes that are remembered: windows are seldom older than seconds. */
const mostKept = 64;

/** When did the whole process, or the machine, stand still? A stopped process spends no time, and nobody in it does. */
export class Freezes {
  /** Of this thread. */
  readonly #clock = CpuClock.open(ownSystemId());
  #freezes: { readonly fromMicros: number; readonly toMicros: number }[] = [];
  #lookMicros: number | undefined;
  #readMicros = 0;
  #totalMicros = 0;

  /** All that was noticed so far. */
  get totalMicros(): number {
    return this.#totalMicros;
  }

  /** To be called every few milliseconds. @param plannedMs Since the call before. */
  look(nowMicros: number, plannedMs: number): void {
    const lastMicros = this.#lookMicros;
    this.#lookMicros = nowMicros;
    if (this.#clock === undefined) return;
    const lateMicros = lastMicros === undefined ? 0 : nowMicros - lastMicros - plannedMs * 1000;
    const isLate = lateMicros >= leastMicros;
    if (!isLate && nowMicros - this.#readMicros < ownReadingMicros) return;
    this.#readMicros = nowMicros;
    const { cpuNanos = 0, runQueueWaitNanos = 0 } = this.#clock.advance() ?? {};
    // What kept this thread busy, or from a processor, kept the time running for the others.
    const missingMicros = lateMicros - (cpuNanos + runQueueWaitNanos) / 1000;
    if (missingMicros < leastMicros) return;
    this.#totalMicros += missingMicros;
    this.#freezes = [
      ...this.#freezes.slice(1 - mostKept),
      { fromMicros: nowMicros - missingMicros, toMicros: nowMicros },
    ];
  }

  /** Microseconds of standing still between two moments. */
  between(fromMicros: number, toMicros: number): number {
    let sum = 0;
    for (const freeze of this.#freezes) {
      sum += Math.max(0, Math.min(toMicros, freeze.toMicros) - Math.max(fromMicros, freeze.fromMicros));
    }
    return sum;
  }

  close(): void {
    this.#clock?.close();
  }
}

/** The operating system's number of this thread; 0 where it cannot be known. */
function ownSystemId(): number {
  try {
    return Number(readlinkSync('/proc/thread-self').split('/').pop());
  } catch {
    return 0;
  }
}
