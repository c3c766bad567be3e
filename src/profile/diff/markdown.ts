import { printable } from '../text.js';
import { aboutComparison, amount, change, interval, share } from './amounts.js';
import type { Comparison } from './comparison.js';

/**
 * The comparison as a table for a pull request, in GitHub's Markdown.
 * @param count How many lines at most.
 */
export function comparisonMarkdown(comparison: Comparison, unit: string, count: number): string {
  const { lines } = comparison;
  const rows = lines.slice(0, count).map((line) => {
    const place = line.file === '' || line.line === 0 ? line.file : `${line.file}:${line.line}`;
    const name = line.verdict === 'noise' ? code(line.name) : `**${code(line.name)}**`;
    const cells = [
      place === '' ? name : `${name}<br>${code(place)}`,
      share(line.base.share),
      share(line.new.share),
      amount(line.base.value, unit),
      amount(line.new.value, unit),
      change(line),
      interval(line),
      line.verdict === 'noise' ? 'noise' : `**${line.verdict}**`,
    ];
    return `| ${cells.join(' | ')} |`;
  });
  const more = lines.length > count ? [`${lines.length - count} lines more.`] : [];
  return [
    '| | share, base | share, new | base | new | change | interval | |',
    '|---|--:|--:|--:|--:|--:|:-:|---|',
    ...rows,
    '',
    ...more,
    ...aboutComparison(comparison, unit),
    '',
  ].join('\n');
}

/** GitHub does not look for people to notify in code, as in `node_modules/@types`. */
function code(text: string): string {
  return `<code>${plain(text)}</code>`;
}

/** A name can be anything: as entities, no character of it is markup, and no part of it a link. */
function plain(text: string): string {
  return printable(text).replace(
    /[^\p{L}\p{N} ./:(),-]|:(?!\d)|(?<=www)\./giu,
    (character) => `&#${character.codePointAt(0)};`,
  );
}
