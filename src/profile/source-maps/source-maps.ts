import { isAbsolute } from 'node:path';
import { countOf } from '../count.js';
import type { Frame } from '../frame.js';
import { FunctionNames, plainName } from '../function-names.js';
import {
  isForeignFile,
  type OriginalFunction,
  type OriginalLine,
  originalPlaces,
  type ScriptPlaces,
} from './original-places.js';
import { Problems } from './problems.js';
import type { SourceFiles } from './source-files.js';
import { SourceMapError } from './source-map-error.js';

/** The text that V8 has of a script, where that is not what the file has. */
export interface RunningText {
  readonly text: Uint8Array;
  /** As its last comment has it; empty without one. */
  readonly mapUrl: string;
}

export interface SourceMapsOptions {
  readonly files: SourceFiles;
  /** Where a file of a profile is on this machine; `undefined` when it is not here. As the profile says, unless this says other. */
  readonly pathOf?: (file: string) => string | undefined;
  /** What V8 has of these files, in one go, if it can be asked. */
  readonly runningTexts?: (files: readonly string[]) => Promise<ReadonlyMap<string, RunningText>>;
}

export interface AskOptions {
  /** What it may take, in milliseconds: scripts that are not come by in this time stay as they are, and it is said. */
  readonly patienceMs?: number;
  /** Whether V8 may be asked for texts, which the program feels; without it, what that is needed for stays marked. */
  readonly asksForTexts?: boolean;
}

/** How the frames of a profile look in the sources that a person wrote. */
export interface OriginalFrames {
  /** Whether any frame is another one. */
  readonly hasChanges: boolean;
  readonly frameOf: (frame: Frame) => Frame;
  /** What a profile says about it. */
  readonly comments: readonly string[];
}

/** More than any program's hot functions and lines; one that makes up scripts for ever begins anew. */
const mostAnswers = 131_072;
/** Of texts that only V8 has, for questions to come. In bytes. */
const mostRunningText = 16 * 2 ** 20;

/**
 * - `mapped`: its map answers.
 * - `plain`: the file is what has run, and has no map; or nobody can say.
 * - `unmapped`: the file is not what has run, and what has run has no map.
 */
type State = 'unread' | 'mapped' | 'plain' | 'unmapped';

const foreignText = 'what ran is not what the file has, and comes without a map';

interface Script {
  readonly file: string;
  readonly path: string;
  state: State;
  /** Whether functions have shown that the file is what has run, or is not. */
  isTested: boolean;
  /** By {@link functionKey}; `undefined` for those that have no original. */
  readonly functions: Map<string, OriginalFunction | undefined>;
  /** By line, from 1. */
  readonly lines: Map<number, OriginalLine | undefined>;
  /** Of its map's only source. */
  onlySource: string | undefined;
  /** Whether the file is known not to be what has run. */
  isForeign: boolean;
  running: RunningText | undefined;
  stamp: string | undefined;
}

interface Question {
  readonly functions: Map<string, Frame>;
  readonly lines: Set<number>;
}

/**
 * What people wrote, instead of what a compiler or bundler made of it: looks at the scripts in which a profile has functions, and
 * at no others, and remembers what it has found out of each.
 */
export class SourceMaps {
  readonly #options: SourceMapsOptions;
  readonly #scripts = new Map<string, Script>();
  readonly #names = new FunctionNames();
  readonly #problems = new Problems();
  #answers = 0;
  #runningBytes = 0;

  constructor(options: SourceMapsOptions) {
    this.#options = options;
  }

