import type { ProcessStatus } from '../protocol/process-status.js';
import { formatCount, formatTime } from './amounts.js';
import { fromHere } from './place.js';

/** How far the CPU share looks back, in milliseconds. */
const spanMs = 2000;

/** What the status line says: elapsed time, samples, the share of CPU and the hottest function of the last seconds. */
export class StatusText {
  readonly #startedMs = performance.now();
  #readings: { readonly timeMs: number; readonly cpuNanos: number }[] = [{ timeMs: this.#startedMs, cpuNanos: 0 }];

  describe(statuses: readonly ProcessStatus[], nowMs = performance.now()): string {
    const running = statuses.filter(({ state }) => state === 'running');
    const parts = [
      formatTime(nowMs - this.#startedMs),
      formatCount(
        sum(statuses, (status) => status.samples),
        'sample',
      ),
      `${this.#cpuPercent(statuses, nowMs).toFixed(0)}% CPU`,
    ];
    if (running.length > 1) parts.push(formatCount(running.length, 'process', 'processes'));
    const hottest = busiest(running)?.hottest;
    if (hottest !== undefined) {
      const place = hottest.file === '' ? '' : ` ${fromHere(hottest.file)}:${hottest.line}`;
      parts.push(`${hottest.percent.toFixed(0)}% in ${hottest.functionName}${place}`);
    }
    return `profbuf: ${parts.join(', ')}`;
  }

  /** Of one processor: several busy processes or threads come to more than 100. */
  #cpuPercent(statuses: readonly ProcessStatus[], timeMs: number): number {
    const last = { timeMs, cpuNanos: sum(statuses, (status) => status.cpuNanos) };
    const isRecent = (reading: { timeMs: number }) => reading.timeMs > timeMs - spanMs;
    // The newest of the old readings stays, so that there always is one to compare with.
    const start = Math.max(0, this.#readings.findIndex(isRecent) - 1);
    this.#readings = [...this.#readings.slice(start), last];
    const first = this.#readings[0] ?? last;
    return last.timeMs > first.timeMs ? (last.cpuNanos - first.cpuNanos) / (last.timeMs - first.timeMs) / 1e4 : 0;
  }
}

function busiest(statuses: readonly ProcessStatus[]): ProcessStatus | undefined {
  return statuses.reduce<ProcessStatus | undefined>(
    (best, status) => (best === undefined || status.cpuNanos > best.cpuNanos ? status : best),
    undefined,
  );
}

function sum<Item>(items: readonly Item[], amountOf: (item: Item) => number): number {
  return items.reduce((total, item) => total + amountOf(item), 0);
}
