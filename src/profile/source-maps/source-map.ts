import { elementsOf, fieldsOf, parsedValue, type Range, stringBytes } from './json-ranges.js';
import type { MapText } from './map-text.js';
import { type Placement, readMappings, type SegmentSink, wholeFile } from './mappings.js';
import { SourceMapError } from './source-map-error.js';

interface Section {
  readonly fields: ReadonlyMap<string, Range>;
  readonly placement: Placement;
}

/** The texts of one section's sources, of which few are asked for. */
interface Contents {
  /** The number of the section's first source. */
  readonly first: number;
  readonly range: Range;
  /** Where each is, once one was asked for: to find that out takes as long as to go over all of them. */
  elements: readonly Range[] | undefined;
}

const nowhere: Range = { start: 0, end: 0 };

/** How deep sections may be in one another: the format has one level, some writers two. */
const deepest = 4;

/**
 * A source map as the bytes of its file: what is asked for is read from them, and nothing is kept but where things are. Of an
 * index map the sections are one map, with their sources one behind the other.
 */
export class SourceMap {
  readonly #bytes: Uint8Array;
  readonly #sections: Section[] = [];
  readonly #sources: string[] = [];
  readonly #contents: Contents[] = [];
  readonly #names: Range[] = [];
  #nameCount = 0;

  readonly #text: MapText | undefined;

  /**
   * @param text The map's bytes, or what of them is in memory.
   * @throws {SourceMapError}
   */
  constructor(text: Uint8Array | MapText) {
    const bytes = text instanceof Uint8Array ? text : text.bytes;
    this.#text = text instanceof Uint8Array ? undefined : text;
    // Not a Buffer, whose indexOf takes longer to be called than it takes to find the next quote.
    this.#bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#add({ start: startOf(this.#bytes), end: bytes.length }, wholeFile, 0);
  }

  /** As the map has them, behind its `sourceRoot`; empty for those that it does not name. */
  get sources(): readonly string[] {
    return this.#sources;
  }