  /** @param frames All of a profile, or of several. */
  async originalsOf(
    frames: Iterable<Frame>,
    { patienceMs = Number.POSITIVE_INFINITY, asksForTexts = true }: AskOptions = {},
  ): Promise<OriginalFrames> {
    if (this.#answers > mostAnswers) this.#forget();
    const deadline = performance.now() + patienceMs;
    const questions = new Map<Script, Question>();
    const scripts = new Set<Script>();
    for (const frame of frames) this.#ask(frame, questions, scripts);
    let late = 0;
    const foreign: [Script, Question][] = [];
    // The program's own files first, for which somebody looks at the profile.
    const isPackage = ({ file }: Script) => Number(file.includes('/node_modules/'));
    const ordered = [...questions].sort(([one], [other]) => isPackage(one) - isPackage(other));
    for (const [script, question] of ordered) {
      if (performance.now() > deadline) late++;
      else if (!this.#answer(script, question, this.#options.runningTexts !== undefined))
        foreign.push([script, question]);
    }
    if (foreign.length > 0 && asksForTexts) await this.#answerForeign(foreign);
    return this.#result(scripts, late);
  }

  /** How a frame looks as far as that has been found out. */
  knownOriginal(frame: Frame): Frame {
    return this.#frameOf(frame);
  }

  /**
   * Is what ran another text than the one that the file has? Only these functions of it are known so far; `undefined` when they
   * are too few to say.
   */
  isForeign(frames: readonly Frame[]): boolean | undefined {
    const questions = new Map<Script, Question>();
    for (const frame of frames) this.#ask(frame, questions, new Set());
    const [[script, question] = []] = questions;
    // It has been answered in another way.
    if (script === undefined || question === undefined || script.state !== 'unread') return false;
    try {
      return isForeignFile(script.path, placesOf(question), this.#options.files);
    } catch (error) {
      if (!(error instanceof SourceMapError)) throw error;
      return false;
    }
  }

  /** Asks V8 for what it has of these files, for questions to come: later it may have forgotten it. Nothing is promised. */
  async keepRunningTexts(files: readonly string[]): Promise<void> {
    const scripts = files
      .flatMap((file) => this.#scripts.get(file) ?? [])
      .filter(({ running, state }) => running === undefined && state === 'unread');
    if (scripts.length === 0) return;
    const running = await this.#options.runningTexts?.(scripts.map(({ file }) => file)).catch(() => undefined);
    for (const script of scripts) {
      const text = running?.get(script.file);
      if (text === undefined || script.running !== undefined) continue;
      script.isForeign = true;
      this.#keepText(script, text);
    }
  }

  #ask(frame: Frame, questions: Map<Script, Question>, scripts: Set<Script>): void {
    const script = this.#scriptOf(frame.file);
    if (script === undefined) return;
    scripts.add(script);
    if (script.state === 'unmapped') return;
    // A file's own code says nothing about its text: what else is in the profile may show later that it is another one.
    if (script.state === 'plain' && (script.isTested || isModule(frame))) return;
    const key = functionKey(frame);
    const isLineAsked = frame.line > 0 && frame.line !== frame.startLine;
    const hasFunction = script.functions.has(key);
    if (hasFunction && !(isLineAsked && !script.lines.has(frame.line))) return;
    let question = questions.get(script);
    if (question === undefined) {
      question = { functions: new Map(), lines: new Set() };
      questions.set(script, question);
    }
    if (!hasFunction) question.functions.set(key, frame);
    if (isLineAsked && !script.lines.has(frame.line)) question.lines.add(frame.line);
  }

  #scriptOf(file: string): Script | undefined {
    const known = this.#scripts.get(file);
    if (known !== undefined) return known;
    const path = (this.#options.pathOf ?? ownPath)(file);
    if (path === undefined) return undefined;
    const script: Script = {
      file,
      path,
      state: 'unread',
      isTested: false,
      functions: new Map(),
      lines: new Map(),
      onlySource: undefined,
      isForeign: false,
      running: undefined,
      stamp: undefined,
    };
    this.#scripts.set(file, script);
    return script;
  }

  /** @returns `false` when V8 has to be asked for the text, which it is only if `mayAsk`. */
  #answer(script: Script, question: Question, mayAsk: boolean): boolean {
    if (script.isForeign && script.running === undefined && mayAsk) return false;
    try {
      const places = originalPlaces(script.path, placesOf(question), this.#options.files, script.running);
      script.isTested ||= places.isTested;
      if (places.fits !== true && script.state === 'mapped') {
        this.#keepUnanswered(script, question);
        return true;
      }
      if (places.fits !== true) {
        if (mayAsk && script.running === undefined) {
          script.isForeign = places.fits === false;
          return false;
        }
        script.state = places.fits === 'unclear' ? 'plain' : 'unmapped';
        if (script.state === 'unmapped') this.#problems.add(script.file, foreignText);
        return true;
      }
      this.#keep(script, question, places);
    } catch (error) {
      if (!(error instanceof SourceMapError)) throw error;
      this.#problems.add(script.file, error.message);
      if (script.state === 'unread') script.state = 'plain';
      script.isTested = true;
      this.#keepUnanswered(script, question);
    }
    return true;
  }

  async #answerForeign(foreign: readonly [Script, Question][]): Promise<void> {
    const running = await this.#options.runningTexts?.(foreign.map(([{ file }]) => file)).catch(() => undefined);
    // Nobody has answered: they stay marked, and the next profile asks again.
    if (running === undefined) return;
    for (const [script, question] of foreign) {
      const text = running?.get(script.file);
      script.running = text;
      this.#answer(script, question, false);
      if (text !== undefined) this.#keepText(script, text);
    }
  }

  #keepText(script: Script, text: RunningText): void {
    script.running = text;
    this.#runningBytes += text.text.length + text.mapUrl.length;
    if (this.#runningBytes <= mostRunningText) return;
    // The next question asks V8 again.
    for (const other of this.#scripts.values()) other.running = undefined;
    this.#runningBytes = 0;
  }

  #keep(script: Script, { functions, lines }: Question, places: ScriptPlaces): void {
    if (!places.hasMap && script.state !== 'mapped') {
      // What V8 has may be a text without a map that is not the file's.
      script.state = script.running === undefined ? 'plain' : 'unmapped';
      if (script.running !== undefined) this.#problems.add(script.file, foreignText);
      return;
    }
    if (script.state === 'mapped' && script.stamp !== places.stamp) {
      this.#problems.add(script.file, 'it has changed on the disk since the program began');
      this.#keepUnanswered(script, { functions, lines });
      return;
    }
    script.state = 'mapped';
    script.stamp = places.stamp;
    script.onlySource = places.onlySource;
    this.#answers += functions.size + lines.size;
    for (const key of functions.keys()) script.functions.set(key, places.functions.get(key));
    for (const line of lines) script.lines.set(line, places.lines.get(line));
    if (places.isDense) this.#problems.addDense(script.file);
    for (const [file, reason] of places.problems) this.#problems.add(file, reason, script.file);
  }

  #keepUnanswered(script: Script, { functions, lines }: Question): void {
    for (const key of functions.keys()) script.functions.set(key, undefined);
    for (const line of lines) script.lines.set(line, undefined);
  }

  #result(scripts: ReadonlySet<Script>, late: number): OriginalFrames {
    const hasChanges = [...scripts].some(
      ({ state, isForeign }) => state === 'mapped' || state === 'unmapped' || isForeign,
    );
    const files = new Set([...scripts].map(({ file }) => file));
    const mapped = [...scripts].filter(({ state }) => state === 'mapped').length;
    return {
      hasChanges,
      frameOf: (frame) => this.#frameOf(frame),
      comments: [
        ...(mapped === 0
          ? []
          : [`source maps: functions of ${countOf(mapped, 'file')} are shown where their sources have them`]),
        ...this.#problems.comments(files),
        ...(late === 0 ? [] : [`source maps: there was no time to look at ${countOf(late, 'file')}`]),
      ],
    };
  }

