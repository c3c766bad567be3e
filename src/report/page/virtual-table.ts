import { type Content, element } from './element.js';

export interface Column {
  readonly title: string;
  /** Such as `number`, to be styled. */
  readonly class?: string;
  /** Names the order that a click on the title asks for. */
  readonly sort?: string;
}

export interface Row {
  readonly cells: readonly (Content | readonly Content[])[];
  readonly attributes?: Readonly<Record<string, string>>;
}

export interface TableActions {
  row(index: number): Row;
  /** The row has been clicked, or come to by the keyboard. */
  choose?(index: number): void;
  /** The row has been clicked twice, or Enter pressed on it. */
  open?(index: number): void;
  sort?(by: string): void;
  /** Another key on a row; true when it meant something. */
  key?(key: string, index: number): boolean;
}

const rowHeight = 22;
/** Browsers make nothing higher than some 33 million pixels. */
const mostRows = 1_400_000;
const printedRows = 60;

/** A table of any length: only the rows that are to be seen are in the page. */
export class VirtualTable {
  readonly element = element('div', { class: 'table', tabindex: '0' });
  readonly #table: HTMLTableElement;
  readonly #head = element('tr');
  readonly #before = element('tr', { 'aria-hidden': 'true' }, element('td'));
  readonly #body = element('tbody');
  readonly #after = element('tr', { 'aria-hidden': 'true' }, element('td'));
  readonly #actions: TableActions;
  readonly #id: string;
  readonly #headings: readonly (readonly [Column, HTMLElement])[];
  #count = 0;
  #chosen = -1;
  #isPrinting = false;
  /** The rows that are in the page: the first, and one more than the last. */
  #drawn: readonly [number, number] = [0, 0];

  constructor(id: string, caption: string, columns: readonly Column[], actions: TableActions, role = 'grid') {
    this.#id = id;
    this.#actions = actions;
    this.#headings = columns.map((column) => {
      const { title, sort } = column;
      const button = sort === undefined ? title : element('button', { type: 'button' }, title);
      const heading = element('th', { scope: 'col', class: column.class ?? '' }, button);
      if (sort !== undefined) heading.addEventListener('click', () => actions.sort?.(sort));
      return [column, heading] as const;
    });
    for (const row of [this.#before, this.#after])
      row.firstElementChild?.setAttribute('colspan', String(columns.length));
    this.#head.append(...this.#headings.map(([, heading]) => heading));
    this.#table = element('table', { role, 'aria-label': caption }, element('thead', {}, this.#head), this.#body);
    this.element.append(this.#table);
    this.element.addEventListener('scroll', () => this.draw());
    this.element.addEventListener('keydown', (event) => this.#key(event));
    this.#body.addEventListener('click', (event) => this.#choose(this.#rowOf(event), true));
    this.#body.addEventListener('dblclick', (event) => {
      const row = this.#rowOf(event);
      if (row !== undefined) actions.open?.(row);
    });
    // Later, since what is in the rows may be on its way, and a frame of the picture waits for nothing.
    new ResizeObserver(() => setTimeout(() => this.#resized())).observe(this.element);
  }

  /** @param chosen The row that is marked; -1 for none. */
  show(count: number, chosen: number, sortedBy?: string): void {
    this.#count = Math.min(count, mostRows);
    this.#chosen = chosen;
    this.#table.setAttribute('aria-rowcount', String(count + 1));
    for (const [{ sort }, heading] of this.#headings) {
      if (sort === sortedBy && sort !== undefined) heading.setAttribute('aria-sort', 'descending');
      else heading.removeAttribute('aria-sort');
    }
    this.draw();
  }

  scrollToRow(index: number): void {
    const top = index * rowHeight;
    const { scrollTop, clientHeight } = this.element;
    const seen = clientHeight - rowHeight;
    if (top < scrollTop) this.element.scrollTop = top;
    else if (top + rowHeight > scrollTop + seen) this.element.scrollTop = top + rowHeight - seen;
  }

  set isPrinting(isPrinting: boolean) {
    this.#isPrinting = isPrinting;
    this.draw();
  }

  #rowsInSight(): readonly [number, number] {
    const isAll = this.#isPrinting;
    const first = isAll ? 0 : Math.max(0, Math.floor(this.element.scrollTop / rowHeight) - 4);
    const seen = isAll ? printedRows : Math.ceil(this.element.clientHeight / rowHeight) + 8;
    return [first, Math.min(this.#count, first + seen)];
  }

  #resized(): void {
    const [first, last] = this.#rowsInSight();
    if (first !== this.#drawn[0] || last !== this.#drawn[1]) this.draw();
  }

  draw(): void {
    const [first, last] = this.#rowsInSight();
    this.#drawn = [first, last];
    const rows: HTMLElement[] = [];
    for (let index = first; index < last; index++) rows.push(this.#rowElement(index));
    setHeight(this.#before, first * rowHeight);
    setHeight(this.#after, this.#isPrinting ? 0 : (this.#count - last) * rowHeight);
    this.#body.replaceChildren(this.#before, ...rows, this.#after);
    if (this.#chosen >= first && this.#chosen < last) {
      this.element.setAttribute('aria-activedescendant', `${this.#id}-${this.#chosen}`);
    } else this.element.removeAttribute('aria-activedescendant');
  }

  #rowElement(index: number): HTMLElement {
    const { cells, attributes = {} } = this.#actions.row(index);
    const row = element('tr', {
      id: `${this.#id}-${index}`,
      'aria-rowindex': String(index + 2),
      'aria-selected': String(index === this.#chosen),
      ...attributes,
    });
    cells.forEach((cell, column) => {
      const content = typeof cell === 'string' || cell instanceof Node ? [cell] : cell;
      row.append(element('td', { class: this.#headings[column]?.[0].class ?? '' }, ...content));
    });
    return row;
  }

  #rowOf(event: Event): number | undefined {
    const row = event.target instanceof Element ? event.target.closest('tr[aria-rowindex]') : null;
    return row === null ? undefined : Number(row.getAttribute('aria-rowindex')) - 2;
  }

  #choose(row: number | undefined, isClick = false): void {
    if (row === undefined || row < 0 || row >= this.#count) return;
    this.#chosen = row;
    if (!isClick) this.scrollToRow(row);
    this.draw();
    this.#actions.choose?.(row);
  }

  #key(event: KeyboardEvent): void {
    if (event.target !== this.element || event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(1, Math.floor(this.element.clientHeight / rowHeight) - 2);
    const moves: Readonly<Record<string, number>> = {
      ArrowDown: this.#chosen + 1,
      ArrowUp: Math.max(0, this.#chosen - 1),
      PageDown: Math.min(this.#count - 1, this.#chosen + page),
      PageUp: Math.max(0, this.#chosen - page),
      Home: 0,
      End: this.#count - 1,
    };
    const move = moves[event.key];
    if (move !== undefined) this.#choose(move);
    else if (event.key === 'Enter' && this.#chosen >= 0) this.#actions.open?.(this.#chosen);
    else if (this.#actions.key?.(event.key, this.#chosen) !== true) return;
    event.preventDefault();
  }
}

function setHeight(row: HTMLTableRowElement, height: number): void {
  row.hidden = height <= 0;
  row.style.height = `${height}px`;
}
