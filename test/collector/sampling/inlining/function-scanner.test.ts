import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import ts from 'ts5';
import { scanFunctions } from '#profbuf/collector/sampling/inlining/function-scanner.js';
import { root } from '../../../cli/command.js';
import '../../../seed.js';

/** What is between the beginning and the end of each function of the text, but for the text's own code. */
function functionsOf(text: string): string[] {
  return scanFunctions(text)
    .functions.slice(1)
    .map(({ start, end }) => text.slice(start, end))
    .sort();
}

/** The names of those that have code of their own on each line. */
function ownersOf(text: string): string[] {
  const { functions, marks } = scanFunctions(text);
  const lines = text.split('\n').map(() => new Set<string>());
  const nameOf = (number: number) => /(\w+)\W*$/.exec(text.slice(0, functions[number]?.start))?.[1] ?? '';
  for (let i = 0; i < marks.length; i += 2)
    lines[marks[i] as number]?.add(marks[i + 1] === 0 ? '-' : nameOf(marks[i + 1] as number));
  return lines.map((names) => [...names].join(' '));
}

describe('the functions of a text', () => {
  const cases: Record<string, [text: string, functions: string[]]> = {
    'declarations, with nested ones': [
      'function a(x) { return function () { return x; }; }',
      ['() { return x; }', '(x) { return function () { return x; }; }'],
    ],
    'arrow functions with and without brackets': [
      'const a = x => x + 1, b = (x, y) => { return x; };',
      ['(x, y) => { return x; }', 'x => x + 1'],
    ],
    'arrow functions that return one another': ['const a = x => y => x + y;', ['x => y => x + y', 'y => x + y']],
    'an arrow function that ends with its line': ['const a = x => x\nconst b = 1', ['x => x']],
    'an arrow function that goes on in the next line': [
      'const a = x => x\n  .b\n  ?? c\nd()',
      ['x => x\n  .b\n  ?? c'],
    ],
    'an arrow function between the parts of a condition': ['const a = b ? x => x : y => y;', ['x => x', 'y => y']],
    'an arrow function with a condition in it': ['f(x => x ? 1 : 2, 3)', ['x => x ? 1 : 2']],
    'an arrow function that returns an object': ['f(x => ({ a: x }))', ['x => ({ a: x })']],
    'asynchronous arrow functions begin with the word': [
      'f(async x => x, async (y) => y)',
      ['async (y) => y', 'async x => x'],
    ],
    'functions as values of parameters': ['f((a = () => 1) => a)', ['() => 1', '(a = () => 1) => a']],
    'methods of classes': [
      'class A extends B { constructor(a) { super(a); } static async *b() {} get c() { return 1 } #d() {} [e]() {} delete() {} f = () => 1; static { g(); } }',
      ['() => 1', '() { return 1 }', '() {}', '() {}', '() {}', '() {}', '(a) { super(a); }'],
    ],
    'methods of objects': [
      "x = { a() {}, 'b'(c) {}, 12() {}, get if() { return 2 }, return: 1 }",
      ['() { return 2 }', '() {}', '() {}', '(c) {}'],
    ],
    'no methods: statements with brackets and a block': [
      'if (a) { b() } while (c) { } switch (d) { } for (e of f) { } try { } catch (g) { }',
      [],
    ],
    'no functions: strings, comments, templates': [
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the text's.
      '"() => {"; /* x => { */ `function () { ${y => y} }`; // z => z',
      ['y => y'],
    ],
    'no functions: regular expressions': [
      'a = /[/{]() => {/g; if (b) /{/.test(c); d = e / f() / g; h = i++ / 2 / j; k = { } \n /{/.x',
      [],
    ],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: they are the text's.
    'templates in templates': ['`a${`b${x => `${x}`}`}`; y => y', ['x => `${x}`', 'y => y']],
    'words that are names where they stand': [
      'a.function(b); a.class.if(c) / 1; x = { class: 1, function: 2 }; y => y',
      ['y => y'],
    ],
    'a first line for the shell': ['#!/usr/bin/env node {\nx => x', ['x => x']],
    'what is left open ends with the text': ['function a() { b(', ['() { b(']],
  };
  for (const [title, [text, functions]] of Object.entries(cases)) {
    it(title, () => assert.deepEqual(functionsOf(text), functions));
  }

  it('knows which of them can be left and resumed', () => {
    const text =
      'async function a() {} function* b() {} x = { async c() {}, *d() {}, e() {}, f: async () => 1, async [h()]() {} }; g => 2 ** 3';
    const resumable = scanFunctions(text).functions.filter(({ isResumable }) => isResumable);
    assert.equal(resumable.length, 6);
  });

  it('knows which lines have code of whose', () => {
    const text = [
      'const a = 1;',
      'function outer(x) {',
      '  // of nobody',
      '  const inner = (y) => {',
      '    return y +',
      '      a;',
      '  };',
      '',
      '  )'.replace(')', ';'),
      '  return x;',
      '}',
    ].join('\n');
    assert.deepEqual(ownersOf(text), [
      '-',
      '- outer',
      '',
      'outer inner',
      'inner',
      'inner',
      'inner',
      '',
      '',
      'outer',
      'outer',
    ]);
  });

  it('counts lines as the language does', () => {
    assert.deepEqual(scanFunctions('a\r\nb\rc\nd\u2028e').lineStarts, [0, 3, 5, 7, 9]);
  });

  it('has an end for every text', () => {
    const piece = fc.constantFrom(
      ...'(){}[]`/\'"\\$;:?,.=>*+-\n ax1',
      '=>',
      'function',
      'class',
      '${',
      '//',
      '/*',
      'async',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        const text = pieces.join('');
        for (const { start, end, parent } of scanFunctions(text).functions) {
          assert.ok(start <= end && end <= text.length + 2 && parent >= -1, text);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

/** Where the functions begin and end, and whether they can be resumed, as a parser sees it. */
function parsed(text: string): Set<string> {
  const found = new Set<string>();
  const source = ts.createSourceFile('file.js', text, ts.ScriptTarget.Latest, false, ts.ScriptKind.JS);
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) && 'body' in node && node.body !== undefined) {
      const modifiers = ts.canHaveModifiers(node) ? (ts.getModifiers(node) ?? []) : [];
      const isAsync = modifiers.some(({ kind }) => kind === ts.SyntaxKind.AsyncKeyword);
      found.add(
        `${startOf(node)} ${node.end} ${isAsync || ('asteriskToken' in node && node.asteriskToken !== undefined)}`,
      );
    }
    ts.forEachChild(node, visit);
  };
  const startOf = (node: ts.FunctionLike): number => {
    const name = node.name?.end ?? node.pos;
    const scanner = ts.createScanner(ts.ScriptTarget.Latest, true, ts.LanguageVariant.Standard, text, undefined, name);
    for (let token = scanner.scan(); ; token = scanner.scan()) {
      if (token === ts.SyntaxKind.OpenParenToken || ts.isArrowFunction(node)) return scanner.getTokenStart();
    }
  };
  visit(source);
  return found;
}

function scriptsIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.[cm]?js$/.test(name))
    .map((name) => join(folder, name));
}

const folders = [
  'webpack/lib',
  'express/lib',
  'fastify',
  'rollup/dist',
  'fast-check/lib',
  'hono/dist',
  'playwright-core/lib',
  'terser/dist',
  'es-module-lexer',
];

for (const folder of folders) {
  it(`finds in ${folder} what a parser finds`, () => {
    const scripts = scriptsIn(join(root, 'node_modules', folder));
    assert.ok(scripts.length > 0);
    for (const path of scripts) {
      const text = readFileSync(path, 'utf8').replace(/^\uFEFF/, '');
      const scanned = new Set(
        scanFunctions(text)
          .functions.slice(1)
          .map(({ start, end, isResumable }) => `${start} ${end} ${isResumable}`),
      );
      const expected = parsed(text);
      const wrong = [...scanned, ...expected].filter((found) => !(scanned.has(found) && expected.has(found)));
      assert.deepEqual(wrong, [], path);
    }
  });
}
