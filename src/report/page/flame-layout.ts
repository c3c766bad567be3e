import type { CallTree, Group } from '../call-tree.js';

/** A frame of the picture, or, without a group, several side by side that are too narrow to be seen. */
export interface Box {
  readonly group: Group | undefined;
  readonly x: number;
  readonly width: number;
}

/** In pixels; what is narrower is not looked into. */
const leastWidth = 0.8;

/** Where everything is, row by row, worked out as far down as somebody looks. */
export class FlameLayout {
  readonly #tree: CallTree;
  readonly #rows: Box[][] = [];
  #isWhole = false;
  /** How many rows there are over the one that is as wide as the picture. */
  readonly zoomDepth: number;

  /** @param zoom From a root to the group that is as wide as the picture; empty for all roots. */
  constructor(tree: CallTree, width: number, zoom: readonly Group[]) {
    this.#tree = tree;
    this.zoomDepth = Math.max(0, zoom.length - 1);
    if (zoom.length === 0) this.#rows.push(boxesOf(tree.roots, 0, width, tree.total));
    else for (const group of zoom) this.#rows.push([{ group, x: 0, width }]);
  }

  /** The boxes of a row, from left to right; `undefined` below the last one. */
  row(index: number): readonly Box[] | undefined {
    while (!this.#isWhole && this.#rows.length <= index) {
      const next = (this.#rows.at(-1) ?? []).flatMap(({ group, x, width }) =>
        group === undefined ? [] : boxesOf(this.#tree.childrenOf(group), x, width, Math.abs(group.total)),
      );
      if (next.length === 0) this.#isWhole = true;
      else this.#rows.push(next);
    }
    return this.#rows[index];
  }

  /** How many rows there are down to this one, or all of them if there are fewer. */
  rowsUntil(index: number): number {
    this.row(index);
    return Math.min(this.#rows.length, index + 1);
  }

  boxAt(x: number, row: number): Box | undefined {
    return this.row(row)?.find((box) => x >= box.x && x < box.x + box.width);
  }

  /** Where the group is, if it is to be seen. */
  find(group: Group): { readonly box: Box; readonly row: number } | undefined {
    const row = group.depth;
    const box = this.row(row)?.find((one) => one.group === group);
    return box === undefined ? undefined : { box, row };
  }
}

function boxesOf(groups: readonly Group[], x: number, width: number, total: number): Box[] {
  // In a difference, what was added and what was taken away may come to less than either.
  const sum = groups.reduce((all, group) => all + Math.abs(group.total), 0);
  const scale = width / Math.max(total, sum, Number.MIN_VALUE);
  const boxes: Box[] = [];
  let at = x;
  let rest = sum * scale;
  for (const group of groups) {
    const own = Math.abs(group.total) * scale;
    // The heaviest come first, so all that follow are as narrow.
    if (own < leastWidth) break;
    boxes.push({ group, x: at, width: own });
    at += own;
    rest -= own;
  }
  if (rest >= leastWidth / 2 && boxes.length < groups.length) boxes.push({ group: undefined, x: at, width: rest });
  return boxes;
}
