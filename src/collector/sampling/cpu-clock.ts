import { closeSync, openSync, readSync } from 'node:fs';
import type { Spending } from '../../protocol/thread-control.js';

/**
 * The CPU time of one thread from Linux's `/proc/self/task/<tid>/schedstat`: nanoseconds on a processor and nanoseconds
 * waiting for one. The kernel brings the figure of a running thread up to date at its clock ticks, so one reading
 * may be a few milliseconds behind; the differences still add up exactly.
 */
export class CpuClock {
  /** Descriptor, for the thread itself to read. */
  readonly file: number;
  readonly #buffer = Buffer.alloc(96);
  #last: Spending;
  #isOpen = true;

  private constructor(file: number) {
    this.file = file;
    this.#last = this.read() ?? { cpuNanos: 0, runQueueWaitNanos: 0 };
  }

  /** `undefined` where there is no such clock: another system, or a kernel built without it. */
  static open(threadId: number): CpuClock | undefined {
    if (process.platform !== 'linux') return undefined;
    try {
      const clock = new CpuClock(openSync(`/proc/self/task/${threadId}/schedstat`, 'r'));
      // A kernel without scheduler statistics has the file, and all zeros in it.
      if (clock.#last.cpuNanos > 0) return clock;
      clock.close();
    } catch {
      // The thread is gone already, or /proc is not there.
    }
    return undefined;
  }

  /** What was spent since {@link advance} was last called; `undefined` when the thread has ended. */
  peek(): Spending | undefined {
    const now = this.read();
    return now && minus(now, this.#last);
  }

  /** What was spent since the last call, which the next one starts from; `undefined` when the thread has ended. */
  advance(): Spending | undefined {
    const last = this.#last;
    const now = this.read();
    if (now === undefined) return undefined;
    this.#last = now;
    return minus(now, last);
  }

  /** The next {@link advance} starts from this reading, which the thread made. */
  startFrom(reading: Spending): void {
    if (reading.cpuNanos >= 0) this.#last = reading;
    else this.advance();
  }

  /** Once: a second time the number may be that of a file which another thread has opened since. */
  close(): void {
    if (this.#isOpen) closeSync(this.file);
    this.#isOpen = false;
  }

  /** Since the thread's beginning; `undefined` when it has ended. */
  read(): Spending | undefined {
    if (!this.#isOpen) return undefined;
    try {
      return spendingIn(this.#buffer, readSync(this.file, this.#buffer, 0, this.#buffer.length, 0));
    } catch {
      // ESRCH: what an ended thread spent last cannot be known any more.
      return undefined;
    }
  }
}

/** `<nanoseconds on a processor> <nanoseconds waiting> <times>`, read a hundred times a second: without making strings. */
function spendingIn(bytes: Uint8Array, length: number): Spending | undefined {
  const space = bytes.indexOf(0x20);
  if (space === -1 || space >= length) return undefined;
  return { cpuNanos: numberAt(bytes, 0), runQueueWaitNanos: numberAt(bytes, space + 1) };
}

function numberAt(bytes: Uint8Array, start: number): number {
  let number = 0;
  for (let at = start; ; at++) {
    const digit = (bytes[at] ?? 0) - 0x30;
    if (digit < 0 || digit > 9) return number;
    number = number * 10 + digit;
  }
}

export function minus(a: Spending, b: Spending): Spending {
  return { cpuNanos: a.cpuNanos - b.cpuNanos, runQueueWaitNanos: a.runQueueWaitNanos - b.runQueueWaitNanos };
}
