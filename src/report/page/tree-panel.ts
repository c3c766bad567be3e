import type { CallTree, Group } from '../call-tree.js';
import type { Analysis } from './analysis.js';
import { element } from './element.js';
import type { Appearance } from './flame-view.js';
import { bar, nameCell, quantity } from './functions-panel.js';
import { VirtualTable } from './virtual-table.js';

/** The picture as a table: every frame a row, opened and closed like folders. */
export class TreePanel {
  readonly #table: VirtualTable;
  readonly element: HTMLElement;
  #analysis: Analysis | undefined;
  #appearance: Appearance | undefined;
  #tree: CallTree | undefined;
  #open = new Set<Group>();
  #rows: Group[] = [];
  #chosen = -1;

  constructor(select: (group: Group) => void) {
    const number = 'number';
    this.#table = new VirtualTable(
      'frame',
      'Call tree',
      [
        { title: 'Total', class: number },
        { title: '%', class: `${number} bar` },
        { title: 'Self', class: number },
        { title: 'Frame' },
      ],
      {
        row: (index) => this.#row(index),
        choose: (index) => {
          this.#chosen = index;
          const group = this.#rows[index];
          if (group !== undefined) select(group);
        },
        open: (index) => this.#toggle(index),
        key: (key, index) => this.#key(key, index),
      },
      'treegrid',
    );
    this.element = this.#table.element;
  }

  set isPrinting(isPrinting: boolean) {
    this.#table.isPrinting = isPrinting;
  }

  show(analysis: Analysis, tree: CallTree, appearance: Appearance): void {
    this.#analysis = analysis;
    this.#appearance = appearance;
    if (tree !== this.#tree) {
      this.#tree = tree;
      this.#open = new Set();
      this.#chosen = 0;
      // As far down as there is nothing to choose.
      for (const root of tree.roots) {
        let group: Group | undefined = root;
        for (let levels = 0; group !== undefined && levels < 200; levels++) {
          this.#open.add(group);
          const [heaviest, second]: readonly (Group | undefined)[] = tree.childrenOf(group);
          const isAlone = heaviest !== undefined && (second === undefined || second.total * 20 < heaviest.total);
          group = isAlone ? heaviest : undefined;
        }
      }
    }
    this.#list();
  }

  #list(): void {
    const rows: Group[] = [];
    const waiting = [...(this.#tree?.roots ?? [])].reverse();
    for (let group = waiting.pop(); group !== undefined; group = waiting.pop()) {
      rows.push(group);
      if (this.#open.has(group))
        for (const child of [...(this.#tree?.childrenOf(group) ?? [])].reverse()) waiting.push(child);
    }
    this.#rows = rows;
    this.#table.show(rows.length, this.#chosen);
  }

  #row(index: number) {
    const group = this.#rows[index];
    const analysis = this.#analysis;
    if (group === undefined || analysis === undefined || this.#tree === undefined) return { cells: [] };
    const children = this.#tree.childrenOf(group);
    const isOpen = this.#open.has(group);
    const mark = element(
      'span',
      { class: 'mark', 'aria-hidden': 'true' },
      children.length === 0 ? '' : isOpen ? '▾' : '▸',
    );
    mark.addEventListener('click', (event) => {
      event.stopPropagation();
      this.#toggle(index);
    });
    const place = group.key < 0 ? '' : analysis.keyPlace(group.key);
    const frame = element('span', { class: 'frame' }, mark, ...nameCell(this.#appearance?.name(group) ?? '', place));
    // Deep in a stack there is no more room to the right.
    frame.style.setProperty('--depth', String(Math.min(group.depth, 60)));
    return {
      cells: [
        quantity(group.total, analysis.unit),
        bar(group.total, this.#tree.total),
        quantity(group.self, analysis.unit),
        [frame],
      ],
      attributes: {
        'aria-level': String(group.depth + 1),
        ...(children.length === 0 ? {} : { 'aria-expanded': String(isOpen) }),
      },
    };
  }

  #toggle(index: number): void {
    const group = this.#rows[index];
    if (group === undefined) return;
    if (!this.#open.delete(group)) this.#open.add(group);
    this.#chosen = index;
    this.#list();
  }

  #key(key: string, index: number): boolean {
    const group = this.#rows[index];
    if (group === undefined) return false;
    const isOpen = this.#open.has(group);
    if (key === 'ArrowRight' && !isOpen) this.#toggle(index);
    else if (key === 'ArrowLeft' && isOpen) this.#toggle(index);
    else if (key === 'ArrowLeft' && group.parent !== undefined) {
      this.#chosen = this.#rows.indexOf(group.parent);
      this.#table.scrollToRow(this.#chosen);
      this.#list();
    } else return key === 'ArrowLeft' || key === 'ArrowRight';
    return true;
  }
}
