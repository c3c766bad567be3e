import { inLargestUnit } from '../profile/units.js';

/** `4.28 s`, `850 ms`, `12.3 MB`, `1,234`: a value of a profile with its unit, as people say it. */
export function amount(value: number, unit: string): string {
  if (value === 0) return '0';
  const { value: shown, unit: shownUnit } = inLargestUnit(value, unit);
  if (shownUnit === '') {
    const isBare = unit === '' || unit === 'count';
    return isBare ? shown.toLocaleString('en-US') : `${shown.toLocaleString('en-US')} ${unit}`;
  }
  return `${threeDigits(shown)} ${shownUnit === 'us' ? 'µs' : shownUnit}`;
}

function threeDigits(value: number): string {
  const size = Math.abs(value);
  if (Number.isInteger(value)) return value.toLocaleString('en-US');
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2);
}

/** `12.3 %`: of a whole; empty where the whole is nothing. */
export function share(value: number, whole: number): string {
  if (whole === 0) return '';
  if (value === 0) return '0 %';
  const percent = (value / whole) * 100;
  const size = Math.abs(percent);
  if (size < 0.01) return percent < 0 ? '> -0.01 %' : '< 0.01 %';
  return `${percent.toFixed(size >= 99.95 ? 0 : size >= 10 ? 1 : 2)} %`;
}
