import { amount, share } from '../amounts.js';
import type { Analysis } from './analysis.js';
import { type Content, element, shownName } from './element.js';
import { Memo } from './memo.js';
import type { State } from './state.js';
import { type Column, VirtualTable } from './virtual-table.js';

export interface FunctionActions {
  select(key: number): void;
  /** Shows who calls the function, and what it calls. */
  open(key: number): void;
}

type Order = 'flat' | 'cum' | 'name' | 'change';

/** All functions, with what they took themselves and with what they called. */
export class FunctionsPanel {
  readonly element = element('div', { class: 'panel' });
  readonly #actions: FunctionActions;
  #table: VirtualTable | undefined;
  /** Of what is compared; nothing without. */
  #names: readonly string[] = [];
  #order: Order = 'flat';
  #rows: readonly number[] = [];
  #analysis: Analysis | undefined;
  #state: State | undefined;
  readonly #sorted = new Memo((...[analysis, values, matched, order, comparison]: SortInputs) => {
    const { flat, cum } = values;
    const [a, b] = comparison === undefined ? [] : analysis.comparedValues(comparison);
    const change = (key: number) =>
      comparison === undefined
        ? 0
        : (b?.flat[key] ?? 0) / (comparison.weights[1].all || 1) -
          (a?.flat[key] ?? 0) / (comparison.weights[0].all || 1);
    const rows: number[] = [];
    for (let key = 0; key < flat.length; key++) {
      if ((flat[key] !== 0 || cum[key] !== 0) && (matched === undefined || matched[key] === 1)) rows.push(key);
    }
    const by = (of: (key: number) => number) => (x: number, y: number) => of(y) - of(x);
    const size = (column: Float64Array) => by((key) => Math.abs(column[key] ?? 0));
    const byFlat = (x: number, y: number) => size(flat)(x, y) || size(cum)(x, y);
    if (order === 'name') {
      const names = new Map(rows.map((key) => [key, analysis.keyName(key)]));
      rows.sort((x, y) => ((names.get(x) ?? '') < (names.get(y) ?? '') ? -1 : 1));
    } else if (order === 'cum') rows.sort((x, y) => size(cum)(x, y) || size(flat)(x, y));
    else if (order === 'change') {
      const changes = size(Float64Array.from(flat, (_, key) => change(key)));
      rows.sort((x, y) => changes(x, y) || byFlat(x, y));
    } else rows.sort(byFlat);
    return rows;
  });

  constructor(actions: FunctionActions) {
    this.#actions = actions;
  }

  set isPrinting(isPrinting: boolean) {
    if (this.#table !== undefined) this.#table.isPrinting = isPrinting;
  }

  /** How many rows there are, for those who look for something. */
  get count(): number {
    return this.#rows.length;
  }

  show(analysis: Analysis, state: State): void {
    this.#analysis = analysis;
    this.#state = state;
    const { comparison, matched, values } = analysis;
    const names = comparison?.names ?? [];
    if (this.#table === undefined || names.join('\0') !== this.#names.join('\0')) this.#make(names);
    this.#rows = this.#sorted.get(analysis, values, matched, this.#order, comparison);
    const chosen = state.selected === undefined ? -1 : this.#rows.indexOf(state.selected);
    this.#table?.show(this.#rows.length, chosen, this.#order);
  }

  #make(names: readonly string[]): void {
    this.#names = names;
    const isComparing = names.length > 0;
    const [a = '', b = ''] = names.map((name) => shownName(name.length > 14 ? `${name.slice(0, 13)}…` : name));
    if (isComparing) this.#order = 'change';
    else if (this.#order === 'change') this.#order = 'flat';
    const number = 'number';
    const columns: Column[] = isComparing
      ? [
          { title: `Self, ${a}`, class: number },
          { title: b, class: number },
          { title: 'Change', class: number, sort: 'change' },
          { title: `Total, ${a}`, class: number },
          { title: b, class: number },
          { title: 'Function', sort: 'name' },
        ]
      : [
          { title: 'Self', class: number, sort: 'flat' },
          { title: '%', class: `${number} bar` },
          { title: 'Total', class: number, sort: 'cum' },
          { title: '%', class: `${number} bar` },
          { title: 'Function', sort: 'name' },
        ];
    this.#table = new VirtualTable('function', 'Functions', columns, {
      row: (index) => ({ cells: this.#cells(this.#rows[index] ?? 0) }),
      choose: (index) => this.#actions.select(this.#rows[index] ?? 0),
      open: (index) => this.#actions.open(this.#rows[index] ?? 0),
      sort: (by) => {
        this.#order = by as Order;
        if (this.#analysis !== undefined && this.#state !== undefined) this.show(this.#analysis, this.#state);
      },
    });
    this.element.replaceChildren(this.#table.element);
  }

  #cells(key: number): (Content | Content[])[] {
    const analysis = this.#analysis;
    if (analysis === undefined) return [];
    const { flat, cum } = analysis.values;
    const name = nameCell(analysis.keyName(key), analysis.keyPlace(key));
    if (analysis.comparison !== undefined) {
      const { weights } = analysis.comparison;
      const [a, b] = analysis.comparedValues(analysis.comparison);
      const part = (values: Float64Array | undefined, side: 0 | 1) => (values?.[key] ?? 0) / (weights[side].all || 1);
      const change = part(b?.flat, 1) - part(a?.flat, 0);
      const points = `${change > 0 ? '+' : ''}${(change * 100).toFixed(2)}`;
      const cell = (values: Float64Array | undefined, side: 0 | 1) => share(values?.[key] ?? 0, weights[side].all);
      return [cell(a?.flat, 0), cell(b?.flat, 1), points, cell(a?.cum, 0), cell(b?.cum, 1), name];
    }
    const { all } = analysis.weights;
    return [
      quantity(flat[key] ?? 0, analysis.unit),
      bar(flat[key] ?? 0, all),
      quantity(cum[key] ?? 0, analysis.unit),
      bar(cum[key] ?? 0, all),
      name,
    ];
  }
}

type SortInputs = [
  analysis: Analysis,
  values: Analysis['values'],
  matched: Uint8Array | undefined,
  order: Order,
  comparison: Analysis['comparison'],
];

/** A number with its exact value for programs that read the page. */
export function quantity(value: number, unit: string): Content {
  return element('data', { value: String(value) }, value === 0 ? '0' : amount(value, unit));
}

/** A share as text, on a bar as long. */
export function bar(value: number, whole: number): Content {
  const made = element('span', { class: 'share' }, value === 0 ? '' : share(value, whole));
  const part = whole === 0 ? 0 : Math.min(1, Math.abs(value / whole));
  made.style.setProperty('--part', String(part));
  return made;
}

export function nameCell(name: string, place: string): Content[] {
  const title = shownName(place === '' ? name : `${name}\n${place}`);
  return [
    element('span', { class: 'name', title }, shownName(name)),
    ...(place === '' ? [] : [element('span', { class: 'place', title }, ` ${shownName(shortPlace(place))}`)]),
  ];
}

/** The end of a path, by which people know a file: its name, and the folder it is in. */
function shortPlace(place: string): string {
  const parts = place.split(/[/\\]/);
  return parts.length <= 3 ? place : `…/${parts.slice(-2).join('/')}`;
}
