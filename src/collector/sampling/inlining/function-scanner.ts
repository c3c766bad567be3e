/** A function of a source file. Offsets count UTF-16 units from the beginning of the text. */
export interface ScannedFunction {
  /** Where V8 says that it begins: at the bracket of its parameters; an arrow function at `async`, or its first parameter. */
  readonly start: number;
  /** Behind its last character. */
  end: number;
  /** Number of the function around it; -1 of the file's own code, which has the number 0. */
  parent: number;
  readonly kind: 'file' | 'function' | 'method' | 'arrow';
  /** Generators and asynchronous functions, which V8 does not inline. */
  readonly isResumable: boolean;
  /** Where the class begins that it is a method of; -1 when it is none. */
  readonly classStart: number;
  /** How many words are in its own code: names, keywords. */
  words: number;
}

export interface ScannedSource {
  readonly functions: readonly ScannedFunction[];
  /** Where V8 says that constructors begin which nobody wrote. */
  readonly classStarts: ReadonlySet<number>;
  /** Offset at which each line begins. */
  readonly lineStarts: readonly number[];
  /** Pairs of a line, from 0, and the number of a function that has code of its own there. */
  readonly marks: readonly number[];
  /** What is imported, as the text has it. */
  readonly specifiers: ReadonlySet<string>;
}

// Kinds of characters, 0 for the rest. From `letter` on they can be in a name.
const space = 1;
const letter = 2;
const digit = 3;

