import { ProfileFormatError, ProfileTooLargeError } from '../errors.js';
import { type Integer, toInteger } from '../integer.js';

/**
 * The wire format of protocol buffers, as far as pprof's profile.proto and OTLP's need it: varints, length-delimited fields
 * and, to be written only, fixed64.
 *
 * Why not a library: the one made for this job, pprof-format 2.3.2, was measured first. It decodes a file that was cut
 * short without a word, reads the value -5 as 18446744073709551611, writes a message with an empty submessage past the
 * end of its buffer (and so loses the last fields), and takes 17 s over a 200 kB varint. The tests hold the two against
 * each other on what it does well.
 */
export const wireType = { varint: 0, fixed64: 1, lengthDelimited: 2, fixed32: 5 } as const;

const two31 = 2 ** 31;
const two32 = 2 ** 32;

// What the reader's caller keeps of two bytes can be an object of a hundred, and of one byte a number of eight. In
// profiles a message takes more than ten bytes and a number about two; hostile input is held to about that.
const bytesAMessage = 16;
const bytesANumber = 3;
const utf8 = new TextEncoder();

export class ProtobufWriter {
  #bytes: Uint8Array;
  #length = 0;

  /** @param capacity How many bytes are expected; there may be more. */
  constructor(capacity = 0) {
    this.#bytes = new Uint8Array(Math.max(1024, capacity));
  }

  get length(): number {
    return this.#length;
  }

  /** The bytes written so far, not a copy of them: nothing is to be written any more. */
  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Whole fields that another one has written. */
  append(other: ProtobufWriter): void {
    this.#reserve(other.#length);
    this.#bytes.set(other.bytes(), this.#length);
    this.#length += other.#length;
  }

  /** As proto3 has it, 0 is left out: it is what a missing field means. */
  integer(field: number, value: Integer): void {
    if (value === 0) return;
    this.#tag(field, wireType.varint);
    this.#varint(value);
  }

  boolean(field: number, value: boolean): void {
    this.integer(field, value ? 1 : 0);
  }

  string(field: number, value: string): void {
    this.#tag(field, wireType.lengthDelimited);
    // UTF-8 takes at most three bytes for one UTF-16 unit; one more is for the length.
    this.#reserve(value.length * 3 + 1);
    this.#delimited(() => {
      this.#length += utf8.encodeInto(value, this.#bytes.subarray(this.#length)).written;
    });
  }

  bytesField(field: number, value: Uint8Array): void {
    if (value.length === 0) return;
    this.#tag(field, wireType.lengthDelimited);
    this.#varint(value.length);
    this.#reserve(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
  }

  /** A number that is not negative, in eight bytes. */
  fixed64(field: number, value: Integer): void {
    if (value === 0) return;
    this.#tag(field, wireType.fixed64);
    this.#reserve(8);
    let rest = BigInt.asUintN(64, BigInt(value));
    for (let i = 0; i < 8; i++) {
      this.#bytes[this.#length++] = Number(rest & 255n);
      rest >>= 8n;
    }
  }

  /** `add` is added to each value: ids count from 1, indices from 0. */
  packed(field: number, values: ArrayLike<Integer>, add = 0): void {
    if (values.length === 0) return;
    this.#tag(field, wireType.lengthDelimited);
    this.#delimited(() => {
      this.#reserve(values.length * 10);
      // Nearly all numbers of a profile go through this loop.
      const bytes = this.#bytes;
      let at = this.#length;
      for (let i = 0; i < values.length; i++) {
        const value = values[i] ?? 0;
        let rest = typeof value === 'number' ? value + add : -1;
        if (rest >= 0 && rest < two31) {
          while (rest > 127) {
            bytes[at++] = (rest & 127) | 128;
            rest >>>= 7;
          }
          bytes[at++] = rest;
        } else {
          this.#length = at;
          this.#varint(typeof value === 'number' ? value + add : value);
          at = this.#length;
        }
      }
      this.#length = at;
    });
  }

  message(field: number, writeFields: () => void): void {
    this.#tag(field, wireType.lengthDelimited);
    this.#delimited(writeFields);
  }

  #tag(field: number, type: number): void {
    this.#varint(field * 8 + type);
  }

  /** Leaves one byte for the length, as most messages are short, and moves the contents when they were not. */
  #delimited(writeContents: () => void): void {
    this.#reserve(1);
    const start = ++this.#length;
    writeContents();
    const length = this.#length - start;
    let lengthBytes = 1;
    for (let rest = length >>> 7; rest !== 0; rest >>>= 7) lengthBytes++;
    if (lengthBytes > 1) {
      this.#reserve(lengthBytes);
      this.#bytes.copyWithin(start - 1 + lengthBytes, start, start + length);
    }
    this.#length = start - 1;
    this.#varint(length);
    this.#length += length;
  }

  #varint(value: Integer): void {
    this.#reserve(10);
    if (typeof value === 'number' && value >= 0) {
      while (value >= two32) {
        this.#bytes[this.#length++] = (value % 128) | 128;
        value = Math.floor(value / 128);
      }
      let rest = value >>> 0;
      while (rest > 127) {
        this.#bytes[this.#length++] = (rest & 127) | 128;
        rest >>>= 7;
      }
      this.#bytes[this.#length++] = rest;
      return;
    }
    if (value < -(2n ** 63n) || value >= 2n ** 64n) throw new RangeError(`${value} does not fit into 64 bits`);
    let rest = BigInt.asUintN(64, BigInt(value));
    while (rest > 127n) {
      this.#bytes[this.#length++] = Number(rest & 127n) | 128;
      rest >>= 7n;
    }
    this.#bytes[this.#length++] = Number(rest);
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}

