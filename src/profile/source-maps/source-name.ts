/** What the source calls a function. */
export interface SourceName {
  /** `constructor` for one that is written so. */
  readonly name: string;
  /** Offset of the name in the text. */
  readonly at: number;
}

const identifierAt = /[\p{ID_Start}$_#][\p{ID_Continue}$\u200c\u200d]*/uy;
const identifierPart = /[\p{ID_Continue}$_#\u200c\u200d]/u;
const spaceAt = /(?:\s|\/\*[\s\S]*?\*\/|\/\/.*)*/y;

/** What may stand before a function's name, and is none. */
const modifiers: ReadonlySet<string> = new Set(
  'function async get set static export default public private protected readonly override abstract declare accessor const let var'.split(
    ' ',
  ),
);
/** Behind them no name follows that is the function's. */
const keywords: ReadonlySet<string> = new Set(
  'return await yield new typeof void delete in of instanceof if while for switch catch with throw case else do extends class'.split(
    ' ',
  ),
);
/** How far a name is looked for. */
const longestType = 2000;

/**
 * What is the function called of which this place is a part: a modifier, its name, the bracket of its parameters or the first
 * of them? The text need not be parsed for that: names stand before the bracket, or before a `=` or `:` before it.
 *
 * @param offset In the text.
 * @returns `undefined` when it has no name, or none can be made out.
 */
export function nameInSource(text: string, offset: number): SourceName | undefined {
  return fromHead(text, offset);
}

/** To the right over modifiers, up to a name or a bracket. */
function fromHead(text: string, offset: number): SourceName | undefined {
  let at = skipDecorators(text, offset);
  let hasModifier = false;
  let isDefault = false;
  let isFunction = false;
  for (;;) {
    at = afterSpace(text, at);
    if (text[at] === '*') {
      at++;
      hasModifier = true;
      continue;
    }
    const word = identifierFrom(text, at);
    if (!modifiers.has(word) || isNameItself(text, word, at + word.length)) break;
    hasModifier = true;
    isDefault ||= word === 'default';
    isFunction ||= word === 'function' || word === 'async';
    at += word.length;
  }
  const word = identifierFrom(text, at);
  if (word === 'class') return classAt(text, at) ?? assigned(text, at);
  if (word !== '' && !keywords.has(word)) {
    const end = at + word.length;
    if (isArrow(text, end)) return before(text, offset, false);
    // With modifiers where it is a field at the same time.
    const isParameter = !isFunction && text[afterSpace(text, end)] !== '(' && isBehindBracket(text, offset);
    if (isParameter) return before(text, offset, true);
    return isName(text, end) ? { name: word, at } : undefined;
  }
  const char = text[at] ?? '';
  if ('{[.'.includes(char) && !hasModifier && isBehindBracket(text, at)) return before(text, at, true);
  if (char === '(' || char === '<')
    return before(text, offset, false) ?? (isDefault ? { name: 'default', at } : undefined);
  if (char === '[' || char === '"' || char === "'") return quoted(text, at);
  return undefined;
}

/** `get(key) {}` and `static = 1`, where the word is no modifier. */
function isNameItself(text: string, word: string, end: number): boolean {
  const next = text[afterSpace(text, end)] ?? '';
  if (next === '(' || next === '<') return !/^(?:function|async|default)$/.test(word);
  return next !== '' && '=:;,'.includes(next);
}

/** Whether what follows a word shows that it names a function: parameters, or something that is put into it. */
function isName(text: string, end: number): boolean {
  const at = afterSpace(text, end);
  const char = text[at];
  if (char === '(') return true;
  if (char === '<') return text[afterSpace(text, afterTypes(text, at))] === '(';
  if (char === '=') return text[at + 1] !== '=' && text[at + 1] !== '>';
  if (char === '?' || char === '!') return text[at + 1] === ':';
  // A type, or the value of a property.
  return char === ':';
}

function isArrow(text: string, end: number): boolean {
  return text.startsWith('=>', afterSpace(text, end));
}

/** A parameter, the first one, is behind its bracket. */
function isBehindBracket(text: string, at: number): boolean {
  for (let left = beforeSpace(text, at); ; left = beforeSpace(text, left - 1)) {
    const char = text[left - 1] ?? '';
    if (char === '(') return true;
    // Of `...rest`, `{ name }` and `[first]`.
    if (char === '' || !'.{['.includes(char)) return false;
  }
}

/** From a bracket, the word `function` or the first parameter to the left. */
function before(text: string, offset: number, isInBrackets: boolean): SourceName | undefined {
  let at = offset;
  if (isInBrackets) {
    while (text[at] !== '(') at = beforeSpace(text, at) - 1;
  }
  for (;;) {
    at = beforeSpace(text, at);
    const char = text[at - 1];
    if (char === '>' && text[at - 2] !== '=') at = beforeTypes(text, at);
    else if (char === '*') at--;
    else {
      const word = wordBefore(text, at);
      if (word !== 'function' && word !== 'async') break;
      at -= word.length;
    }
  }
  const char = text[at - 1];
  if (char === '=') return isAssignment(text, at) ? declared(text, at - 1) : undefined;
  if (char === ':') return propertyKey(text, at - 1);
  if (char === '"' || char === "'" || char === ']') return methodKey(text, at);
  const word = wordBefore(text, at);
  if (word === '') return undefined;
  const start = at - word.length;
  if (word === 'default') return { name: 'default', at: start };
  return keywords.has(word) ? undefined : { name: word, at: start };
}

function isAssignment(text: string, end: number): boolean {
  return !/[=!<>]/.test(text[end - 2] ?? '') || /\?\?=|\|\|=|&&=/.test(text.slice(end - 3, end));
}

/** What is put into a variable or field has its name, with a type between them or not. */
function declared(text: string, end: number): SourceName | undefined {
  let at = beforeSpace(text, end);
  // Of `??=` and its like.
  at = beforeSpace(text, at - (/(?:\?\?|\|\||&&)$/.exec(text.slice(at - 2, at))?.[0].length ?? 0));
  const word = wordBefore(text, at);
  const start = at - word.length;
  if (word !== '') {
    const left = beforeSpace(text, start);
    const char = text[left - 1];
    if (
      char !== ':' &&
      char !== '>' &&
      char !== '|' &&
      char !== '&' &&
      char !== '<' &&
      char !== ',' &&
      !isQualifiedType(text, left)
    ) {
      return { name: word, at: start };
    }
    if (char === ',' && !/[<(]/.test(text.slice(Math.max(0, left - 100), left))) return { name: word, at: start };
  }
  return beforeType(text, at);
}

/** `: ns.Handler =`, where a `.` is not that of `this.handler =`. */
function isQualifiedType(text: string, end: number): boolean {
  return text[end - 1] === '.' && /:\s*[\w$.]+$/.test(text.slice(Math.max(0, end - 200), end - 1));
}

/** The name before the `:` of a type. */
function beforeType(text: string, end: number): SourceName | undefined {
  let depth = 0;
  for (let at = end; at > 0 && at > end - longestType; at--) {
    const char = text[at - 1] as string;
    if (char === '>' && text[at - 2] === '=') at--;
    else if (')]}>'.includes(char)) depth++;
    else if ('([{<'.includes(char)) {
      if (depth === 0) return undefined;
      depth--;
    } else if (depth === 0 && char === ';') return undefined;
    else if (depth === 0 && char === ':') {
      const left = beforeSpace(text, at - 1);
      const name = wordBefore(text, /[?!]/.test(text[left - 1] ?? '') ? left - 1 : left);
      if (name === '') return undefined;
      return { name, at: text.lastIndexOf(name, left) };
    }
  }
  return undefined;
}

/** `parse: (…) =>` of an object; not the second half of `a ? b : (…) =>`. */
function propertyKey(text: string, end: number): SourceName | undefined {
  const at = beforeSpace(text, end);
  const word = wordBefore(text, at);
  if (word !== '') {
    const start = at - word.length;
    return /[{,]/.test(text[beforeComment(text, start) - 1] ?? '') ? { name: word, at: start } : undefined;
  }
  return methodKey(text, at);
}

/** `'parse item'() {}`, `[Symbol.iterator]() {}`. */
function methodKey(text: string, end: number): SourceName | undefined {
  const char = text[end - 1] as string;
  const open = char === ']' ? text.lastIndexOf('[', end - 1) : text.lastIndexOf(char, end - 2);
  if (open === -1 || open < end - 200 || (char !== ']' && char !== '"' && char !== "'")) return undefined;
  // What is called is no method: `list[0](…)`.
  if (char === ']' && !/[{,;}*\s]/.test(text[open - 1] ?? '')) return undefined;
  return { name: char === ']' ? text.slice(open, end) : text.slice(open + 1, end - 1), at: open };
}

function quoted(text: string, at: number): SourceName | undefined {
  const close = text.indexOf(text[at] === '[' ? ']' : (text[at] as string), at + 1);
  if (close === -1 || !isName(text, close + 1)) return undefined;
  return { name: text[at] === '[' ? text.slice(at, close + 1) : text.slice(at + 1, close), at };
}

function classAt(text: string, at: number): SourceName | undefined {
  const start = afterSpace(text, at + 'class'.length);
  const name = identifierFrom(text, start);
  return name === '' || name === 'extends' ? undefined : { name, at: start };
}

/** What a nameless class or function is put into. */
function assigned(text: string, offset: number): SourceName | undefined {
  const at = beforeSpace(text, offset);
  if (text[at - 1] === '=' && isAssignment(text, at)) return declared(text, at - 1);
  return text[at - 1] === ':' ? propertyKey(text, at - 1) : undefined;
}

/** Which class begins here, or is this a constructor of, or a field? The last one that begins before it. */
export function classNameAt(text: string, offset: number): string | undefined {
  const pattern = /\bclass\b/g;
  let found: string | undefined;
  for (let match = pattern.exec(text); match !== null && match.index <= offset; match = pattern.exec(text)) {
    const { name } = classAt(text, match.index) ?? assigned(text, match.index) ?? { name: undefined };
    if (/^[^;]*?\{/.test(text.slice(match.index, match.index + longestType))) found = name ?? found;
  }
  return found;
}

function skipDecorators(text: string, offset: number): number {
  let at = offset;
  while (text[at] === '@') {
    at++;
    for (;;) {
      const word = identifierFrom(text, at);
      at += word.length;
      if (text[at] !== '.') break;
      at++;
    }
    if (text[at] === '(') at = afterBrackets(text, at);
    at = afterSpace(text, at);
  }
  return at;
}

function afterBrackets(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length && at < start + longestType; at++) {
    if (text[at] === '(') depth++;
    else if (text[at] === ')' && --depth === 0) return at + 1;
  }
  return start;
}

/** Behind `<T extends Map<K, V>>`. */
function afterTypes(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length && at < start + longestType; at++) {
    if (text[at] === '<') depth++;
    else if (text[at] === '>' && text[at - 1] !== '=' && --depth === 0) return at + 1;
  }
  return start + 1;
}

function beforeTypes(text: string, end: number): number {
  let depth = 0;
  for (let at = end; at > 0 && at > end - longestType; at--) {
    if (text[at - 1] === '>' && text[at - 2] !== '=') depth++;
    else if (text[at - 1] === '<' && --depth === 0) return at - 1;
  }
  return end - 1;
}

function afterSpace(text: string, at: number): number {
  spaceAt.lastIndex = at;
  spaceAt.exec(text);
  return spaceAt.lastIndex;
}

function beforeSpace(text: string, end: number): number {
  let at = end;
  for (;;) {
    while (at > 0 && /\s/.test(text[at - 1] as string)) at--;
    if (text[at - 1] !== '/' || text[at - 2] !== '*') return at;
    const open = text.lastIndexOf('/*', at - 2);
    if (open === -1) return at;
    at = open;
  }
}

/** The same over comments up to the ends of lines. */
function beforeComment(text: string, end: number): number {
  let at = beforeSpace(text, end);
  for (;;) {
    const lineStart = text.lastIndexOf('\n', at - 1) + 1;
    const comment = text.slice(lineStart, at).search(/(?:^|\s)\/\//);
    if (comment === -1) return at;
    at = beforeSpace(text, lineStart + comment);
  }
}

function identifierFrom(text: string, at: number): string {
  identifierAt.lastIndex = at;
  return identifierAt.exec(text)?.[0] ?? '';
}

function wordBefore(text: string, end: number): string {
  let start = end;
  while (start > 0 && identifierPart.test(text[start - 1] as string)) start--;
  return text.slice(start, end);
}
