import { ProfBufReader } from '../../buffer/index.js';
import { resolvedIndex, resolvedMask, ringOffset, type SwitchRing, tagMask } from '../../protocol/label-records.js';
import { ClockOffset } from './clock-offset.js';

/** Which label set was in force: its number, 0 for none, or that nobody knows, because the switch was lost. */
export type InForce = number | 'lost';

/**
 * Switches that are kept between two windows. Beyond that they stay in the ring, and what does not fit into the ring is
 * counted there: 24 MB are as much as a program with too many switches may cost.
 */
const mostKept = 2 ** 20;
const lostNumber = -1;

/** One thread's label switches in the order of time. */
export class LabelTimeline {
  readonly clock: ClockOffset;
  readonly #reader: ProfBufReader;
  readonly #resolved: Int32Array;
  /** Switches that are still to come; those before `#next` are past. */
  #times = new Float64Array(1024);
  #numbers = new Float64Array(1024);
  /** How many records each one stands for: several when they were lost. */
  #counts = new Float64Array(1024);
  #next = 0;
  #end = 0;
  #inForce: InForce = 0;
  #inForceCount = 0;
  #pastCount = 0;
  #lastNumber = 0;

  constructor({ memory, clock }: SwitchRing) {
    this.clock = new ClockOffset(clock);
    this.#reader = new ProfBufReader(memory, ringOffset);
    this.#resolved = new Int32Array(memory, 0, 1);
  }

  /** Switches written, lost ones included. */
  get switches(): number {
    return this.#reader.delivered + this.#reader.lost;
  }

  get lostSwitches(): number {
    return this.#reader.lost;
  }

  /** Takes what the thread has written, so that there is room for more. */
  drain(): void {
    if (this.#next > 0) this.#forgetPast();
    while (this.#end < mostKept) {
      let record = this.#reader.next();
      if (record === null) {
        const firstLost = this.#reader.lossesUnderWaySince;
        // The thread was interrupted, perhaps by the very command that ended the window, while it published losses.
        if (firstLost !== undefined) {
          this.#keep(firstLost * 1000, lostNumber, 0);
          return;
        }
        // If it published them between the two looks, they are here now.
        record = this.#reader.next();
        if (record === null) return;
      }
      const { tag, time, lost } = record;
      this.#keep(time * 1000, lost > 0 ? lostNumber : this.#numberOf(tag), Math.max(1, lost));
    }
  }

  /** @param timeMicros On the clock of `process.hrtime`, and not before the one of the call before. */
  at(timeMicros: number): InForce {
    const time = timeMicros - this.clock.micros;
    while (this.#next < this.#end && (this.#times[this.#next] as number) <= time) {
      const number = this.#numbers[this.#next] as number;
      this.#pastCount += this.#inForceCount;
      this.#inForce = number === lostNumber ? 'lost' : number;
      this.#inForceCount = this.#counts[this.#next] as number;
      this.#next++;
    }
    return this.#inForce;
  }

  /** Tells the thread that no sample will ask for a set that was in force before the one that is now. */
  resolve(): void {
    Atomics.store(this.#resolved, resolvedIndex, this.#pastCount % (resolvedMask + 1));
  }

  /** Numbers wrap in the ring. They grow from record to record but for those in use already, by far less than half the range. */
  #numberOf(tag: number): number {
    if (tag === 0) return 0;
    const difference = (tag - this.#lastNumber) & tagMask;
    this.#lastNumber += difference > tagMask / 2 ? difference - (tagMask + 1) : difference;
    return this.#lastNumber;
  }

  #keep(time: number, number: number, count: number): void {
    if (this.#end === this.#times.length) {
      this.#times = doubled(this.#times);
      this.#numbers = doubled(this.#numbers);
      this.#counts = doubled(this.#counts);
    }
    this.#times[this.#end] = time;
    this.#numbers[this.#end] = number;
    this.#counts[this.#end] = count;
    this.#end++;
  }

  #forgetPast(): void {
    for (const column of [this.#times, this.#numbers, this.#counts]) column.copyWithin(0, this.#next, this.#end);
    this.#end -= this.#next;
    this.#next = 0;
  }
}

function doubled(column: Float64Array): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(column.length * 2);
  larger.set(column);
  return larger;
}
