/** What stands where V8 says that a function begins. Columns count from 0. */
export interface FunctionHead {
  /** Whether a function can begin there: of a text that has run, all of them do. */
  readonly fits: boolean;
  /** Whether it is what a class does without a function that somebody wrote: its fields, and static blocks. */
  readonly isInitializer: boolean;
  /** Where its first parameter is; -1 when it has none. */
  readonly parameter: number;
  /** The closing bracket of one that has no parameters; -1 of others. */
  readonly close: number;
  /** Where the name stands that the text itself has for the function; -1 when it has none there. */
  readonly name: number;
}

const identifier = '[\\p{ID_Start}$_#][\\p{ID_Continue}$\\u200c\\u200d]*';
/** A bracket; the only parameter of an arrow function; `async` of one. */
const begins = new RegExp(`\\(|async\\b|${identifier}\\s*=>`, 'uy');
/** A class, on Node 20; its brace, on Node 22; the first of its fields or blocks, later. */
const beginsInitializer = new RegExp(
  `class\\b|static\\b|\\{|${identifier}\\s*(?:=|;|$)|(?:"[^"]*"|'[^']*'|\\[[^\\]]*\\]|\\d+)\\s*[=;]`,
  'uy',
);
const parameterIn = new RegExp(
  `(?:async\\s*)?\\(\\s*(?=${identifier}|[{[.])|(?:async\\s+)?(?=${identifier}\\s*=>)`,
  'uy',
);
/** `parse(`, `parse = function (`, `parse: async (`, and an arrow function's `parse = (`. */
const nameBefore = new RegExp(
  `(${identifier})\\s*(?:[=:]\\s*(?:async\\s*)?(?:function\\s*\\*?\\s*)?)?(?:<[^<>()]*>)?\\s*$`,
  'u',
);
const longestHead = 200;

/** @param line The line's text. */
export function functionHeadAt(line: string, column: number): FunctionHead {
  begins.lastIndex = column;
  beginsInitializer.lastIndex = column;
  const isFunction = column < line.length && begins.test(line);
  const isInitializer = !isFunction && column < line.length && beginsInitializer.test(line);
  if (!isFunction) return { fits: isInitializer, isInitializer, parameter: -1, close: -1, name: -1 };
  parameterIn.lastIndex = column;
  const parameter = parameterIn.test(line) ? parameterIn.lastIndex : -1;
  const close = line.startsWith('()', column) ? column + 1 : -1;
  const from = Math.max(0, column - longestHead);
  const before = nameBefore.exec(line.slice(from, column));
  const isKeyword = before !== null && /^(?:function|async|return|await|yield|new|typeof)$/.test(before[1] ?? '');
  return { fits: true, isInitializer, parameter, close, name: before === null || isKeyword ? -1 : from + before.index };
}
