const emptySlot = -1;

/**
 * Numbers sequences of integers in the order in which they are first seen. All of them lie end to end in one array with
 * a hash table of their numbers beside it, so that a hundred thousand stacks cost no object each.
 */
export class SequenceTable {
  #slots = new Int32Array(1024).fill(emptySlot);
  #hashes = new Int32Array(256);
  // Sequence n is #words[#starts[n]] up to #words[#starts[n + 1]].
  #starts = new Uint32Array(257);
  #words = new Int32Array(4096);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The number of the sequence, or -1 when it is not known. */
  find(sequence: ArrayLike<number>): number {
    const slot = this.#slots[this.#slotOf(sequence, hash(sequence))];
    return slot ?? emptySlot;
  }

  /** The number of the sequence, a new one when it is not known. */
  add(sequence: ArrayLike<number>): number {
    const hashed = hash(sequence);
    let slot = this.#slotOf(sequence, hashed);
    const known = this.#slots[slot] ?? emptySlot;
    if (known !== emptySlot) return known;

    if (this.#size * 2 >= this.#slots.length) {
      this.#rehash();
      slot = this.#slotOf(sequence, hashed);
    }
    const number = this.#size++;
    this.#slots[slot] = number;
    this.#hashes = grow(this.#hashes, number + 1);
    this.#hashes[number] = hashed;
    const start = this.#starts[number] ?? 0;
    const end = start + sequence.length;
    this.#words = grow(this.#words, end);
    for (let i = 0; i < sequence.length; i++) this.#words[start + i] = sequence[i] ?? 0;
    this.#starts = grow(this.#starts, number + 2);
    this.#starts[number + 1] = end;
    return number;
  }

  get(number: number): Int32Array {
    return this.#words.subarray(this.#starts[number], this.#starts[number + 1]);
  }

  /** The slot that holds the sequence, or the empty one where it belongs. At most half of the slots are taken. */
  #slotOf(sequence: ArrayLike<number>, hashed: number): number {
    const mask = this.#slots.length - 1;
    for (let slot = hashed & mask; ; slot = (slot + 1) & mask) {
      const number = this.#slots[slot] ?? emptySlot;
      if (number === emptySlot || (this.#hashes[number] === hashed && this.#equals(number, sequence))) return slot;
    }
  }

  #equals(number: number, sequence: ArrayLike<number>): boolean {
    const start = this.#starts[number] ?? 0;
    const length = (this.#starts[number + 1] ?? 0) - start;
    if (length !== sequence.length) return false;
    for (let i = 0; i < length; i++) if (this.#words[start + i] !== sequence[i]) return false;
    return true;
  }

  #rehash(): void {
    const slots = new Int32Array(this.#slots.length * 2).fill(emptySlot);
    for (let number = 0; number < this.#size; number++) {
      let slot = (this.#hashes[number] ?? 0) & (slots.length - 1);
      while (slots[slot] !== emptySlot) slot = (slot + 1) & (slots.length - 1);
      slots[slot] = number;
    }
    this.#slots = slots;
  }
}

/** FNV-1a over 32-bit words, with a last mix because the table looks at the low bits alone. */
function hash(sequence: ArrayLike<number>): number {
  let hashed = 0x811c9dc5 | 0;
  for (let i = 0; i < sequence.length; i++) hashed = Math.imul(hashed ^ (sequence[i] ?? 0), 0x01000193);
  return hashed ^ (hashed >>> 15);
}

export function grow<Array extends Int32Array | Uint32Array | Float64Array>(array: Array, length: number): Array {
  if (length <= array.length) return array;
  const grown = new (array.constructor as new (length: number) => Array)(Math.max(length, array.length * 2));
  grown.set(array);
  return grown;
}
