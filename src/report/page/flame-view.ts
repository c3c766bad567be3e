import type { CallTree, Group } from '../call-tree.js';
import type { Palette } from '../colours.js';
import { element } from './element.js';
import { type Box, FlameLayout } from './flame-layout.js';

/** How the frames of a picture look, and what is said of them. */
export interface Appearance {
  readonly palette: Palette;
  /** A colour, or several with the parts of the width that they have. */
  fill(group: Group): string | readonly (readonly [colour: string, part: number])[];
  name(group: Group): string;
  /** Whether it is looked for; `undefined` while nothing is. */
  isMatch(group: Group): boolean | undefined;
  isSelected(group: Group): boolean;
  /** Line by line. */
  describe(group: Group): readonly string[];
}

export interface FlameActions {
  /** From the root to the group. */
  zoom(path: readonly Group[]): void;
  select(group: Group): void;
  /** What the keyboard has come to, to be read out. */
  announce(text: string): void;
}

const rowHeight = 19;
const font = '11px ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace';
const padding = 4;
/** On paper a picture has no more rows. */
const printedRows = 48;

/** A picture of a call tree on a canvas, which is as large as the window onto it and draws what is to be seen there. */
export class FlameView {
  readonly element = element('div', { class: 'flame' });
  readonly #spacer = element('div', { class: 'flame-space' });
  readonly #canvas: HTMLCanvasElement;
  readonly #tip: HTMLElement;
  readonly #actions: FlameActions;
  /** The root is at the bottom. */
  readonly #isFlipped: boolean;
  #tree: CallTree | undefined;
  #appearance: Appearance | undefined;
  #zoom: readonly Group[] = [];
  #layout: FlameLayout | undefined;
  #width = 0;
  #focused: Group | undefined;
  #hovered: Box | undefined;
  #isPrinting = false;
  #characterWidth = 0;

