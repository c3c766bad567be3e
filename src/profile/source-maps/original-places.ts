import { type FoundMap, findMap, findNamedMap } from './find-map.js';
import { type FunctionHead, functionHeadAt } from './function-head.js';
import { type LineOrigin, mostLines, ScriptSink } from './line-segments.js';
import { type Answers, lookUp, type Segments } from './look-up.js';
import type { SourceFiles } from './source-files.js';
import { SourceMap } from './source-map.js';
import { SourceMapError } from './source-map-error.js';
import type { RunningText } from './source-maps.js';
import { classNameAt, nameInSource } from './source-name.js';
import { type SourcePath, sourcePathOf } from './source-path.js';
import { TextLines } from './text-lines.js';

/** What is asked about a script. Lines and columns count from 0. */
export interface Places {
  readonly functions: readonly {
    readonly key: string;
    /** As V8 has it; empty for none. */
    readonly name: string;
    readonly line: number;
    /** -1 when it is not known. */
    readonly column: number;
  }[];
  /** In order. */
  readonly lines: readonly number[];
}

/** A function where its source has it. Line and column count from 1. */
export interface OriginalFunction {
  readonly name: string;
  readonly file: string;
  readonly startLine: number;
  readonly column: number;
}

/** A line of a source, from 1. */
export interface OriginalLine {
  readonly file: string;
  readonly line: number;
}

export interface ScriptPlaces {
  /** Whether the text is the one that ran, as far as the places of functions show; `unclear` where few functions say no. */
  readonly fits: boolean | 'unclear';
  /** Whether there were enough functions to see it by. */
  readonly isTested: boolean;
  readonly hasMap: boolean;
  readonly functions: ReadonlyMap<string, OriginalFunction>;
  /** By line, from 1. */
  readonly lines: ReadonlyMap<number, OriginalLine>;
  /** The map's source, if it has just one. */
  readonly onlySource: string | undefined;
  /** Whether most functions are on lines that hold so much that lines within them are not known. */
  readonly isDense: boolean;
  /** What is wrong with maps that the map's sources have, by the source's file: it is shown as that file has it. */
  readonly problems: ReadonlyMap<string, string>;
  /** Of the files that it is from. */
  readonly stamp: string;
}

/** Share of functions whose place looks like one in the text that ran: 100 % where it is that text, 0 to 9 % where it is not. */
const leastFit = 0.9;
/** One place in eleven looks like the beginning of a function where there is none: of what tools compile, one is no proof. */
const enoughFunctions = 3;
/** Share of a map's segments that are in no sensible place: up to 1.6 % in maps that are right. */
const mostMisplaced = 0.1;
/** How many maps are followed one behind the other: a bundle of what a compiler has made has two. */
const longestChain = 4;

const nothing = {
  hasMap: false,
  functions: new Map(),
  lines: new Map(),
  onlySource: undefined,
  isDense: false,
  problems: new Map(),
} as const;

/**
 * Where are these functions and lines in the sources?
 *
 * @param path Of the script.
 * @param running What V8 has of it, if that is known.
 * @throws {SourceMapError} when there is a map that cannot be used.
 */
export function originalPlaces(
  path: string,
  places: Places,
  files: SourceFiles,
  running: RunningText | undefined,
): ScriptPlaces {
  const text = running === undefined ? files.read(path) : running.text;
  const lines = text === undefined ? undefined : new TextLines(text);
  const heads = lines === undefined ? undefined : headsOf(places, lines);
  // Without a text there is nothing to see it by, and nothing that could be shown as lines of it.
  const known = heads?.filter((head) => head !== undefined).length ?? enoughFunctions;
  const isTested = known >= (isPlainJavaScript(path) ? 1 : enoughFunctions);
  if (heads !== undefined && !isText(heads)) {
    return { ...nothing, fits: isForeign(path, heads) ? false : 'unclear', isTested, stamp: '' };
  }
  const found =
    running === undefined ? findMap(path, text, files) : findNamedMap(path, running.mapUrl || undefined, files);
  if (found === undefined) {
    return { ...nothing, fits: text !== undefined || !path.startsWith('webpack'), isTested, stamp: '' };
  }
  const stamp = `${files.stamp(path)} ${found.path === undefined ? '' : files.stamp(found.path)}`;
  const original = new Script(places, lines, heads ?? [], found, files).read(path);
  return { ...original, fits: true, isTested, hasMap: true, stamp };
}

/**
 * Is the file's text another one than that which ran? `undefined` when too few functions are known to see it by.
 * @throws {SourceMapError} when there is a file that cannot be read.
 */
