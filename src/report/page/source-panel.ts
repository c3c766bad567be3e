import { amount, share } from '../amounts.js';
import { type LineValue, lineValues } from '../line-values.js';
import type { SourceExcerpt } from '../source-excerpt.js';
import type { Weights } from '../weights.js';
import type { Analysis } from './analysis.js';
import { element, shownName } from './element.js';
import { bar, quantity } from './functions-panel.js';
import { Memo } from './memo.js';
import { VirtualTable } from './virtual-table.js';

interface ShownLine {
  readonly number: number;
  readonly text: string;
  readonly value: LineValue | undefined;
}

/** The lines of the chosen function, with what each took; with their text where the file was there when the report was made. */
export class SourcePanel {
  readonly element = element('div', { class: 'panel' });
  readonly #heading = element('p', { class: 'hint' });
  readonly #open = element('button', { type: 'button' }, 'Callers and callees');
  readonly #table: VirtualTable;
  #lines: readonly ShownLine[] = [];
  #analysis: Analysis | undefined;
  #key: number | undefined;
  readonly #values = new Memo((analysis: Analysis, weights: Weights, index: number) =>
    lineValues(analysis.data.columns, weights, (other) => other === index),
  );

  constructor(open: (key: number) => void) {
    this.#open.addEventListener('click', () => {
      if (this.#key !== undefined) open(this.#key);
    });
    const number = 'number';
    this.#table = new VirtualTable(
      'line',
      'Lines',
      [
        { title: 'Self', class: number },
        { title: 'Total', class: number },
        { title: '%', class: `${number} bar` },
        { title: 'Line', class: number },
        { title: '', class: 'code' },
      ],
      { row: (index) => this.#row(index) },
    );
    this.element.append(this.#heading, element('p', { class: 'row' }, this.#open), this.#table.element);
  }

  set isPrinting(isPrinting: boolean) {
    this.#table.isPrinting = isPrinting;
  }

  show(analysis: Analysis, key: number | undefined): void {
    const isNew = key !== this.#key;
    this.#analysis = analysis;
    this.#key = key;
    const isChosen = key !== undefined && key < analysis.keying.count;
    this.#table.element.hidden = !isChosen;
    this.#open.hidden = !isChosen;
    if (!isChosen) {
      this.#heading.textContent = 'Choose a function, in the picture or the table: its lines are shown here.';
      return;
    }
    const index = analysis.keying.representative[key] ?? 0;
    const file = analysis.data.functionFile(index);
    const values = this.#values.get(analysis, analysis.weights, index);
    const found = [...values.keys()];
    const excerpt = excerptFor(analysis, file, analysis.data.functionLine(index), found);
    const { flat, cum } = analysis.values;
    const all = analysis.weights.all;
    this.#heading.replaceChildren(
      element('b', {}, shownName(analysis.keyName(key))),
      element('span', { class: 'place' }, ` ${shownName(analysis.keyPlace(key))}`),
      element('br'),
      `${amount(flat[key] ?? 0, analysis.unit)} (${share(flat[key] ?? 0, all) || '0'}) itself, ` +
        `${amount(cum[key] ?? 0, analysis.unit)} (${share(cum[key] ?? 0, all) || '0'}) with what it calls. `,
      excerpt?.isNewer ? 'The file has been changed since the profile was taken: lines may be others. ' : '',
      excerpt === undefined && file !== '' ? 'The text of the file is not in this report.' : '',
    );
    this.#lines = linesOf(excerpt, values, analysis.data.functionLine(index));
    this.#table.show(this.#lines.length, -1);
    if (!isNew) return;
    const hottest = this.#lines.reduce(
      (best, { value }, at) => ((value?.cum ?? 0) > (this.#lines[best]?.value?.cum ?? 0) ? at : best),
      0,
    );
    this.#table.scrollToRow(Math.max(0, hottest - 4));
    this.#table.scrollToRow(Math.min(this.#lines.length - 1, hottest + 6));
  }

  #row(index: number) {
    const line = this.#lines[index];
    const analysis = this.#analysis;
    if (line === undefined || analysis === undefined) return { cells: [] };
    const { value } = line;
    return {
      cells: [
        value === undefined ? '' : quantity(value.flat, analysis.unit),
        value === undefined ? '' : quantity(value.cum, analysis.unit),
        value === undefined ? '' : bar(value.cum, analysis.weights.all),
        line.number === 0 ? '?' : String(line.number),
        // Tabs stay, the rest of what cannot be seen does not.
        element('code', {}, line.text.split('\t').map(shownName).join('\t')),
      ],
    };
  }
}

function excerptFor(
  analysis: Analysis,
  file: string,
  startLine: number,
  lines: readonly number[],
): SourceExcerpt | undefined {
  const has = (excerpt: SourceExcerpt, line: number) =>
    line >= excerpt.firstLine && line < excerpt.firstLine + excerpt.lines.length;
  return analysis.data.columns.sources.find(
    (excerpt) => excerpt.file === file && (has(excerpt, startLine) || lines.some((line) => has(excerpt, line))),
  );
}

/** From the function's first line to the last one that took something, and all of those with a value. */
function linesOf(
  excerpt: SourceExcerpt | undefined,
  values: ReadonlyMap<number, LineValue>,
  startLine: number,
): readonly ShownLine[] {
  const last = Math.max(startLine, ...[...values.keys()].slice(-1)) + 3;
  const lines = new Map<number, string>();
  excerpt?.lines.forEach((text, index) => {
    const number = excerpt.firstLine + index;
    if (number >= startLine - 1 && number <= last) lines.set(number, text);
  });
  for (const number of values.keys()) if (!lines.has(number)) lines.set(number, '');
  return [...lines].sort(([a], [b]) => a - b).map(([number, text]) => ({ number, text, value: values.get(number) }));
}