  constructor(label: string, tip: HTMLElement, actions: FlameActions, isFlipped = false) {
    this.#tip = tip;
    this.#actions = actions;
    this.#isFlipped = isFlipped;
    this.#canvas = element('canvas', {
      tabindex: '0',
      role: 'application',
      'aria-roledescription': 'flame graph',
      'aria-label': `${label}: arrow keys move, Enter zooms in, Backspace out; the tree and the table have the same as text`,
    });
    this.#spacer.append(this.#canvas);
    this.element.append(this.#spacer);
    this.element.addEventListener('scroll', () => this.draw());
    this.#canvas.addEventListener('mousemove', (event) => this.#hover(event));
    this.#canvas.addEventListener('mouseleave', () => this.#leave());
    this.#canvas.addEventListener('click', (event) => this.#click(event));
    this.#canvas.addEventListener('keydown', (event) => this.#key(event));
    this.#canvas.addEventListener('blur', () => this.draw());
    new ResizeObserver(() => this.#resized()).observe(this.element);
  }

  show(tree: CallTree, zoom: readonly Group[], appearance: Appearance): void {
    const isSame =
      tree === this.#tree && zoom.length === this.#zoom.length && zoom.every((g, i) => g === this.#zoom[i]);
    this.#appearance = appearance;
    if (!isSame) {
      this.#tree = tree;
      this.#zoom = zoom;
      this.#layout = undefined;
      this.#focused = zoom.at(-1) ?? tree.roots[0];
    }
    this.draw();
    if (!isSame) this.element.scrollTop = this.#isFlipped ? this.element.scrollHeight : 0;
  }

  /** As much as fits on paper, in place of what fits the window. */
  set isPrinting(isPrinting: boolean) {
    this.#isPrinting = isPrinting;
    this.draw();
  }

  #resized(): void {
    if (this.element.clientWidth !== this.#width) this.#layout = undefined;
    this.draw();
  }

  draw(): void {
    const width = this.element.clientWidth;
    const appearance = this.#appearance;
    if (this.#tree === undefined || appearance === undefined || width === 0) return;
    this.#width = width;
    this.#layout ??= new FlameLayout(this.#tree, width, this.#zoom);
    const layout = this.#layout;
    const seen = this.#isPrinting ? rowHeight * layout.rowsUntil(printedRows - 1) : this.element.clientHeight;
    const seenRows = Math.ceil(seen / rowHeight);
    // One that stands on its root needs all of its rows to know where that is; they are no more than are deep stacks.
    const known = this.#isFlipped
      ? layout.rowsUntil(4096)
      : layout.rowsUntil(Math.ceil(this.element.scrollTop / rowHeight) + seenRows * 2);
    const height = Math.max(known * rowHeight, seen);
    this.#spacer.style.height = this.#isPrinting ? 'auto' : `${height}px`;
    const scale = this.#isPrinting ? 2 : window.devicePixelRatio;
    if (this.#canvas.width !== Math.round(width * scale)) this.#canvas.width = Math.round(width * scale);
    if (this.#canvas.height !== Math.round(seen * scale)) this.#canvas.height = Math.round(seen * scale);
    this.#canvas.style.width = this.#isPrinting ? '100%' : `${width}px`;
    this.#canvas.style.height = this.#isPrinting ? 'auto' : `${seen}px`;
    const context = this.#canvas.getContext('2d', { alpha: false });
    if (context === null) return;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.fillStyle = appearance.palette.background;
    context.fillRect(0, 0, width, seen);
    context.font = font;
    context.textBaseline = 'middle';
    this.#characterWidth ||= context.measureText('m').width;
    const top = this.#isPrinting ? 0 : this.element.scrollTop;
    const first = this.#isFlipped ? Math.floor((height - top - seen) / rowHeight) : Math.floor(top / rowHeight);
    for (let row = Math.max(0, first); row <= first + seenRows + 1; row++) {
      const boxes = layout.row(row);
      if (boxes === undefined) break;
      const y = (this.#isFlipped ? height - (row + 1) * rowHeight : row * rowHeight) - top;
      for (const box of boxes) this.#drawBox(context, appearance, box, y, row < layout.zoomDepth);
    }
  }

  #drawBox(context: CanvasRenderingContext2D, look: Appearance, box: Box, y: number, isAbove: boolean): void {
    const { group, x } = box;
    const { palette } = look;
    const width = Math.max(0.5, box.width - 0.5);
    const height = rowHeight - 1;
    if (group === undefined) {
      context.fillStyle = palette.faint;
      context.fillRect(x, y, width, height);
      return;
    }
    const match = look.isMatch(group);
    context.globalAlpha = isAbove ? 0.5 : match === false ? 0.32 : 1;
    const fill = match === true ? palette.match : look.fill(group);
    if (typeof fill === 'string') {
      context.fillStyle = fill;
      context.fillRect(x, y, width, height);
    } else {
      let at = x;
      for (const [colour, part] of fill) {
        context.fillStyle = colour;
        context.fillRect(at, y, width * part, height);
        at += width * part;
      }
    }
    context.globalAlpha = isAbove || match === false ? 0.75 : 1;
    const room = Math.floor((width - 2 * padding) / this.#characterWidth);
    if (room >= 2) {
      const name = look.name(group);
      context.fillStyle = palette.text;
      context.fillText(name.length > room ? `${name.slice(0, room - 1)}…` : name, x + padding, y + height / 2 + 1);
    }
    context.globalAlpha = 1;
    const isFocused = group === this.#focused && document.activeElement === this.#canvas;
    if (!isFocused && group !== this.#hovered?.group && !look.isSelected(group)) return;
    context.strokeStyle = isFocused ? palette.focus : palette.text;
    context.lineWidth = isFocused ? 2 : 1;
    context.strokeRect(x + 1, y + 1, Math.max(0.5, width - 2), height - 2);
  }

  #boxUnder(event: MouseEvent): Box | undefined {
    const { left, top } = this.#canvas.getBoundingClientRect();
    const y = event.clientY - top + this.element.scrollTop;
    const row = this.#isFlipped ? (this.#spacer.clientHeight - y) / rowHeight : y / rowHeight;
    return this.#layout?.boxAt(event.clientX - left, Math.floor(row));
  }

  #hover(event: MouseEvent): void {
    const box = this.#boxUnder(event);
    if (box?.group !== this.#hovered?.group) {
      this.#hovered = box;
      this.draw();
    }
    const group = box?.group;
    this.#canvas.style.cursor = group === undefined ? 'default' : 'pointer';
    if (group === undefined || this.#appearance === undefined) {
      this.#tip.hidden = true;
      return;
    }
    this.#tip.replaceChildren(...this.#appearance.describe(group).map((line) => element('div', {}, line)));
    this.#tip.hidden = false;
    const { offsetWidth, offsetHeight } = this.#tip;
    const left = Math.min(event.clientX + 12, window.innerWidth - offsetWidth - 8);
    const isLow = event.clientY + 18 + offsetHeight > window.innerHeight;
    this.#tip.style.left = `${Math.max(0, left)}px`;
    this.#tip.style.top = `${isLow ? Math.max(0, event.clientY - offsetHeight - 10) : event.clientY + 18}px`;
  }

  #leave(): void {
    this.#hovered = undefined;
    this.#tip.hidden = true;
    this.draw();
  }

  #click(event: MouseEvent): void {
    const group = this.#boxUnder(event)?.group;
    if (group === undefined) return;
    this.#focused = group;
    this.#tip.hidden = true;
    this.#actions.select(group);
    this.#actions.zoom(pathTo(group));
  }

  #key(event: KeyboardEvent): void {
    const group = this.#focused;
    const tree = this.#tree;
    if (group === undefined || tree === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    const [towardsLeaf, towardsRoot] = this.#isFlipped ? ['ArrowUp', 'ArrowDown'] : ['ArrowDown', 'ArrowUp'];
    switch (event.key) {
      case towardsLeaf:
        this.#focus(tree.childrenOf(group)[0]);
        break;
      case towardsRoot:
        this.#focus(group.parent);
        break;
      case 'ArrowLeft':
      case 'ArrowRight': {
        const row = this.#layout?.row(group.depth) ?? [];
        const at = row.findIndex((box) => box.group === group);
        this.#focus(row[at + (event.key === 'ArrowLeft' ? -1 : 1)]?.group);
        break;
      }
      case 'Enter':
        this.#actions.select(group);
        this.#actions.zoom(pathTo(group));
        break;
      case 'Backspace': {
        const above = this.#zoom.at(-1)?.parent;
        this.#actions.zoom(above === undefined ? [] : pathTo(above));
        break;
      }
      case 'Escape':
        this.#actions.zoom([]);
        break;
      default:
        return;
    }
    event.preventDefault();
  }

  #focus(group: Group | undefined): void {
    const found = group === undefined ? undefined : this.#layout?.find(group);
    if (group === undefined || found === undefined || this.#appearance === undefined) return;
    this.#focused = group;
    const { clientHeight, scrollTop } = this.element;
    const y = this.#isFlipped ? this.#spacer.clientHeight - (found.row + 1) * rowHeight : found.row * rowHeight;
    if (y < scrollTop) this.element.scrollTop = y;
    else if (y + rowHeight > scrollTop + clientHeight) this.element.scrollTop = y + rowHeight - clientHeight;
    this.#actions.announce(this.#appearance.describe(group).join(', '));
    this.draw();
  }
}

function pathTo(group: Group): readonly Group[] {
  const path: Group[] = [];
  for (let at: Group | undefined = group; at !== undefined; at = at.parent) path.push(at);
  return path.reverse();
}
