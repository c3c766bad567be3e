/** Whole numbers from 0 to 2^53, seven bits a byte, the lowest first. */
export class VarintWriter {
  #bytes = new Uint8Array(2 ** 16);
  #length = 0;

  write(number: number): void {
    this.#reserve(8);
    let rest = number;
    // Bit operations know 32 bits only.
    for (; rest >= 2 ** 31; rest = Math.floor(rest / 128)) this.#bytes[this.#length++] = (rest % 128) | 128;
    for (; rest >= 128; rest >>>= 7) this.#bytes[this.#length++] = (rest & 127) | 128;
    this.#bytes[this.#length++] = rest;
  }

  float(number: number): void {
    this.bytes(new Uint8Array(Float64Array.of(number).buffer));
  }

  bytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  written(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length);
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + count));
    grown.set(this.#bytes);
    this.#bytes = grown;
  }
}

export class VarintReader {
  readonly #bytes: Uint8Array;
  #position = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** @throws {RangeError} at the end. */
  read(): number {
    let number = 0;
    let factor = 1;
    for (;;) {
      const byte = this.#bytes[this.#position++];
      if (byte === undefined) throw new RangeError('the data of this report are cut short');
      if (byte < 128) return number + byte * factor;
      number += (byte & 127) * factor;
      factor *= 128;
    }
  }

  column(count: number): Int32Array {
    const column = new Int32Array(count);
    for (let i = 0; i < count; i++) column[i] = this.read();
    return column;
  }

  float(): number {
    const [number = 0] = new Float64Array(this.bytes(8).slice().buffer);
    return number;
  }

  bytes(count: number): Uint8Array {
    const bytes = this.#bytes.subarray(this.#position, this.#position + count);
    if (bytes.length < count) throw new RangeError('the data of this report are cut short');
    this.#position += count;
    return bytes;
  }
}