  #frameOf(frame: Frame): Frame {
    const script = this.#scripts.get(frame.file);
    if (script === undefined || script.state === 'plain') return frame;
    const found = script.functions.get(functionKey(frame));
    // Its lines are those of a text that no file has: they must not be taken for the file's.
    const isForeign = script.state === 'unmapped' || (script.isForeign && found === undefined);
    const transformed = isForeign ? { ...frame, file: `${frame.file} (transformed)` } : frame;
    if (script.state !== 'mapped') return transformed;
    const line = frame.line === frame.startLine ? undefined : script.lines.get(frame.line);
    if (found === undefined) return this.#moduleFrame(frame, script, line) ?? transformed;
    const { startLine, column } = found;
    const { functionName, file } = this.#names.nameOf({
      functionName: found.name,
      file: found.file,
      scriptId: '',
      startLine,
      column,
    });
    const shown = { functionName, file, startLine, startColumn: column, ...inlined(frame) };
    // A line that is another function's, of a file that was put into this one, is not where this one was.
    const isOwn = line !== undefined && line.file === file && line.line >= startLine;
    if (isOwn && line.line !== startLine) return { ...shown, line: line.line };
    return { ...shown, line: startLine, column };
  }

  /** A file's own code has no name and no place. In a bundle it is that of the source of which the line is. */
  #moduleFrame(frame: Frame, { onlySource }: Script, line: OriginalLine | undefined): Frame | undefined {
    if (!isModule(frame)) return undefined;
    const source = line?.file ?? onlySource;
    if (source === undefined) return undefined;
    const { functionName, file } = this.#names.nameOf({
      functionName: '',
      file: source,
      scriptId: '',
      startLine: 1,
      column: 1,
    });
    const shown = { functionName, file, startLine: 1, startColumn: 1, ...inlined(frame) };
    return line !== undefined && line.line > 1 ? { ...shown, line: line.line } : { ...shown, line: 1, column: 1 };
  }

  #forget(): void {
    this.#scripts.clear();
    this.#answers = 0;
    this.#runningBytes = 0;
  }
}

/** What a file does as it is loaded. */
function isModule({ startLine, startColumn }: Frame): boolean {
  return startLine === 1 && startColumn === 1;
}

function ownPath(file: string): string | undefined {
  if (ownPreload.test(file)) return undefined;
  return isAbsolute(file) || file.startsWith('webpack-internal:') ? file : undefined;
}

/** What runs of our own preload is a string in it: it is not looked for, lest V8 is asked in every process. */
const ownPreload = /[\\/]dist[\\/]register\.cjs$/;

function inlined({ isInlined }: Frame): Pick<Frame, 'isInlined'> {
  return isInlined === undefined ? {} : { isInlined };
}

function functionKey({ functionName, startLine, startColumn = 0 }: Frame): string {
  return `${startLine}:${startColumn}:${functionName}`;
}

function placesOf({ functions, lines }: Question) {
  return {
    functions: [...functions].map(([key, frame]) => ({
      key,
      name: plainName(frame),
      line: frame.startLine - 1,
      column: (frame.startColumn ?? 0) - 1,
    })),
    lines: [...lines].map((line) => line - 1).sort((a, b) => a - b),
  };
}