export function isForeignFile(path: string, places: Places, files: SourceFiles): boolean | undefined {
  const text = files.read(path);
  if (text === undefined) return false;
  const heads = headsOf(places, new TextLines(text));
  if (heads.filter((head) => head !== undefined).length < enoughFunctions) return undefined;
  return !isText(heads) && isForeign(path, heads);
}

/** In the order of the places; `undefined` for a function whose place is none in the text, or says nothing. */
function headsOf({ functions }: Places, lines: TextLines): (FunctionHead | undefined)[] {
  return functions.map(({ line, column }) => {
    // The file's own code, and what is not known.
    if (column < 0 || (line === 0 && column === 0)) return undefined;
    const text = lines.at(line);
    return functionHeadAt(text ?? '', column);
  });
}

function isText(heads: readonly (FunctionHead | undefined)[]): boolean {
  const known = heads.filter((head) => head !== undefined);
  return known.filter(({ fits }) => fits).length >= known.length * leastFit;
}

function isPlainJavaScript(path: string): boolean {
  return /\.[cm]?js$/.test(path);
}

/** Of plain JavaScript one function at a place that nobody thought of is no proof. */
function isForeign(path: string, heads: readonly (FunctionHead | undefined)[]): boolean {
  const known = heads.filter((head) => head !== undefined);
  const fitting = known.filter(({ fits }) => fits).length;
  return !isPlainJavaScript(path) || (known.length - fitting >= 2 && fitting * 2 <= known.length);
}

/** A source of a map, to which places lead. */
interface Source extends SourcePath {
  readonly content: () => string | undefined;
}

/** Line and column count from 0. */
interface Place {
  readonly source: Source;
  readonly line: number;
  readonly column: number;
}

interface FoundFunction {
  readonly key: string;
  readonly name: string;
  readonly places: Place[];
  /** What the map says of the end of its parameters, if it has none. */
  readonly close: Place | undefined;
  /** What the map calls it, number of a name. */
  readonly mapName: number;
  /** Whether it is known only by the code within it. */
  readonly isBody: boolean;
  readonly isInitializer: boolean;
  /** Whether a segment begins at its place, or at the name before it. */
  readonly isExact: boolean;
}

class Script {
  readonly #places: Places;
  readonly #lines: TextLines | undefined;
  readonly #heads: readonly (FunctionHead | undefined)[];
  readonly #found: FoundMap;
  readonly #files: SourceFiles;
  readonly #map: SourceMap;
  readonly #sources = new Map<number, Source>();

  constructor(
    places: Places,
    lines: TextLines | undefined,
    heads: readonly (FunctionHead | undefined)[],
    found: FoundMap,
    files: SourceFiles,
  ) {
    this.#places = places;
    this.#lines = lines;
    this.#heads = heads;
    this.#found = found;
    this.#files = files;
    this.#map = new SourceMap(found.text);
  }