const kinds = new Uint8Array(128);
for (const code of [9, 10, 11, 12, 13, 32]) kinds[code] = space;
for (let code = 48; code <= 57; code++) kinds[code] = digit;
for (const char of 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_$\\#@') kinds[char.charCodeAt(0)] = letter;

function kindOf(code: number): number {
  if (code < 128) return kinds[code] as number;
  return code === 0xa0 || code === 0xfeff || code === 0x2028 || code === 0x2029 ? space : letter;
}

/**
 * What came last decides what a slash, a brace or a new line means.
 * - `start`: nothing, `;`, `{` and all else after which a statement may begin;
 * - `operator`: or an opening bracket: an expression has to follow; likewise behind a `keyword` (`return`, `typeof`);
 * - `block keyword`: `else`, `do`, `try`, `finally`;
 * - `operand`: a number, a string, a regular expression, `]`.
 */
type Last =
  | 'start'
  | 'comma'
  | 'operator'
  | 'keyword'
  | 'block keyword'
  | 'name'
  | 'operand'
  | 'paren'
  | 'brace'
  | 'arrow';

/** `parameters` are those of a function that is known to be one; of others they are a `paren` at first. */
type BracketKind = 'block' | 'object' | 'class' | 'body' | 'paren' | 'parameters' | 'square' | 'template';

/** Behind the brackets of a `control` word (`if`, `while`) comes a statement; a word `between` goes on with an expression. */
type Word = 'name' | 'keyword' | 'block keyword' | 'control' | 'function' | 'class' | 'async' | 'between';

const words = new Map<string, Word>([
  ...[
    'return',
    'typeof',
    'case',
    'delete',
    'void',
    'throw',
    'new',
    'yield',
    'await',
    'default',
    'extends',
    'export',
  ].map((word) => [word, 'keyword'] as const),
  ...['else', 'do', 'try', 'finally'].map((word) => [word, 'block keyword'] as const),
  ...['if', 'while', 'for', 'switch', 'with', 'catch'].map((word) => [word, 'control'] as const),
  ...['in', 'of', 'instanceof', 'as', 'satisfies'].map((word) => [word, 'between'] as const),
  ['function', 'function'],
  ['class', 'class'],
  ['async', 'async'],
]);
/** First letters and lengths of those: most names are none of them, and need not be cut out of the text to see it. */
const wordShapes = new Uint8Array(128 * 16);
for (const word of words.keys()) wordShapes[word.charCodeAt(0) * 16 + word.length] = 1;

interface OpenBracket {
  readonly bracket: BracketKind;
  readonly start: number;
  /** Of a class: of its first word. Of round brackets, where an arrow function begins whose parameters they are. */
  readonly whole: number;
  /** Of a body, and of parameters that are known to be some. */
  readonly functionNumber: number;
  /** Of round brackets: those of `if (…)` and the like. */
  readonly isControl: boolean;
  /** How many functions and marks there were before it. */
  readonly functionCount: number;
  readonly markCount: number;
  /** Of round and square brackets: `async` or `*` is before them, with a name in between or not. */
  readonly isResumable: boolean;
  /** `?` in it that wait for their `:`. */
  ternaries: number;
}

/** An arrow function without a body in braces. */
interface OpenArrow {
  readonly functionNumber: number;
  readonly depth: number;
  /** Of the bracket around it, when it began. */
  readonly ternaries: number;
}

/**
 * Which functions does a text have, where does each begin and end, and which lines have code of whose?
 *
 * It counts brackets outside of strings, comments and regular expressions, and needs no grammar: a text that V8 has
 * compiled is known to be right, so it is enough to tell apart what looks alike. A parser takes ten times as long.
 * What it takes for something else (a regular expression behind an object literal) costs functions of that file, and is
 * noticed when they do not begin where V8 says.
 */
export function scanFunctions(text: string): ScannedSource {
  return new Scanner(text).scan();
}

const none: OpenBracket = {
  bracket: 'block',
  start: 0,
  whole: 0,
  functionNumber: 0,
  isControl: false,
  functionCount: 0,
  markCount: 0,
  isResumable: false,
  ternaries: 0,
};

class Scanner {
  readonly #text: string;
  readonly #lineStarts: number[];
  readonly #functions: ScannedFunction[];
  readonly #classStarts = new Set<number>();
  readonly #marks: number[] = [];
  readonly #specifiers = new Set<string>();
  readonly #brackets: OpenBracket[] = [{ ...none }];
  readonly #arrows: OpenArrow[] = [];
  /** Depths at which the body of a class is to come, and where the class began. */
  readonly #classes: { readonly depth: number; readonly start: number }[] = [];
  #at = 0;
  #line = 0;
  #nextLineStart: number;
  #current = 0;
  /** Of the function that is the current one, since it became that. */
  #words = 0;
  /** What was marked last. */
  #markedLine = -1;
  #markedOwner = -1;
  #last: Last = 'start';
  #lastStart = 0;
  #lastEnd = 0;
  #lastLine = 0;
  #beforeLastStart = 0;
  #markCountBeforeLast = 0;
  /** The round brackets that were closed last. */
  #closed: OpenBracket = none;
  #closedBraceIsBlock = true;
  /** What `function` has begun: its brackets are to come. */
  #awaitsParameters = false;
  /** Function whose body is to come; -1 when none is. */
  #awaitsBody = -1;
  #isAsync = false;
  #isGenerator = false;

  constructor(text: string) {
    this.#text = text;
    this.#lineStarts = lineStartsOf(text);
    this.#nextLineStart = this.#lineStarts[1] ?? Number.POSITIVE_INFINITY;
    this.#functions = [
      { start: 0, end: text.length, parent: -1, kind: 'file', isResumable: false, classStart: -1, words: 0 },
    ];
  }

  scan(): ScannedSource {
    const text = this.#text;
    if (text.startsWith('#!')) this.#at = this.#lineStarts[1] ?? text.length;
    while (this.#at < text.length) {
      const code = text.charCodeAt(this.#at);
      const kind = kindOf(code);
      if (kind === space) this.#at++;
      else if (kind === letter) this.#word();
      else if (kind === digit) this.#number();
      else this.#sign(code);
    }
    while (this.#arrows.length > 0) this.#closeArrow();
    this.#enter(0);
    return {
      functions: this.#functions,
      classStarts: this.#classStarts,
      lineStarts: this.#lineStarts,
      marks: this.#marks,
      specifiers: this.#specifiers,
    };
  }

  get #top(): OpenBracket {
    return this.#brackets[this.#brackets.length - 1] as OpenBracket;
  }

  /** A token begins here. */
  #begin(): void {
    while (this.#nextLineStart <= this.#at) {
      this.#line++;
      this.#nextLineStart = this.#lineStarts[this.#line + 1] ?? Number.POSITIVE_INFINITY;
    }
  }

  #end(last: Last, start: number): void {
    this.#last = last;
    this.#beforeLastStart = this.#lastStart;
    this.#lastStart = start;
    this.#lastEnd = this.#at;
    this.#lastLine = this.#line;
  }

  #mark(line = this.#line, owner = this.#current): void {
    if (this.#markedLine === line && this.#markedOwner === owner) return;
    this.#marks.push(line, owner);
    this.#markedLine = line;
    this.#markedOwner = owner;
  }

  #isOperandLast(): boolean {
    const last = this.#last;
    return last === 'name' || last === 'operand' || last === 'paren' || last === 'brace';
  }

  /** Without a semicolon an expression ends where the next line cannot go on with it. */
  #endOfLine(): void {
    if (this.#arrows.length === 0 || this.#line === this.#lastLine || !this.#isOperandLast()) return;
    this.#closeArrowsAt(this.#brackets.length);
  }

  #closeArrowsAt(depth: number): void {
    while ((this.#arrows.at(-1)?.depth ?? -1) >= depth) this.#closeArrow();
  }

  #closeArrow(): void {
    const arrow = this.#arrows.pop();
    if (arrow !== undefined) this.#closeFunction(arrow.functionNumber, this.#lastEnd);
  }

  /** What comes next is of this function. */
  #enter(number: number): void {
    (this.#functions[this.#current] as ScannedFunction).words += this.#words;
    this.#words = 0;
    this.#current = number;
  }

  #closeFunction(number: number, end: number): void {
    const closed = this.#functions[number] as ScannedFunction;
    closed.end = end;
    this.#enter(closed.parent);
  }

  #word(): void {
    const text = this.#text;
    const start = this.#at;
    this.#begin();
    let at = start + 1;
    while (at < text.length && kindOf(text.charCodeAt(at)) >= letter) at++;
    this.#at = at;
    const word = this.#wordAt(start, at);
    if (word !== 'between') this.#endOfLine();
    this.#markCountBeforeLast = this.#marks.length;
    this.#mark();
    this.#words++;
    switch (word) {
      case 'function':
        this.#awaitsParameters = true;
        this.#isGenerator = false;
        this.#end('keyword', start);
        return;
      case 'class':
        this.#classes.push({ depth: this.#brackets.length, start });
        this.#end('keyword', start);
        return;
      case 'async':
        this.#isAsync = true;
        this.#end('name', start);
        return;
      case 'keyword':
      case 'between':
        this.#end('keyword', start);
        break;
      case 'block keyword':
        this.#end('block keyword', start);
        break;
      case 'control':
        this.#end('keyword', start);
        break;
      default:
        this.#end('name', start);
        return;
    }
    this.#isAsync = false;
  }

  /** Of `a.return`, `{ class: 1 }` and `static delete() {}` the word is a name. */
  #wordAt(start: number, end: number): Word {
    const text = this.#text;
    const length = end - start;
    const first = text.charCodeAt(start);
    if (this.#awaitsParameters || length > 15 || first >= 128 || wordShapes[first * 16 + length] === 0) return 'name';
    const word = words.get(text.slice(start, end));
    if (word === undefined) return 'name';
    const before = text.charCodeAt(this.#lastEnd - 1);
    if (this.#last === 'operator' && before === 46 && text.charCodeAt(this.#lastEnd - 2) !== 46) return 'name';
    const { bracket } = this.#top;
    if (bracket === 'class' || bracket === 'object') {
      const isValue = this.#last === 'operator' || this.#last === 'keyword';
      if (!isValue || before === 42) {
        const next = this.#peek(end);
        // `:` `(` `,` `}` `=` `;`
        if (next === 58 || next === 40 || next === 44 || next === 125 || next === 59) return 'name';
        if (bracket === 'class' && next === 61) return 'name';
      }
    }
    return word;
  }

  /** The next character that is no space. */
  #peek(at: number): number {
    let next = at;
    while (next < this.#text.length && kindOf(this.#text.charCodeAt(next)) === space) next++;
    return this.#text.charCodeAt(next);
  }

  #number(): void {
    const text = this.#text;
    const start = this.#at;
    this.#begin();
    this.#endOfLine();
    this.#mark();
    let at = start + 1;
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code !== 46 && kindOf(code) < letter) break;
    }
    this.#at = at;
    this.#end('operand', start);
  }

  #sign(code: number): void {
    const start = this.#at;
    switch (code) {
      case 47: // /
        this.#slash();
        return;
      case 34: // "
      case 39: // '
        this.#string(code);
        return;
      case 96: // `
        this.#begin();
        this.#mark();
        this.#at++;
        this.#template(start);
        return;
      case 40: // (
        this.#begin();
        this.#openParen();
        return;
      case 41: // )
        this.#begin();
        this.#closeParen();
        return;
      case 91: // [
        this.#begin();
        this.#openSquare();
        return;
      case 93: // ]
        this.#begin();
        // What is said of a method is before its name, also if that is computed.
        this.#isAsync = this.#close().isResumable;
        this.#end('operand', start);
        return;
      case 123: // {
        this.#begin();
        this.#openBrace();
        return;
      case 125: // }
        this.#begin();
        this.#closeBrace();
        return;
      case 46: // .
        if (isDigit(this.#text.charCodeAt(start + 1))) {
          this.#number();
          return;
        }
        this.#begin();
        this.#mark();
        this.#at++;
        this.#end('operator', start);
        return;
      case 44: // ,
        this.#begin();
        this.#closeArrowsAt(this.#brackets.length);
        this.#at++;
        this.#end('comma', start);
        return;
      case 59: // ;
        this.#begin();
        this.#closeArrowsAt(this.#brackets.length);
        this.#at++;
        this.#awaitsBody = -1;
        this.#end('start', start);
        return;
      default:
        this.#begin();
        this.#operator(code, start);
    }
  }

  #operator(code: number, start: number): void {
    const text = this.#text;
    const next = text.charCodeAt(start + 1);
    this.#at++;
    if (code === 61 && next === 62) {
      this.#at++;
      this.#arrow();
      return;
    }
    this.#mark();
    if ((code === 43 || code === 45) && next === code) {
      // A regular expression cannot follow `i++`, and what follows `++i` is a name.
      this.#at++;
      this.#lastEnd = this.#at;
      return;
    }
    // `!` and `~` begin an expression.
    if ((code === 33 && next !== 61) || code === 126) this.#endOfLine();
    if (code === 42 && next === 42) this.#at++;
    else if (code === 42 && (!this.#isOperandLast() || this.#top.bracket === 'class')) this.#isGenerator = true;
    if (code === 42 && this.#awaitsParameters) {
      this.#isGenerator = true;
      this.#end('keyword', start);
      return;
    }
    if (code === 63) {
      if (next === 63 || (next === 46 && !isDigit(text.charCodeAt(start + 2)))) this.#at++;
      else this.#top.ternaries++;
    }
    if (code === 58) {
      this.#colon(start);
      return;
    }
    this.#end('operator', start);
  }

  #colon(start: number): void {
    const top = this.#top;
    const depth = this.#brackets.length;
    for (let arrow = this.#arrows.at(-1); arrow !== undefined && arrow.depth >= depth; arrow = this.#arrows.at(-1)) {
      if (arrow.ternaries < top.ternaries) break;
      this.#closeArrow();
    }
    const isTernary = top.ternaries > 0;
    if (isTernary) top.ternaries--;
    const isStatement = !isTernary && (top.bracket === 'block' || top.bracket === 'body');
    this.#end(isStatement ? 'start' : 'operator', start);
  }

  #slash(): void {
    const text = this.#text;
    const start = this.#at;
    const next = text.charCodeAt(start + 1);
    if (next === 47) {
      const end = text.indexOf('\n', start);
      this.#at = end === -1 ? text.length : end;
      return;
    }
    if (next === 42) {
      const end = text.indexOf('*/', start + 2);
      this.#at = end === -1 ? text.length : end + 2;
      return;
    }
    this.#begin();
    this.#mark();
    const end = this.#mayBeginExpression() ? endOfRegularExpression(text, start) : -1;
    this.#at = end === -1 ? start + 1 : end;
    this.#end(end === -1 ? 'operator' : 'operand', start);
  }

  #mayBeginExpression(): boolean {
    if (this.#last === 'paren') return this.#closed.isControl;
    if (this.#last === 'brace') return this.#closedBraceIsBlock;
    return this.#last !== 'name' && this.#last !== 'operand';
  }

  #string(quote: number): void {
    const text = this.#text;
    const start = this.#at;
    this.#begin();
    this.#endOfLine();
    this.#mark();
    let at = start + 1;
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === quote) break;
      if (code === 92) at++;
    }
    this.#at = at + 1;
    if (this.#isSpecifier()) this.#specifiers.add(text.slice(start + 1, at));
    this.#end('operand', start);
  }

  /** Behind `from`, `import`, `import(` and `require(`. */
  #isSpecifier(): boolean {
    const text = this.#text;
    if (this.#last === 'name') return /^(?:from|import)$/.test(text.slice(this.#lastStart, this.#lastEnd));
    if (text.charCodeAt(this.#lastStart) !== 40) return false;
    return /^(?:require|import)\s*\(/.test(text.slice(this.#beforeLastStart, this.#lastEnd));
  }

  /** From behind the quote, or the brace of what was filled in, to the next one. */
  #template(start: number): void {
    const text = this.#text;
    for (; this.#at < text.length; this.#at++) {
      const code = text.charCodeAt(this.#at);
      if (code === 92) this.#at++;
      else if (code === 96) {
        this.#at++;
        this.#begin();
        this.#mark();
        this.#end('operand', start);
        return;
      } else if (code === 36 && text.charCodeAt(this.#at + 1) === 123) {
        this.#at++;
        this.#open('template');
        return;
      }
    }
  }

  #open(bracket: BracketKind, more: Partial<OpenBracket> = none): void {
    const start = this.#at;
    // Each field by itself: spreading objects takes a tenth of a scan.
    this.#brackets.push({
      bracket,
      start,
      whole: more.whole ?? 0,
      functionNumber: more.functionNumber ?? 0,
      isControl: more.isControl ?? false,
      functionCount: this.#functions.length,
      markCount: this.#marks.length,
      isResumable: more.isResumable ?? false,
      ternaries: 0,
    });
    this.#at++;
    this.#end(bracket === 'body' || bracket === 'block' || bracket === 'class' ? 'start' : 'operator', start);
  }

  #close(): OpenBracket {
    this.#closeArrowsAt(this.#brackets.length);
    this.#at++;
    if (this.#brackets.length === 1) return none;
    return this.#brackets.pop() ?? none;
  }

  #openSquare(): void {
    const isResumable = this.#isAsync || this.#isGenerator;
    this.#isAsync = false;
    this.#isGenerator = false;
    this.#open('square', { isResumable });
  }

  #openParen(): void {
    if (this.#awaitsParameters) {
      this.#awaitsParameters = false;
      const number = this.#addFunction(this.#at, 'function', this.#isAsync || this.#isGenerator);
      this.#isAsync = false;
      this.#isGenerator = false;
      this.#enter(number);
      this.#mark();
      this.#open('parameters', { functionNumber: number });
      return;
    }
    const isControl = this.#isControlLast();
    const isResumable = this.#isAsync || this.#isGenerator;
    const isArrowAsync = this.#isAsync && this.#isAsyncAt(this.#lastStart);
    this.#isAsync = false;
    this.#isGenerator = false;
    this.#open('paren', { whole: isArrowAsync ? this.#lastStart : this.#at, isControl, isResumable });
  }

  #isControlLast(): boolean {
    return this.#last === 'keyword' && words.get(this.#text.slice(this.#lastStart, this.#lastEnd)) === 'control';
  }

  #closeParen(): void {
    const start = this.#at;
    const closed = this.#close();
    if (closed.bracket === 'parameters') this.#awaitsBody = closed.functionNumber;
    this.#closed = closed;
    this.#end('paren', start);
  }

  #addFunction(start: number, kind: ScannedFunction['kind'], isResumable: boolean): number {
    const top = this.#top;
    const classStart = kind === 'method' && top.bracket === 'class' ? top.whole : -1;
    const added = { start, end: this.#text.length, parent: this.#current, kind, isResumable, classStart, words: 0 };
    return this.#functions.push(added) - 1;
  }

  /** A function that shows only behind its parameters: what was found in them is its own. */
  #addLate(kind: 'method' | 'arrow', parameters: OpenBracket): number {
    const { functionCount, markCount, isResumable } = parameters;
    const start = kind === 'arrow' ? parameters.whole : parameters.start;
    const outer = this.#current;
    const number = this.#addFunction(start, kind, isResumable);
    for (let i = functionCount; i < number; i++) {
      const nested = this.#functions[i] as ScannedFunction;
      if (nested.parent === outer) nested.parent = number;
    }
    const marks = this.#marks;
    for (let i = markCount + 1; i < marks.length; i += 2) if (marks[i] === outer) marks[i] = number;
    this.#markedOwner = marks[marks.length - 1] ?? -1;
    this.#enter(number);
    this.#mark(this.#lineOf(start));
    return number;
  }

  #isAsyncAt(offset: number): boolean {
    return this.#text.startsWith('async', offset);
  }

  #lineOf(offset: number): number {
    let line = this.#line;
    while ((this.#lineStarts[line] as number) > offset) line--;
    return line;
  }

  #arrow(): void {
    const start = this.#at - 2;
    const isName = this.#last === 'name';
    const parameter: OpenBracket = {
      ...none,
      start: this.#lastStart,
      whole: this.#isAsync && this.#isAsyncAt(this.#beforeLastStart) ? this.#beforeLastStart : this.#lastStart,
      functionCount: this.#functions.length,
      markCount: this.#markCountBeforeLast,
      isResumable: this.#isAsync,
    };
    const number = this.#addLate('arrow', isName ? parameter : this.#closed);
    this.#isAsync = false;
    this.#isGenerator = false;
    this.#mark();
    this.#end('arrow', start);
    if (this.#peekCode() === 123) {
      this.#awaitsBody = number;
      return;
    }
    this.#last = 'operator';
    this.#arrows.push({ functionNumber: number, depth: this.#brackets.length, ternaries: this.#top.ternaries });
  }

  /** The next character that is neither space nor in a comment. */
  #peekCode(): number {
    const text = this.#text;
    let at = this.#at;
    for (;;) {
      const code = text.charCodeAt(at);
      if (code === 47 && text.charCodeAt(at + 1) === 47) at = text.indexOf('\n', at) + 1 || text.length;
      else if (code === 47 && text.charCodeAt(at + 1) === 42) at = text.indexOf('*/', at) + 2 || text.length;
      else if (at < text.length && kindOf(code) === space) at++;
      else return code;
    }
  }

  #openBrace(): void {
    if (this.#awaitsBody !== -1 && (this.#last === 'paren' || this.#last === 'arrow')) {
      const number = this.#awaitsBody;
      this.#awaitsBody = -1;
      this.#open('body', { functionNumber: number });
      return;
    }
    const { bracket } = this.#top;
    const awaited = this.#classes.at(-1);
    if (awaited?.depth === this.#brackets.length && this.#mayBeginClass(awaited.start)) {
      this.#classes.pop();
      this.#classStarts.add(awaited.start);
      this.#open('class', { whole: awaited.start });
      return;
    }
    if (this.#last === 'paren' && (bracket === 'class' || bracket === 'object')) {
      this.#open('body', { functionNumber: this.#addLate('method', this.#closed) });
      return;
    }
    const isObject =
      this.#last === 'operator' || this.#last === 'comma' || (this.#last === 'keyword' && !this.#isControlLast());
    if (!isObject) this.#endOfLine();
    this.#open(isObject ? 'object' : 'block');
    this.#last = 'start';
  }

  /** Not so the object in `class extends {…}.x {`. */
  #mayBeginClass(start: number): boolean {
    // `class List<T> {` of TypeScript.
    const isGeneric = this.#last === 'operator' && this.#text.charCodeAt(this.#lastEnd - 1) === 62;
    return this.#isOperandLast() || this.#lastStart === start || isGeneric;
  }

  #closeBrace(): void {
    const start = this.#at;
    const { bracket, functionNumber, start: opened } = this.#close();
    if (bracket === 'template') {
      this.#template(opened);
      return;
    }
    if (bracket === 'body') {
      this.#mark();
      this.#closeFunction(functionNumber, this.#at);
    }
    this.#closedBraceIsBlock = bracket !== 'object';
    this.#isAsync = false;
    this.#isGenerator = false;
    this.#end('brace', start);
  }
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

/** -1 when there is none: it would have to end in its line. */
function endOfRegularExpression(text: string, start: number): number {
  let isInClass = false;
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 10 || code === 13) return -1;
    if (code === 92) at++;
    else if (code === 91) isInClass = true;
    else if (code === 93) isInClass = false;
    else if (code === 47 && !isInClass) {
      let end = at + 1;
      while (end < text.length && kindOf(text.charCodeAt(end)) >= letter) end++;
      return end;
    }
  }
  return -1;
}

/** As V8 counts lines. */
function lineStartsOf(text: string): number[] {
  const starts = [0];
  if (!/\r(?!\n)|[\u2028\u2029]/.test(text)) {
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
    return starts;
  }
  for (const { index, 0: end } of text.matchAll(/\r\n|[\n\r\u2028\u2029]/g)) starts.push(index + end.length);
  return starts;
}
