import { nowMicros } from '../../protocol/monotonic-clock.js';
import type { V8Node, V8Profile } from './window.js';

/** The text is none that a profile handle gives. */
export class UnreadableProfileError extends Error {}

/**
 * Reads what `stop()` of a profile handle gives (Node 24.12 and later).
 *
 * It looks like JSON, but names and urls stand in it as they are, with their quotes and backslashes (24.21 and 26.10), so
 * that a regular expression for a name makes it none, and a Windows path another one. Its times have lost all but 32 bits:
 * see {@link withWholeTimes}.
 *
 * @param beforeMicros A time after the profile's end, and less than 71 minutes after its start.
 * @throws {UnreadableProfileError}
 */
export function readHandleProfile(text: string, beforeMicros = nowMicros()): V8Profile {
  return withWholeTimes(read(text), beforeMicros);
}

function read(text: string): V8Profile {
  try {
    return JSON.parse(asJson(text)) as V8Profile;
  } catch {
    // A quote in a name that is no regular expression's.
    return new Reader(text).profile();
  }
}

/** What a regular expression's name begins with. */
const beforeExpression = '"functionName":"RegExp: ';

/**
 * The text as JSON, if only regular expressions have quotes in their names: then JSON.parse can read it, in less than half of
 * the time in which this file's reader does. A compiler has such expressions, so that most of its windows are read here.
 */
function asJson(text: string): string {
  const parts: string[] = [];
  let from = 0;
  for (let at = text.indexOf(beforeExpression); at !== -1; at = text.indexOf(beforeExpression, from)) {
    const start = at + beforeExpression.length;
    afterName.lastIndex = start;
    const end = afterName.exec(text)?.index ?? start;
    parts.push(escaped(text.slice(from, start)), JSON.stringify(text.slice(start, end)).slice(1, -1));
    from = end;
  }
  parts.push(escaped(text.slice(from)));
  return parts.join('');
}

/** V8 escapes nothing: each backslash is one of a name or url. */
function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\');
}

/**
 * The inspector gives a profile's times whole; a handle the low 32 bits of the microseconds (24.21 and 26.10), which begin
 * anew when a machine has been up for 71.6 minutes.
 */
function withWholeTimes({ startTime, endTime, ...profile }: V8Profile, beforeMicros: number): V8Profile {
  const start = beforeMicros - low32(beforeMicros - startTime);
  return { ...profile, startTime: start, endTime: start + low32(endTime - startTime) };
}

/** Never negative. */
function low32(micros: number): number {
  return ((micros % 2 ** 32) + 2 ** 32) % 2 ** 32;
}

/** What follows the name of a function: nothing else in the text looks like it, unless somebody calls a function so. */
const afterName = /","lineNumber":(-?\d+),"columnNumber":(-?\d+),"scriptId":"?(\d+)"?,"url":"/g;
/** What follows a url: the end of the call frame, and of the node or another of its fields. */
const afterUrl = /"\}(?=[,}])/g;

class Reader {
  readonly #text: string;
  /** Of the last node; looked for once, from behind, where there are numbers only: for each node it took seconds of a large window. */
  readonly #nodesEnd: number;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
    this.#nodesEnd = text.lastIndexOf('}],"startTime":');
  }

  profile(): V8Profile {
    this.#expect('{"nodes":[');
    const nodes: V8Node[] = [];
    do nodes.push(this.#node());
    while (this.#skip(','));
    // Behind the nodes there are numbers only.
    this.#expect('],');
    return { nodes, ...this.#json<Omit<V8Profile, 'nodes'>>(`{${this.#text.slice(this.#at)}`) };
  }

  #node(): V8Node {
    this.#expect('{"id":');
    const id = this.#number();
    this.#expect(',"hitCount":');
    const hitCount = this.#number();
    this.#expect(',"callFrame":{"functionName":"');
    const nameAt = this.#at;
    const [place, line, column, script] = this.#find(afterName);
    const functionName = this.#text.slice(nameAt, this.#at);
    this.#at += place.length;
    const urlAt = this.#at;
    const [end] = this.#find(afterUrl);
    const url = this.#text.slice(urlAt, this.#at);
    this.#at += end.length;
    const callFrame = {
      functionName,
      scriptId: String(script),
      url,
      lineNumber: Number(line),
      columnNumber: Number(column),
    };
    // The other fields are lists of numbers, and words of V8's own.
    const next = this.#text.indexOf('},{"id":', this.#at);
    const to = next === -1 ? this.#nodesEnd : next;
    if (to < this.#at) throw new UnreadableProfileError('a node has no end');
    const fields = this.#json<Omit<V8Node, 'id' | 'callFrame'>>(
      `{${this.#text.slice(this.#at, to).replace(/^,/, '')}}`,
    );
    this.#at = to + 1;
    return { id, hitCount, callFrame, ...fields };
  }

  #find(pattern: RegExp): RegExpExecArray {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found === null) throw new UnreadableProfileError(`nothing at ${this.#at} looks like ${pattern.source}`);
    this.#at = found.index;
    return found;
  }

  #number(): number {
    const start = this.#at;
    while (/[\d-]/.test(this.#text[this.#at] ?? '')) this.#at++;
    return Number(this.#text.slice(start, this.#at));
  }

  #skip(word: string): boolean {
    if (!this.#text.startsWith(word, this.#at)) return false;
    this.#at += word.length;
    return true;
  }

  #expect(word: string): void {
    if (!this.#skip(word)) throw new UnreadableProfileError(`expected ${word} at ${this.#at}`);
  }

  #json<Value>(text: string): Value {
    try {
      return JSON.parse(text) as Value;
    } catch (error) {
      throw new UnreadableProfileError(String(error));
    }
  }
}
