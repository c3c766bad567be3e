import { seriesColour } from '../colours.js';
import type { LabelColumn } from '../label-values.js';
import type { LabelFilter } from '../report-data.js';
import { type Analysis, valueName } from './analysis.js';
import { element, shownName } from './element.js';
import { bar, quantity } from './functions-panel.js';
import { Memo } from './memo.js';
import type { State } from './state.js';
import { VirtualTable } from './virtual-table.js';

export type Change = (change: Partial<State>) => void;

/** So many are found by looking. */
const fewValues = 20;

/** The values of a label, with the share of each: to filter, group, colour and compare by. */
export class LabelsPanel {
  readonly element = element('div', { class: 'panel' });
  readonly #change: Change;
  readonly #key = element('select', { id: 'label-key' });
  readonly #isGrouped = element('input', { type: 'checkbox', id: 'label-group' });
  readonly #isColoured = element('input', { type: 'checkbox', id: 'label-colour' });
  readonly #first = element('select', { id: 'compare-first', 'aria-label': 'compare this value' });
  readonly #second = element('select', { id: 'compare-second', 'aria-label': 'with this value' });
  readonly #comparing = element('p', { class: 'row' }, 'Compare ', this.#first, ' with ', this.#second);
  readonly #seek = element('input', {
    type: 'search',
    id: 'label-seek',
    placeholder: 'Values with …',
    'aria-label': 'Only values that have this in them',
    spellcheck: 'false',
    autocomplete: 'off',
  });
  readonly #table: VirtualTable;
  readonly #bars = element('div', { class: 'panel' });
  readonly #none = element('p', { class: 'hint' });
  #analysis: Analysis | undefined;
  #state: State | undefined;
  #isDark = false;
  /** Indices of values, the heaviest first; one further than the last stands for samples without the label. */
  #rows: readonly number[] = [];
  readonly #sum = new Memo((values: Float64Array) => values.reduce((all, value) => all + value, 0));
  readonly #sorted = new Memo((values: Float64Array, label: LabelColumn, wanted: string) =>
    Array.from(values, (_, index) => index)
      .filter((index) => values[index] !== 0 && valueName(label.values[index]).toLowerCase().includes(wanted))
      .sort((a, b) => Math.abs(values[b] ?? 0) - Math.abs(values[a] ?? 0)),
  );

  constructor(change: Change) {
    this.#change = change;
    this.#table = new VirtualTable(
      'label',
      'Values of the label',
      [
        { title: 'Value of the label' },
        { title: 'Total', class: 'number' },
        { title: '%', class: 'number bar' },
        { title: '' },
      ],
      {
        row: (index) => this.#row(this.#rows[index] ?? 0),
        open: (index) => this.#filter(this.#rows[index] ?? 0, false),
      },
    );
    this.#key.addEventListener('change', () => change({ label: this.#key.value, comparison: undefined, zoom: [] }));
    this.#isGrouped.addEventListener('change', () => change({ isGrouped: this.#isGrouped.checked, zoom: [] }));
    this.#isColoured.addEventListener('change', () =>
      change({ colouring: this.#isColoured.checked ? 'label' : 'package' }),
    );
    this.#seek.addEventListener('input', () => {
      if (this.#analysis !== undefined && this.#state !== undefined) {
        this.show(this.#analysis, this.#state, this.#isDark);
      }
    });
    for (const select of [this.#first, this.#second]) select.addEventListener('change', () => this.#compare());
    this.#bars.append(
      element(
        'p',
        { class: 'row' },
        element('label', {}, 'Label ', this.#key),
        element('label', {}, this.#isGrouped, ' group by it'),
        element('label', {}, this.#isColoured, ' colour by it'),
        this.#seek,
      ),
      this.#comparing,
      this.#table.element,
    );
    this.element.append(this.#none, this.#bars);
  }

  set isPrinting(isPrinting: boolean) {
    this.#table.isPrinting = isPrinting;
  }

  show(analysis: Analysis, state: State, isDark: boolean): void {
    this.#analysis = analysis;
    this.#state = state;
    this.#isDark = isDark;
    const { label } = analysis;
    this.#none.hidden = label !== undefined;
    this.#bars.hidden = label === undefined;
    this.#none.textContent =
      'This profile has no labels. In a program, withLabels() of profbuf says whose time it is, such as of which route or tenant.';
    if (label === undefined) return;
    setOptions(
      this.#key,
      analysis.data.labels.map(({ key }) => [key, key]),
      label.key,
    );
    this.#isGrouped.checked = state.isGrouped;
    this.#isColoured.checked = state.colouring === 'label';
    const values = analysis.labelValues(label);
    this.#seek.hidden = values.length <= fewValues;
    if (this.#seek.hidden) this.#seek.value = '';
    this.#rows = this.#sorted.get(values, label, this.#seek.value.toLowerCase());
    this.#comparing.hidden = values.length < 2;
    const [a, b] = state.comparison ?? [];
    // A menu is for as many as can be looked through, and has what is chosen.
    const offered = new Set(this.#rows.slice(0, 200).map((index) => label.values[index]));
    for (const value of state.comparison ?? []) offered.add(value);
    const choices = Array.from(offered, (value): [string, string] => [choiceOf(value), shownName(valueName(value))]);
    setOptions(this.#first, [['', '–'], ...choices], state.comparison === undefined ? '' : choiceOf(a));
    setOptions(this.#second, [['', '–'], ...choices], state.comparison === undefined ? '' : choiceOf(b));
    this.#table.show(this.#rows.length, -1);
  }

  #row(index: number) {
    const { label } = this.#analysis ?? {};
    if (this.#analysis === undefined || label === undefined) return { cells: [] };
    const values = this.#analysis.labelValues(label);
    const sum = this.#sum.get(values);
    const value = label.values[index];
    const name = shownName(valueName(value));
    const swatch = element('span', { class: 'swatch', 'aria-hidden': 'true' });
    const part = this.#analysis.parts.find(({ title }) => title === `${label.key}=${valueName(value)}`);
    swatch.style.background = seriesColour(part?.colour ?? Number.POSITIVE_INFINITY, this.#isDark);
    swatch.hidden = this.#state?.colouring !== 'label';
    const button = (text: string, title: string, isExcluded: boolean) => {
      const made = element('button', { type: 'button', title, 'aria-label': title }, text);
      made.addEventListener('click', () => this.#filter(index, isExcluded));
      return made;
    };
    return {
      cells: [
        [swatch, element('span', { class: value === undefined ? 'place' : 'name', title: name }, name)],
        quantity(values[index] ?? 0, this.#analysis.unit),
        bar(values[index] ?? 0, sum),
        [button('only', `only ${label.key}=${name}`, false), button('not', `without ${label.key}=${name}`, true)],
      ],
    };
  }

  #filter(index: number, isExcluded: boolean): void {
    const { label } = this.#analysis ?? {};
    if (label === undefined || this.#state === undefined) return;
    const filter: LabelFilter = { key: label.key, value: label.values[index], isExcluded };
    const others = this.#state.filters.filter(
      (one) => one.key !== filter.key || (one.isExcluded === isExcluded && one.value !== filter.value),
    );
    this.#change({ filters: [...others, filter], zoom: [] });
  }

  #compare(): void {
    const [first, second] = [this.#first.value, this.#second.value];
    const isComplete = first !== '' && second !== '';
    // With one of two chosen the menus stay as they are.
    if (isComplete) this.#change({ comparison: [valueOfChoice(first), valueOfChoice(second)] });
    else if (this.#state?.comparison !== undefined) this.#change({ comparison: undefined });
  }
}

const choiceOf = (value: string | undefined) => (value === undefined ? 'none' : `=${value}`);
const valueOfChoice = (choice: string) => (choice === 'none' ? undefined : choice.slice(1));

/** Fills a menu anew if its choices are others. */
export function setOptions(
  select: HTMLSelectElement,
  options: readonly (readonly [value: string, text: string])[],
  chosen: string,
): void {
  const isSame =
    select.options.length === options.length &&
    options.every(([value, text], index) => {
      const option = select.options[index];
      return option?.value === value && option.textContent === text;
    });
  if (!isSame) select.replaceChildren(...options.map(([value, text]) => element('option', { value }, text)));
  select.value = chosen;
}