  /** The text of a source, if the map has it. */
  contentOf(source: number): string | undefined {
    const section = this.#contents.findLast(({ first }) => first <= source);
    if (section === undefined) return undefined;
    const index = source - section.first;
    const leftOut = this.#text?.contents.get(section.range.start)?.[index];
    let value: unknown;
    if (leftOut !== undefined) {
      const bytes = this.#text?.read(leftOut) ?? new Uint8Array();
      value = parsedValue(bytes, { start: 0, end: bytes.length });
    } else {
      section.elements ??= [...elementsOf(this.#bytes, section.range)];
      const element = section.elements[index];
      value = element === undefined ? undefined : parsedValue(this.#bytes, element);
    }
    return typeof value === 'string' ? value : undefined;
  }

  /** The names with these numbers. */
  namesOf(numbers: Iterable<number>): ReadonlyMap<number, string> {
    const wanted = [...new Set(numbers)].filter((number) => number >= 0).sort((a, b) => a - b);
    const names = new Map<number, string>();
    let next = 0;
    let number = 0;
    for (const range of this.#names) {
      for (const element of elementsOf(this.#bytes, range)) {
        if (next === wanted.length) return names;
        if (number === wanted[next]) {
          const name = parsedValue(this.#bytes, element);
          if (typeof name === 'string') names.set(number, name);
          next++;
        }
        number++;
      }
    }
    return names;
  }

  /**
   * Hands the segments that are wanted to the sink.
   * @throws {SourceMapError} when the mappings are damaged.
   */
  readSegments(sink: SegmentSink): void {
    for (const { fields, placement } of this.#sections) {
      if (sink.wantedLine === Number.POSITIVE_INFINITY) return;
      if (sink.wantedLine > placement.endLine) continue;
      const mappings = fields.get('mappings');
      if (mappings === undefined) throw new SourceMapError('it has no mappings');
      readMappings(stringBytes(this.#bytes, mappings), sink, placement);
    }
    while (sink.wantedLine !== Number.POSITIVE_INFINITY) sink.endLine();
  }

  #add(range: Range, placement: Placement, depth: number): void {
    const bytes = this.#bytes;
    const fields = fieldsOf(bytes, range);
    const sections = fields.get('sections');
    if (sections !== undefined) {
      if (depth === deepest) throw new SourceMapError('its sections are nested too deeply');
      this.#addSections(sections, placement, depth);
      return;
    }
    const version = fields.get('version');
    // Some writers have it as a string.
    if (depth === 0 && (version === undefined || Number(parsedValue(bytes, version)) !== 3)) {
      throw new SourceMapError('it is no source map of version 3');
    }
    if (!fields.has('mappings')) throw new SourceMapError('it has no mappings');
    const first = this.#sources.length;
    const root = stringOf(bytes, fields.get('sourceRoot'));
    const sources = fields.get('sources');
    const names = sources === undefined ? [] : parsedValue(bytes, sources);
    if (!Array.isArray(names)) throw new SourceMapError('its list of sources is none');
    for (const name of names) this.#sources.push(typeof name === 'string' ? withRoot(root, name) : '');
    const contents = fields.get('sourcesContent');
    // Also where there are none, lest those of the section before are taken for them.
    const texts = contents === undefined || isNull(bytes, contents) ? undefined : contents;
    this.#contents.push({ first, range: texts ?? nowhere, elements: texts === undefined ? [] : undefined });
    const firstName = this.#nameCount;
    const nameRange = fields.get('names');
    if (nameRange !== undefined && !isNull(bytes, nameRange)) {
      this.#names.push(nameRange);
      // How many there are matters only where the names of another section follow.
      if (depth > 0) for (const _ of elementsOf(bytes, nameRange)) this.#nameCount++;
    }
    this.#sections.push({ fields, placement: { ...placement, sources: first, names: firstName } });
  }

  #addSections(range: Range, outer: Placement, depth: number): void {
    const bytes = this.#bytes;
    const sections = [...elementsOf(bytes, range)].map((section) => {
      const fields = fieldsOf(bytes, section);
      const map = fields.get('map');
      if (map === undefined)
        throw new SourceMapError('a section of it is in another file, which nobody writes any more');
      return { map, ...offsetOf(bytes, fields.get('offset'), outer) };
    });
    sections.forEach(({ map, line, column }, i) => {
      const next = sections[i + 1];
      const end = next === undefined ? outer : { endLine: next.line, endColumn: next.column };
      this.#add(map, { ...outer, line, column, endLine: end.endLine, endColumn: end.endColumn }, depth + 1);
    });
  }
}

/** Behind a first line that keeps browsers from running it. */
function startOf(bytes: Uint8Array): number {
  let start = 0;
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) start = 3;
  if (bytes[start] !== 0x29 || bytes[start + 1] !== 0x5d || bytes[start + 2] !== 0x7d) return start;
  const end = bytes.indexOf(0x0a, start);
  return end === -1 ? bytes.length : end + 1;
}

function offsetOf(bytes: Uint8Array, range: Range | undefined, outer: Placement): { line: number; column: number } {
  const { line, column } = (range === undefined ? {} : parsedValue(bytes, range)) as {
    line?: unknown;
    column?: unknown;
  };
  if (typeof line !== 'number' || typeof column !== 'number') throw new SourceMapError('a section of it has no place');
  return { line: outer.line + line, column: line === 0 ? outer.column + column : column };
}

function stringOf(bytes: Uint8Array, range: Range | undefined): string {
  const value = range === undefined ? '' : parsedValue(bytes, range);
  return typeof value === 'string' ? value : '';
}

function withRoot(root: string, source: string): string {
  if (root === '') return source;
  return root.endsWith('/') ? `${root}${source}` : `${root}/${source}`;
}

function isNull(bytes: Uint8Array, { start }: Range): boolean {
  return bytes[start] === 0x6e;
}
