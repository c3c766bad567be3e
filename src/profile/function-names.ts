/** A function as V8 tells it from all others of its thread, but for the thread. Line and column from 1. */
export interface FunctionIdentity {
  readonly functionName: string;
  /** As a profile shows it; empty for code that is evaluated from a string without a name of its own. */
  readonly file: string;
  /** V8's number of what it compiled at once: a file, or one evaluated string. */
  readonly scriptId: string;
  readonly startLine: number;
  readonly column: number;
}

export interface FunctionName {
  readonly functionName: string;
  readonly file: string;
}

/** As many strings with a function of one name at one place are told apart: some programs evaluate one for each request. */
const mostScripts = 64;
/** As many functions are remembered, like stacks in a profile; those met later go by their plain name. */
const mostFunctions = 65_536;

/**
 * What a function goes by in profiles, so that two of them are two where only names are shown, as in `go tool pprof -top`,
 * or names and files: pprof has no column for where a function begins, and a minified file is one line.
 *
 * - The first that is met has its plain name. Another one at the same line of the same file has its place with it:
 *   `parse (feed.min.js:1:5021)`. One that has no name always does.
 * - Evaluated code has a file for each string, by V8's number of it: `evaluated-57`, in DevTools `VM57`. V8 counts in each
 *   thread anew; equal numbers are taken for the same code, which they mostly are where threads do the same work.
 *
 * Names stay what they are as long as the process lives, so that its profiles can be compared and added up.
 */
export class FunctionNames {
  readonly #known = new Map<string, Map<string, FunctionName>>();
  #count = 0;

  nameOf(identity: FunctionIdentity): FunctionName {
    const { functionName, file, scriptId, startLine, column } = identity;
    const isEvaluated = isEvaluatedFile(file);
    const key = `${functionName}\0${file}\0${startLine}`;
    const inner = isEvaluated ? `${scriptId}:${column}` : `${column}`;
    let others = this.#known.get(key);
    const known = others?.get(inner);
    if (known !== undefined) return known;
    const isTooMuch = this.#count >= mostFunctions || (isEvaluated && (others?.size ?? 0) >= mostScripts);
    const name = named(identity, isEvaluated ? evaluatedFile(file, isTooMuch ? '' : `-${scriptId}`) : file, {
      isFirst: others === undefined || isTooMuch,
    });
    if (isTooMuch) return name;
    if (others === undefined) {
      others = new Map();
      this.#known.set(key, others);
    }
    others.set(inner, name);
    this.#count++;
    return name;
  }
}

/** `vm` calls every script that gets no other name so. */
const vmFile = 'evalmachine.<anonymous>';

function isEvaluatedFile(file: string): boolean {
  return file === '' || file === vmFile;
}

function evaluatedFile(file: string, suffix: string): string {
  return `${file || 'evaluated'}${suffix}`;
}

function named(
  { functionName, startLine, column }: FunctionIdentity,
  file: string,
  { isFirst }: { isFirst: boolean },
): FunctionName {
  if (functionName !== '' && isFirst) return { functionName, file };
  const place = `${shortFile(file)}:${startLine}:${column}`;
  return { functionName: functionName === '' ? `(anonymous ${place})` : `${functionName} (${place})`, file };
}

/** The name without the place that {@link FunctionNames} has put to it; empty when the function has none. */
export function plainName({ functionName, file, startLine, startColumn }: PlainFunction): string {
  const place = `${shortFile(file)}:${startLine}:${startColumn ?? ''}`;
  if (startColumn !== undefined && functionName.endsWith(`${place})`)) {
    const name = functionName.slice(0, -place.length - 1);
    return name === '(anonymous ' ? '' : name.replace(/ \($/, '');
  }
  return functionName;
}

interface PlainFunction {
  readonly functionName: string;
  readonly file: string;
  readonly startLine: number;
  readonly startColumn?: number;
}

/** The last part of the path, and the folder of an index.js, which half of all packages have. */
function shortFile(file: string): string {
  const [folder, name = file] = file.split(/[/\\]/).slice(-2);
  return folder !== undefined && folder !== '' && name.startsWith('index.') ? `${folder}/${name}` : name;
}