  read(path: string): Omit<ScriptPlaces, 'fits' | 'isTested' | 'hasMap' | 'stamp'> {
    const { functions, lines } = this.#places;
    const asked = this.#positions();
    const order = asked.toSorted((a, b) => a.line - b.line || a.column - b.column);
    const wanted = [...new Set([...lines, ...functions.flatMap(({ line }) => [line, line + 1])])].sort((a, b) => a - b);
    const sink = new ScriptSink(
      { lines: order.map(({ line }) => line), columns: order.map(({ column }) => column) },
      wanted,
      (line) => this.#lines?.at(line),
    );
    this.#map.readSegments(sink);
    if (sink.misplaced > mostMisplaced) {
      throw new SourceMapError(
        `its map is not that of its text: ${Math.round(sink.misplaced * 100)} % of what it says begins in the middle of a word`,
      );
    }
    const indices = new Map(order.map(({ id }, i) => [id, i]));
    const found = functions.map((_, i) => this.#function(i, sink, indices));
    const lineOrigins = lines.flatMap((line) => {
      const origin = sink.lines.get(line);
      if (origin === undefined || origin.lines === 0 || origin.lines > mostLines) return [];
      const place = this.#place(origin.source, origin.line, origin.originalColumn);
      return place === undefined ? [] : [{ line, places: [place] }];
    });
    const chain = new Chain(path, this.#files);
    chain.follow([...found.flatMap((one) => one ?? []), ...lineOrigins]);
    const dense = functions.filter(({ line }) => (sink.lines.get(line)?.lines ?? 0) > mostLines).length;
    return {
      functions: this.#named(found.flatMap((one) => one ?? [])),
      lines: new Map(
        lineOrigins.flatMap(({ line, places: [place] }) =>
          place === undefined ? [] : [[line + 1, { file: place.source.file, line: place.line + 1 }] as const],
        ),
      ),
      onlySource: this.#map.sources.length === 1 ? this.#source(0)?.file : undefined,
      isDense: dense * 2 > functions.length,
      problems: chain.problems,
    };
  }

  /** What is looked up: of each function its first parameter, its place, its name, and the end of empty brackets; ids are those of {@link idOf}. */
  #positions(): { id: number; line: number; column: number }[] {
    return this.#places.functions.flatMap(({ line, column }, i) => {
      const head = this.#heads[i];
      const columns =
        this.#lines === undefined && column >= 0
          ? // Without the text a segment that begins there shows that something does.
            [column + 1, column, -1]
          : [head?.parameter ?? -1, column, head?.name ?? -1, head?.close ?? -1];
      return columns.flatMap((at, kind) => (at < 0 ? [] : [{ id: idOf(i, kind), line, column: at }]));
    });
  }

  #function(i: number, sink: ScriptSink, indices: ReadonlyMap<number, number>): FoundFunction | undefined {
    const { key, name, line, column } = this.#places.functions[i] as Places['functions'][number];
    // A bundle's own code is no function of a source.
    if (line === 0 && column === 0) return undefined;
    const { answers } = sink.positions;
    const isAt = (index: number | undefined, at: number) => index !== undefined && answers.last.column[index] === at;
    const parameter = indices.get(idOf(i, 0));
    const place = indices.get(idOf(i, 1));
    const nameAt = indices.get(idOf(i, 2));
    const head = this.#heads[i];
    const mapName = nameAt !== undefined && isAt(nameAt, head?.name ?? -1) ? (answers.last.name[nameAt] as number) : -1;
    const origin = sink.lines.get(line);
    if (column < 0) {
      // Only its line is known.
      const at = origin !== undefined && origin.lines <= mostLines ? this.#placeOfLine(origin) : undefined;
      return at === undefined
        ? undefined
        : { key, name, places: [at], close: undefined, mapName, isBody: true, isInitializer: false, isExact: false };
    }
    const parameterColumn = this.#lines === undefined ? column + 1 : (head?.parameter ?? -1);
    const chosen =
      parameter !== undefined && isAt(parameter, parameterColumn) && answers.last.source[parameter] !== -1
        ? parameter
        : place;
    if (chosen === undefined) return undefined;
    const before = this.#lines?.at(line)?.slice(answers.last.column[chosen], column) ?? '';
    const isExact = chosen === parameter || /^[\p{ID_Continue}$#]*$/u.test(before);
    const places = this.#placesAt(answers, chosen);
    if (places.length > 0 && (chosen === parameter || this.#isNear(line, column, answers, chosen, origin))) {
      const end = indices.get(idOf(i, 3));
      const isThere = end !== undefined && isAt(end, head?.close ?? -1);
      const close = isThere ? this.#placesAt(answers, end)[0] : undefined;
      return { key, name, places, close, mapName, isBody: false, isInitializer: head?.isInitializer ?? false, isExact };
    }
    if (places.length > 0) return undefined;
    // No segment at or before it: what is within it shows where it is.
    const within = origin !== undefined && origin.lines > 0 ? origin : sink.lines.get(line + 1);
    const body = within === undefined || within.lines > mostLines ? undefined : this.#placeOfLine(within);
    return body === undefined
      ? undefined
      : { key, name, places: [body], close: undefined, mapName, isBody: true, isInitializer: false, isExact: false };
  }

  /** Whether the segment before a function's place is one of it, and not of a statement before. */
  #isNear(line: number, column: number, answers: Answers, index: number, origin: LineOrigin | undefined): boolean {
    const start = answers.last.column[index] as number;
    if (start === column || (origin !== undefined && origin.lines <= mostLines)) return true;
    const between = this.#lines?.at(line)?.slice(start, column);
    return between === undefined || !/[;{}]/.test(between);
  }

  #placesAt({ first, last }: Answers, index: number): Place[] {
    const at = ({ source, line, originalColumn }: Segments) =>
      this.#place(source[index] as number, line[index] as number, originalColumn[index] as number);
    const places = [at(first), at(last)].flatMap((place) => place ?? []);
    const [one, other] = places;
    return one !== undefined && other !== undefined && one.line === other.line && one.column === other.column
      ? [one]
      : places;
  }

  #placeOfLine({ source, line, originalColumn }: LineOrigin): Place | undefined {
    return this.#place(source, line, originalColumn);
  }

  #place(source: number, line: number, column: number): Place | undefined {
    const found = this.#source(source);
    return found === undefined ? undefined : { source: found, line, column };
  }

  #source(index: number): Source | undefined {
    const known = this.#sources.get(index);
    if (known !== undefined) return known;
    const source = sourceOf(this.#map, index, this.#found.base, this.#files);
    if (source !== undefined) this.#sources.set(index, source);
    return source;
  }

  /** Looks the names up in the sources, one source after the other. */
  #named(found: readonly FoundFunction[]): Map<string, OriginalFunction> {
    const bySource = new Map<Source, FoundFunction[]>();
    for (const one of found) {
      const { source } = one.places[0] as Place;
      const others = bySource.get(source);
      if (others) others.push(one);
      else bySource.set(source, [one]);
    }
    const mapNames = this.#map.namesOf(found.map(({ mapName }) => mapName));
    const functions = new Map<string, OriginalFunction>();
    for (const [source, group] of bySource) {
      const content = source.content();
      const text = content === undefined ? undefined : new SourceText(content);
      for (const one of group) {
        const found = originalFunction(one, text, mapNames.get(one.mapName));
        functions.set(one.key, { ...found, name: copyOf(found.name) });
      }
    }
    return functions;
  }
}

