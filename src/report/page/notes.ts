import { amount } from '../amounts.js';
import type { ReportColumns } from '../columns.js';
import { isWarning } from '../comment.js';
import { element, shownName } from './element.js';

/** What was measured, in a line: `4.28 s cpu, 541 samples, in 6.00 s from 2026-11-28 01:49`. */
export function summaryOf(columns: ReportColumns): string {
  const { sampleTypes, samples, durationNanos, timeMs } = columns;
  const totals = sampleTypes.map(({ type, unit }, index) => {
    const sum = (samples.values[index] ?? new Float64Array()).reduce((all, value) => all + value, 0);
    return `${amount(sum, unit)} ${shownName(type)}`;
  });
  const when: string[] = [];
  if (durationNanos > 0) when.push(`in ${amount(durationNanos, 'nanoseconds')}`);
  if (timeMs > 0 && timeMs < 8.64e15) when.push(`from ${localTime(new Date(timeMs))}`);
  return [totals.reverse().join(', '), when.join(' ')].filter((part) => part !== '').join(', ');
}

function localTime(date: Date): string {
  const two = (number: number) => String(number).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** Everything that the profile says of itself, what is missing from it first and marked. */
export function notesList(comments: readonly string[]): HTMLElement {
  const sorted = [...comments.filter(isWarning), ...comments.filter((comment) => !isWarning(comment))];
  return element(
    'ul',
    { class: 'notes' },
    ...sorted.map((comment) => element('li', isWarning(comment) ? { class: 'warning' } : {}, shownName(comment))),
  );
}
