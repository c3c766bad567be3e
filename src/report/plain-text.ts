import { printable } from '../profile/text.js';
import type { Block, TextColumn, Words } from './text-report.js';

/** The most lines that a report has. */
export const mostLines = 200;

/** The report for a terminal. */
export function plainText(blocks: readonly Block[]): string {
  return limited(blocks.flatMap(linesOf).slice(1), []);
}

/**
 * Not more lines than {@link mostLines}.
 * @param closing What ends what has been begun, if it is cut.
 */
export function limited(lines: readonly string[], closing: readonly string[]): string {
  const isCut = lines.length > mostLines;
  const shown = isCut ? [...lines.slice(0, mostLines - 1 - closing.length), ...closing, '(cut at 200 lines)'] : lines;
  return shown.map((line) => `${line}\n`).join('');
}

function linesOf(block: Block): string[] {
  switch (block.kind) {
    case 'heading':
      return ['', textOf(block.words)];
    case 'line':
      return [textOf(block.words)];
    case 'list':
      return block.items.map((item) => `- ${textOf(item)}`);
    case 'table':
      return tableLines(block.columns, block.rows);
    case 'lines':
      return block.lines.map(shownText);
  }
}

function textOf(words: Words): string {
  return words.map((word) => (typeof word === 'string' ? word : shownText(word.verbatim))).join('');
}

/** In one line, and not longer than anybody reads. */
export function shownText(text: string): string {
  return printable(text.length > 400 ? `${text.slice(0, 400)}…` : text);
}

function tableLines(columns: readonly TextColumn[], rows: readonly (readonly Words[])[]): string[] {
  const cells = [columns.map(({ title }) => title), ...rows.map((row) => row.map(textOf))];
  const widths = columns.map((_, column) => Math.min(60, Math.max(...cells.map((row) => row[column]?.length ?? 0))));
  return cells.map((row) =>
    row
      .map((cell, column) =>
        columns[column]?.isNumber ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  );
}
