/** Gives back the heaviest first. */
export class PriorityQueue<T> {
  // A binary heap: nobody is heavier than who is at (i - 1) >> 1.
  readonly #items: { readonly weight: number; readonly item: T }[] = [];

  push(weight: number, item: T): void {
    const items = this.#items;
    const added = { weight, item };
    let at = items.push(added) - 1;
    for (let above = items[(at - 1) >> 1]; at > 0 && above !== undefined && above.weight < weight; ) {
      items[at] = above;
      at = (at - 1) >> 1;
      above = items[(at - 1) >> 1];
    }
    items[at] = added;
  }

  pop(): T | undefined {
    const items = this.#items;
    const [first] = items;
    const last = items.pop();
    if (first === undefined || last === undefined || items.length === 0) return first?.item;
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      const right = left + 1;
      const heavier = (items[right]?.weight ?? Number.NEGATIVE_INFINITY) > (items[left]?.weight ?? 0) ? right : left;
      const below = items[heavier];
      if (below === undefined || below.weight <= last.weight) break;
      items[at] = below;
      at = heavier;
    }
    items[at] = last;
    return first.item;
  }
}
