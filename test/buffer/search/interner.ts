/** Numbers equal arrays of integers equally, so that a state of the search is a few numbers. */
export class Interner {
  readonly #width: number;
  #rows: Int32Array;
  #count = 0;
  /** Row number plus one, 0 where there is none; linear probing. */
  #table = new Int32Array(1024);

  constructor(width: number) {
    this.#width = width;
    this.#rows = new Int32Array(width * 1024);
  }

  get count(): number {
    return this.#count;
  }

  /** The number of `row`; a new one is `count` before the call. */
  intern(row: Int32Array): number {
    let slot = this.#hash(row, 0) & (this.#table.length - 1);
    for (;;) {
      const found = this.#table[slot] as number;
      if (found === 0) break;
      if (this.#isEqual(found - 1, row)) return found - 1;
      slot = (slot + 1) & (this.#table.length - 1);
    }
    const number = this.#count++;
    if (this.#count * this.#width > this.#rows.length) this.#rows = grown(this.#rows, this.#rows.length * 2);
    this.#rows.set(row, number * this.#width);
    this.#table[slot] = number + 1;
    if (this.#count * 2 > this.#table.length) this.#rehash();
    return number;
  }

  /** Copies row `number` into `row`. */
  copy(number: number, row: Int32Array): void {
    const from = number * this.#width;
    for (let i = 0; i < this.#width; i++) row[i] = this.#rows[from + i] as number;
  }

  #isEqual(number: number, row: Int32Array): boolean {
    const from = number * this.#width;
    for (let i = 0; i < this.#width; i++) if (this.#rows[from + i] !== row[i]) return false;
    return true;
  }

  #hash(row: Int32Array, from: number): number {
    let hash = 0x811c9dc5;
    for (let i = 0; i < this.#width; i++) {
      hash = Math.imul(hash ^ (row[from + i] as number), 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    return hash >>> 0;
  }

  #rehash(): void {
    this.#table = new Int32Array(this.#table.length * 2);
    const mask = this.#table.length - 1;
    for (let number = 0; number < this.#count; number++) {
      let slot = this.#hash(this.#rows, number * this.#width) & mask;
      while (this.#table[slot] !== 0) slot = (slot + 1) & mask;
      this.#table[slot] = number + 1;
    }
  }
}

function grown(array: Int32Array, length: number): Int32Array {
  const larger = new Int32Array(length);
  larger.set(array);
  return larger;
}