/** Reads one message and, by {@link message}, those inside it; every step is checked against the end of its message. */
export class ProtobufReader {
  readonly #bytes: Uint8Array;
  readonly #text: (start: number, end: number) => string;
  #position: number;
  #end: number;
  readonly #mostMessages: number;
  readonly #mostNumbers: number;
  #messages = 0;
  #numbers = 0;
  #field = 0;
  #type = 0;
  // The two halves of the varint read last.
  #low = 0;
  #high = 0;

  /** @param maximumBytes What the whole message may take; how much it may make its reader allocate follows from it. */
  constructor(bytes: Uint8Array, maximumBytes: number) {
    this.#mostMessages = Math.ceil(maximumBytes / bytesAMessage);
    this.#mostNumbers = Math.ceil(maximumBytes / bytesANumber);
    this.#bytes = bytes;
    this.#text = textReader(bytes);
    this.#position = 0;
    this.#end = bytes.byteLength;
  }

  /** The number of the next field, or 0 at the end of the message. */
  nextField(): number {
    if (this.#position === this.#end) return 0;
    this.#readVarint();
    this.#field = Math.floor((this.#high * two32 + this.#low) / 8);
    this.#type = this.#low & 7;
    if (this.#field === 0) throw this.#damaged('a field with the number 0');
    return this.#field;
  }

  int64(): Integer {
    this.#expect(wireType.varint);
    this.#readVarint();
    return this.#signed();
  }

  uint64(): Integer {
    this.#expect(wireType.varint);
    this.#readVarint();
    return this.#unsigned();
  }

  boolean(): boolean {
    return this.uint64() !== 0;
  }

  string(): string {
    const end = this.#delimited();
    const text = this.#text(this.#position, end);
    this.#position = end;
    return text;
  }

  /** A repeated field, packed or one by one. */
  int64s(into: Integer[]): void {
    if (this.#type === wireType.varint) {
      into.push(this.int64());
      return;
    }
    this.#inside(() => {
      while (this.#position < this.#end) {
        this.#readVarint();
        into.push(this.#signed());
      }
    });
  }

  uint64s(into: Integer[]): void {
    if (this.#type === wireType.varint) {
      into.push(this.uint64());
      return;
    }
    this.#inside(() => {
      while (this.#position < this.#end) {
        this.#readVarint();
        into.push(this.#unsigned());
      }
    });
  }

