import { printable } from '../text.js';
import { aboutComparison, amount, change, interval, share } from './amounts.js';
import type { ComparedLine, Comparison } from './comparison.js';

/**
 * The comparison as text for a terminal. Names are shown with control characters escaped.
 * @param count How many lines at most.
 */
export function comparisonTable(comparison: Comparison, unit: string, count: number): string {
  const { lines, others } = comparison;
  const rows = lines
    .slice(0, count)
    .map((line) => [
      share(line.base.share),
      share(line.new.share),
      amount(line.base.value, unit),
      amount(line.new.value, unit),
      change(line),
      interval(line),
      line.verdict,
    ]);
  const heading = ['base', 'new', 'base', 'new', 'change', 'interval', ''];
  const widths = heading.map((word, column) => Math.max(word.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const aligned = (cells: readonly string[]) =>
    cells
      .map((cell, column) => (column === 6 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ');
  const text = [
    ...aboutComparison(comparison, unit),
    '',
    aligned(heading).trimEnd(),
    ...rows.map((row, index) => `${aligned(row)}  ${placed(lines[index])}`.trimEnd()),
  ];
  if (lines.length > count) text.push(`${lines.length - count} lines more`);
  if (others.base > 0.00005 || others.new > 0.00005) {
    text.push(
      `${aligned([share(others.base), share(others.new), '', '', '', '', '']).trimEnd()}${' '.repeat(2)}not looked at`,
    );
  }
  return text.map((line) => `${line}\n`).join('');
}

function placed(line: ComparedLine | undefined): string {
  if (line === undefined) return '';
  const place = line.file === '' || line.line === 0 ? line.file : `${line.file}:${line.line}`;
  return printable(place === '' ? line.name : `${line.name}  ${place}`);
}
