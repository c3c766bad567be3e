import type { ClockReading } from '../../protocol/label-records.js';

/** How far one clock is ahead of another, in microseconds, from bracketed readings: the overlap of all of them. */
export class ClockOffset {
  #atLeast: number;
  #atMost: number;
  #corrections = 0;

  constructor([atLeast, atMost]: ClockReading) {
    this.#atLeast = atLeast;
    this.#atMost = atMost;
  }

  get micros(): number {
    return (this.#atLeast + this.#atMost) / 2;
  }

  /** How many times the clocks turned out to have drifted apart. */
  get corrections(): number {
    return this.#corrections;
  }

  /** Narrows the offset down. A reading that contradicts the ones before takes their place. */
  observe([atLeast, atMost]: ClockReading): void {
    const isContradiction = atLeast > this.#atMost || atMost < this.#atLeast;
    if (isContradiction) this.#corrections++;
    this.#atLeast = isContradiction ? atLeast : Math.max(atLeast, this.#atLeast);
    this.#atMost = isContradiction ? atMost : Math.min(atMost, this.#atMost);
  }
}
