import { profileField } from './pprof/fields.js';
import { ProtobufWriter } from './pprof/protobuf.js';

/**
 * Numbers strings in the order in which they come, as a pprof file has them. Entry 0 is the empty string, and index 0
 * means that there is none. A table may go on where another ends, which must not grow then.
 */
export class StringTable {
  /** The entries as the file has them, without those of the table that this one goes on from. */
  readonly entries = new ProtobufWriter();
  readonly #before: StringTable | undefined;
  readonly #indices = new Map<string, number>();
  #size: number;
  #emptyLabel = 0;

  constructor(before?: StringTable) {
    this.#before = before;
    this.#size = before === undefined ? 0 : before.#size;
    if (before === undefined) this.index('');
  }

  /** -1 when the table does not have it. */
  find(text: string): number {
    return this.#indices.get(text) ?? (this.#before === undefined ? -1 : this.#before.find(text));
  }

  /** Those that were found by their text, by their index. */
  texts(): string[] {
    const texts: string[] = [];
    for (const [text, index] of this.#indices) texts[index] = text;
    return texts;
  }

  index(text: string): number {
    const known = this.find(text);
    if (known !== -1) return known;
    this.#indices.set(text, this.#size);
    return this.#add(text);
  }

  /** A label whose value is the empty string needs an entry of its own: with index 0 it would be a label with a number. */
  labelIndex(text: string): number {
    if (text !== '') return this.index(text);
    this.#emptyLabel ||= this.#add('');
    return this.#emptyLabel;
  }

  #add(text: string): number {
    this.entries.string(profileField.stringTable, text);
    return this.#size++;
  }
}
