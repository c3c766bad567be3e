/** The lines of a text, as V8 counts them, of which few are looked at: only those are made strings of. */
export class TextLines {
  readonly #bytes: Uint8Array;
  /** Where the lines begin that have been come by, in bytes. */
  readonly #starts: number[];
  /** All lines of a text with line ends that are not all the same byte. */
  readonly #lines: readonly string[] | undefined;
  /** Those that were asked for: one may be as long as the text. */
  readonly #known = new Map<number, string | undefined>();

  constructor(bytes: Uint8Array) {
    const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
    // Node compiles a file without its byte order mark.
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).subarray(hasMark ? 3 : 0);
    this.#bytes = text;
    this.#starts = [0];
    if (hasOtherLineEnds(text)) this.#lines = text.toString().split(/\r\n|[\n\r\u2028\u2029]/);
  }

  /** @param line From 0; `undefined` behind the last one. */
  at(line: number): string | undefined {
    if (this.#lines !== undefined) return this.#lines[line];
    if (!this.#known.has(line)) this.#known.set(line, this.#read(line));
    return this.#known.get(line);
  }

  #read(line: number): string | undefined {
    const bytes = this.#bytes;
    const starts = this.#starts;
    while (starts.length <= line + 1) {
      const end = bytes.indexOf(0x0a, starts[starts.length - 1]);
      starts.push(end === -1 ? bytes.length + 1 : end + 1);
      if (end === -1) break;
    }
    const start = starts[line];
    if (start === undefined || start > bytes.length) return undefined;
    return new TextDecoder().decode(bytes.subarray(start, (starts[line + 1] as number) - 1));
  }
}

/** A carriage return by itself, or one of the separators of Unicode, ends a line in JavaScript too. */
function hasOtherLineEnds(text: Buffer): boolean {
  if (text.includes('\u2028') || text.includes('\u2029')) return true;
  for (let at = text.indexOf(0x0d); at !== -1; at = text.indexOf(0x0d, at + 1)) if (text[at + 1] !== 0x0a) return true;
  return false;
}