/** A part of a text keeps the whole text in V8's memory: one name the 9 MB of a source. */
function copyOf(name: string): string {
  return Buffer.from(name, 'utf16le').toString('utf16le');
}

function idOf(index: number, kind: number): number {
  return index * 4 + kind;
}

function sourceOf(map: SourceMap, index: number, base: string, files: SourceFiles): Source | undefined {
  const name = map.sources[index];
  if (name === undefined || name === '') return undefined;
  const path = sourcePathOf(name, base, files);
  const content = () => {
    const text = map.contentOf(index);
    if (text !== undefined || !path.isThere) return text;
    try {
      const bytes = files.read(path.file);
      return bytes && new TextDecoder().decode(bytes);
    } catch {
      // Its name alone is lost.
      return undefined;
    }
  };
  return { ...path, content };
}

const endOfLine = 2 ** 30;

interface Open {
  /** The first of them counts. */
  readonly places: Place[];
}

/** Follows places to the sources of their sources, where those have maps of their own. */
class Chain {
  readonly #path: string;
  readonly #files: SourceFiles;
  /** By file, what its map cannot be used for. */
  readonly problems = new Map<string, string>();

  constructor(path: string, files: SourceFiles) {
    this.#path = path;
    this.#files = files;
  }

  /** @param all Whose first places are replaced. */
  follow(all: readonly Open[]): void {
    const seen = new Set([this.#path]);
    let open = all;
    for (let step = 1; step < longestChain && open.length > 0; step++) {
      const byFile = new Map<string, Open[]>();
      for (const one of open) {
        const { source } = one.places[0] as Place;
        if (!source.isThere || !/\.[cm]?jsx?$/.test(source.file)) continue;
        const others = byFile.get(source.file);
        if (others) others.push(one);
        else byFile.set(source.file, [one]);
      }
      open = [...byFile].flatMap(([file, group]) => {
        if (seen.has(file)) throw new SourceMapError(`its map leads back to ${file}`);
        return this.#step(file, group, new Set([...seen, ...byFile.keys()]));
      });
      for (const file of byFile.keys()) seen.add(file);
    }
  }

  /**
   * Many packages name a map that they do not bring, which is no reason to lose what is known: places stay in the file that
   * the map before has led to, and it is said why.
   * @returns those that the file's own map knows.
   */
  #step(file: string, group: readonly Open[], seen: ReadonlySet<string>): Open[] {
    try {
      return this.#ownStep(file, group, seen);
    } catch (error) {
      if (!(error instanceof SourceMapError)) throw error;
      this.problems.set(file, error.message);
      return [];
    }
  }

  #ownStep(file: string, group: readonly Open[], seen: ReadonlySet<string>): Open[] {
    const text = this.#files.read(file);
    const found = text && findMap(file, text, this.#files);
    if (found === undefined) return [];
    const map = new SourceMap(found.text);
    const sorted = group
      .map((one) => ({ one, place: one.places[0] as Place }))
      .sort((a, b) => a.place.line - b.place.line || a.place.column - b.place.column);
    const lines = sorted.map(({ place }) => place.line);
    const exact = lookUp(map, { lines, columns: sorted.map(({ place }) => place.column) }).last;
    // One map has its first segment before the space that a line begins with, the next one behind it.
    const isMissing = exact.source.includes(-1);
    const anywhere = isMissing ? lookUp(map, { lines, columns: lines.map(() => endOfLine) }).last : exact;
    const sources = new Map<number, Source | undefined>();
    return sorted.flatMap(({ one }, i) => {
      const last = exact.source[i] === -1 ? anywhere : exact;
      const index = last.source[i] as number;
      if (index === -1) return [];
      if (!sources.has(index)) sources.set(index, sourceOf(map, index, found.base, this.#files));
      const source = sources.get(index);
      if (source === undefined) return [];
      if (seen.has(source.file)) {
        this.problems.set(file, `its map leads back to ${source.file}`);
        return [];
      }
      one.places.length = 0;
      one.places.push({ source, line: last.line[i] as number, column: last.originalColumn[i] as number });
      return [one];
    });
  }
}

/** A text with its lines, as maps count them. */
class SourceText {
  readonly text: string;
  readonly #starts: number[] = [0];

  constructor(text: string) {
    this.text = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
    for (let at = this.text.indexOf('\n'); at !== -1; at = this.text.indexOf('\n', at + 1)) this.#starts.push(at + 1);
  }

  /** `undefined` where the text has no such place. */
  offset(line: number, column: number): number | undefined {
    const start = this.#starts[line];
    const end = this.#starts[line + 1] ?? this.text.length + 1;
    return start === undefined || start + column >= end ? undefined : start + column;
  }

  /** From 1. */
  position(offset: number): { line: number; column: number } {
    let [low, high] = [0, this.#starts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#starts[middle] as number) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (this.#starts[low] as number) + 1 };
  }
}

function originalFunction(
  { name, places: reported, close, isBody, isInitializer, isExact }: FoundFunction,
  text: SourceText | undefined,
  mapName: string | undefined,
): OriginalFunction {
  const places = writtenPlaces(reported as [Place], close);
  const [first] = places;
  const { file } = first.source;
  const plain = { name, file, startLine: first.line + 1, column: first.column + 1 };
  if (isBody) return plain;
  if (text === undefined) return { ...plain, name: chosenName(name, isInitializer ? undefined : mapName) };
  if (isInitializer) {
    const offset = text.offset(first.line, first.column);
    return offset === undefined ? plain : { ...plain, name: chosenName(name, classNameAt(text.text, offset)) };
  }
  for (const { source, line, column } of places) {
    const offset = source === first.source ? text.offset(line, column) : undefined;
    if (offset === undefined) continue;
    const found = nameInSource(text.text, offset);
    if (found === undefined) continue;
    // A map without columns leads to the line's beginning, where a name may be that of another function, which is called.
    if (!isExact && offset === found.at && name !== found.name && !name.endsWith(`.${found.name}`)) continue;
    const written = found.name === 'constructor' ? classNameAt(text.text, found.at) : found.name;
    const begin = beginOf(text.text, offset, found.at + found.name.length);
    return {
      name: chosenName(name, written),
      file,
      startLine: text.position(found.at).line,
      column: text.position(begin).column,
    };
  }
  const offset = text.offset(first.line, first.column);
  return offset === undefined ? plain : { ...plain, column: text.position(beginOf(text.text, offset, -1)).column };
}

/**
 * A minifier that puts a function where it is called, once, leaves the call for its place. If it had no parameter left that the
 * map would know, the end of its brackets tells where it was written, which is before the call.
 */
function writtenPlaces(places: readonly [Place, ...Place[]], close: Place | undefined): readonly [Place, ...Place[]] {
  const [{ source, line, column }] = places;
  if (close === undefined || close.source !== source) return places;
  return close.line < line || (close.line === line && close.column < column) ? [close] : places;
}

/** Where V8 would say that the function begins if it ran the source itself: at the bracket of its parameters. */
function beginOf(text: string, offset: number, nameEnd: number): number {
  if (text[offset] === '(') return offset;
  if (text[offset - 1] === '(') return offset - 1;
  return text[nameEnd] === '(' ? nameEnd : offset;
}

/** V8's name where it says the same and more: `get area`, `Shape.area`, `<instance_members_initializer>`. */
function chosenName(name: string, written: string | undefined): string {
  if (written === undefined || name.startsWith('<')) return name;
  const [, accessor = ''] = /^([gs]et )\S/.exec(name) ?? [];
  return name.endsWith(`.${written}`) ? name : accessor + written;
}