  /** Calls `readField` with the number of each field of the submessage; what it does not read is passed over. */
  message(readField: (field: number) => void): void {
    this.#inside(() => this.fields(readField));
  }

  fields(readField: (field: number) => void): void {
    for (let field = this.nextField(); field !== 0; field = this.nextField()) {
      const start = this.#position;
      readField(field);
      // Every field that was read took at least a byte: a length or a varint.
      if (this.#position === start) this.#skip();
    }
  }

  #inside(read: () => void): void {
    const outerEnd = this.#end;
    this.#end = this.#delimited();
    read();
    this.#end = outerEnd;
  }

  #delimited(): number {
    this.#expect(wireType.lengthDelimited);
    if (++this.#messages > this.#mostMessages) throw tooMany(this.#mostMessages, 'messages and strings');
    this.#readVarint();
    const length = this.#high * two32 + this.#low;
    const end = this.#position + length;
    if (end > this.#end) {
      throw this.#damaged(`field ${this.#field} says ${length} bytes, but only ${this.#end - this.#position} follow`);
    }
    return end;
  }

  #expect(type: number): void {
    if (this.#type !== type) {
      throw this.#damaged(`field ${this.#field} has wire type ${this.#type} where ${type} was expected`);
    }
  }

  #skip(): void {
    let length = 0;
    if (this.#type === wireType.varint) this.#readVarint();
    else if (this.#type === wireType.lengthDelimited) this.#position = this.#delimited();
    else if (this.#type === wireType.fixed64) length = 8;
    else if (this.#type === wireType.fixed32) length = 4;
    else throw this.#damaged(`field ${this.#field} has the unknown wire type ${this.#type}`);
    if (this.#position + length > this.#end) throw this.#damaged(`field ${this.#field} is cut short`);
    this.#position += length;
  }

  #readVarint(): void {
    if (++this.#numbers > this.#mostNumbers) throw tooMany(this.#mostNumbers, 'numbers');
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.#position < this.#end ? this.#bytes[this.#position++] : undefined;
      if (byte === undefined) throw this.#damaged('a number is cut short');
      const bits = byte & 127;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high = bits >>> 4;
      } else high |= bits << (shift - 32);
      if (byte < 128) {
        this.#low = low >>> 0;
        this.#high = high >>> 0;
        return;
      }
    }
    throw this.#damaged('a number is longer than 10 bytes');
  }

  #unsigned(): Integer {
    if (this.#high < 2 ** 21) return this.#high * two32 + this.#low;
    return (BigInt(this.#high) << 32n) | BigInt(this.#low);
  }

  #signed(): Integer {
    if (this.#high < 2 ** 21) return this.#high * two32 + this.#low;
    return toInteger((BigInt(this.#high | 0) << 32n) | BigInt(this.#low));
  }

  #damaged(what: string): ProfileFormatError {
    return new ProfileFormatError(`not a whole pprof profile: ${what} (at byte ${this.#position})`);
  }
}

/** Node's own way is the faster one for short texts; browsers have another. Both make U+FFFD of what is no UTF-8. */
function textReader(bytes: Uint8Array): (start: number, end: number) => string {
  if (typeof Buffer === 'undefined') {
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
    return (start, end) => decoder.decode(bytes.subarray(start, end));
  }
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return (start, end) => buffer.toString('utf8', start, end);
}

function tooMany(most: number, what: string): ProfileFormatError {
  return new ProfileTooLargeError(
    `the profile has more than ${most} ${what}; Profile.decode takes a higher maximumBytes`,
  );
}
