import type { ProfileModel } from '../model.js';
import { printable } from '../text.js';
import { inLargestUnit, inUnit } from '../units.js';
import type { Top } from './top.js';

/**
 * The text of `go tool pprof -top`, number for number, with the place of each function at the end of its line.
 * Names are shown with control characters escaped.
 */
export function topTable(profile: ProfileModel, { sampleType, total, functionCount, rows }: Top): string {
  const type = profile.sampleTypes[sampleType] ?? { type: '', unit: '' };
  const unit = columnUnit(
    rows.map(({ flat, cum }) => flat || cum),
    total,
    type.unit,
  );
  const shown = (value: number) =>
    quantity(unit === undefined ? inLargestUnit(value, type.unit) : inUnit(value, type.unit, unit));
  const flatSum = rows.reduce((sum, { flat }) => sum + flat, 0);

  const lines = [...profileLines(profile), `Type: ${type.type}`, ...timeLines(profile, shown(total), total, type.unit)];
  lines.push(
    `Showing nodes accounting for ${shown(flatSum)}, ${percentage(flatSum, total).trim()} of ${shown(total)} total`,
  );
  if (total !== 0 && rows.length > 0 && rows.length < functionCount) {
    lines.push(`Showing top ${rows.length} nodes out of ${functionCount}`);
  }
  lines.push('      flat  flat%   sum%        cum   cum%');
  const names = rows.map(({ functionName }) => printable(functionName));
  const width = Math.min(60, Math.max(0, ...names.map(({ length }) => length)));
  let running = 0;
  rows.forEach(({ flat, cum, file, line }, index) => {
    running += flat;
    const numbers = [
      shown(flat).padStart(10),
      percentage(flat, total),
      percentage(running, total),
      shown(cum).padStart(10),
      percentage(cum, total),
    ].join(' ');
    const place = printable(file === '' || line === 0 ? file : `${file}:${line}`);
    lines.push(`${numbers}  ${names[index]?.padEnd(width)}  ${place}`.trimEnd());
  });
  return lines.map((line) => `${line}\n`).join('');
}

function profileLines({ mappings, comments }: ProfileModel): string[] {
  const lines: string[] = [];
  const main = mappings[0];
  if (main?.filename) lines.push(`File: ${main.filename.replace(/^.*\//, '')}`);
  if (main?.buildId) lines.push(`Build ID: ${main.buildId}`);
  // A comment that begins with # is for programs.
  lines.push(...comments.filter((comment) => !comment.startsWith('#')));
  return lines.map(printable);
}

function timeLines(
  { timeNanos, durationNanos }: ProfileModel,
  totalText: string,
  total: number,
  unit: string,
): string[] {
  const lines: string[] = [];
  if (timeNanos !== 0) lines.push(`Time: ${dateText(new Date(Number(timeNanos) / 1e6))}`);
  if (durationNanos !== 0) {
    const duration = quantity(inLargestUnit(Number(durationNanos), 'nanoseconds'));
    const inNanoseconds = inUnit(total, unit, 'nanoseconds');
    const share =
      inNanoseconds.unit === 'ns' && inNanoseconds.value !== 0
        ? `(${percentage(Math.trunc(inNanoseconds.value), Number(durationNanos))})`
        : '';
    lines.push(`Duration: ${duration}, Total samples = ${totalText} ${share}`);
  }
  return lines;
}

/** In local time: `Nov 23, 2026 at 1:49am (UTC)`. */
function dateText(date: Date): string {
  const parts = new Intl.DateTimeFormat('en-US', {
    year: 'numeric',
    month: 'short',
    day: 'numeric',
    hour: 'numeric',
    minute: '2-digit',
    hour12: true,
    timeZoneName: 'short',
  }).formatToParts(date);
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.find((found) => found.type === type)?.value ?? '';
  const time = `${part('hour')}:${part('minute')}${part('dayPeriod').toLowerCase()}`;
  return `${part('month')} ${part('day')}, ${part('year')} at ${time} (${part('timeZoneName')})`;
}

/**
 * One unit for the whole column, so that numbers compare at a glance: the one that suits the smallest value, or, if that
 * is under a hundredth of the total, the one that shows it as at least 0.01.
 */
function columnUnit(values: readonly number[], total: number, unit: string): string | undefined {
  if (values.length === 0) return undefined;
  const amounts = values.map(Math.abs).filter((amount) => amount > 0);
  const least = amounts.length === 0 ? total : Math.min(...amounts);
  const leastUnit = inLargestUnit(least, unit).unit;
  const totalUnit = inLargestUnit(total, unit).unit;
  const chosen = leastUnit !== totalUnit && least * 100 < total ? inLargestUnit(100 * least, unit).unit : leastUnit;
  return chosen || unit;
}

function quantity({ value, unit }: { value: number; unit: string }): string {
  const text = twoDecimals(value).replace(/\.00$/, '');
  return text === '0' || text === '-0' ? '0' : text + unit;
}

/** Six characters: two decimals from 1 % on, two digits below. The sign is left to the value beside it. */
function percentage(value: number, total: number): string {
  const percent = total === 0 ? 0 : Math.abs(value / total) * 100;
  if (percent >= 99.95 && percent <= 100.05) return '  100%';
  return `${(percent >= 1 ? twoDecimals(percent) : twoDigits(percent)).padStart(5)}%`;
}

/** As toFixed(2), but a tie goes to the even digit, as it does in Go. Only odd multiples of 1/8 are ties. */
function twoDecimals(value: number): string {
  if (Math.abs(value * 8) % 2 !== 1) return value.toFixed(2);
  const hundredths = Math.floor(Math.abs(value) * 100);
  const even = hundredths + (hundredths % 2);
  return ((Math.sign(value) * even) / 100).toFixed(2);
}

/** As %.2g in Go: two digits, no zeros at the end, an exponent of at least two digits when it is below -4. */
function twoDigits(value: number): string {
  if (value === 0) return '0';
  const [mantissa, exponent] = value.toExponential(1).split('e');
  if (Number(exponent) >= -4) return `${Number(value.toPrecision(2))}`;
  return `${Number(mantissa)}e-${String(-Number(exponent)).padStart(2, '0')}`;
}
