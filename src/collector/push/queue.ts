/** What waits for its delivery. */
export interface Waiting {
  readonly bytes: number;
  /** By `performance.now()`. */
  readonly sinceMs: number;
}

/** A queue in memory, bounded by bytes and by age: the oldest go first, and are never sent late. */
export class BoundedQueue<Item extends Waiting> {
  readonly #mostBytes: number;
  readonly #longestMs: number;
  readonly #items: Item[] = [];
  #bytes = 0;

  /** @param longestMs Items that are older are of no use to anybody. */
  constructor(mostBytes: number, longestMs: number) {
    this.#mostBytes = mostBytes;
    this.#longestMs = longestMs;
  }

  get length(): number {
    return this.#items.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** @returns those that had to go for it; the item itself if it is too large for any queue. */
  add(item: Item): Item[] {
    if (item.bytes > this.#mostBytes) return [item];
    this.#items.push(item);
    this.#bytes += item.bytes;
    return this.#dropWhile(() => this.#bytes > this.#mostBytes);
  }

  /** Those that have waited too long by now. */
  expire(nowMs: number): Item[] {
    return this.#dropWhile((oldest) => nowMs - oldest.sinceMs > this.#longestMs);
  }

  oldestFirst(): Iterable<Item> {
    return this.#items;
  }

  /** @returns whether it was still there. */
  remove(item: Item): boolean {
    const at = this.#items.indexOf(item);
    if (at === -1) return false;
    this.#items.splice(at, 1);
    this.#bytes -= item.bytes;
    return true;
  }

  clear(): Item[] {
    return this.#dropWhile(() => true);
  }

  #dropWhile(isDue: (oldest: Item) => boolean): Item[] {
    const dropped: Item[] = [];
    for (let oldest = this.#items[0]; oldest !== undefined && isDue(oldest); oldest = this.#items[0]) {
      this.remove(oldest);
      dropped.push(oldest);
    }
    return dropped;
  }
}
