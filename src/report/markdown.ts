import { limited, shownText } from './plain-text.js';
import type { Block, Words } from './text-report.js';

/** The report in Markdown, for a pull request: names stand in code spans, where markup is none. */
export function markdown(blocks: readonly Block[]): string {
  return limited(
    blocks.flatMap((block, index) => linesOf(block, index === 0)),
    // What is cut is one of the last blocks, of code.
    ['```'],
  );
}

function linesOf(block: Block, isFirst: boolean): string[] {
  switch (block.kind) {
    case 'heading':
      return isFirst ? [`# ${textOf(block.words)}`] : ['', `## ${textOf(block.words)}`, ''];
    case 'line':
      return ['', textOf(block.words), ''];
    case 'list':
      return [...block.items.map((item) => `- ${textOf(item)}`)];
    case 'table':
      return [
        row(block.columns.map(({ title }) => title)),
        row(block.columns.map(({ isNumber }) => (isNumber ? '--:' : '---'))),
        // In a table a bar ends the cell, in code as well.
        ...block.rows.map((cells) => row(cells.map((cell) => textOf(cell).replaceAll('|', '\\|')))),
      ];
    case 'lines':
      return fenced(block.lines.map(shownText));
  }
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function textOf(words: Words): string {
  return words.map((word) => (typeof word === 'string' ? word : codeSpan(shownText(word.verbatim)))).join('');
}

/** With more backticks around it than there are inside. */
function codeSpan(text: string): string {
  if (text.trim() === '') return '';
  const fence = '`'.repeat(longestRun(text) + 1);
  const space = text.startsWith('`') || text.endsWith('`') ? ' ' : '';
  return `${fence}${space}${text}${space}${fence}`;
}

function fenced(lines: readonly string[]): string[] {
  const fence = '`'.repeat(Math.max(3, longestRun(lines.join('\n')) + 1));
  return [`${fence}text`, ...lines, fence];
}

function longestRun(text: string): number {
  return (text.match(/`+/g) ?? []).reduce((longest, run) => Math.max(longest, run.length), 0);
}
