import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { classNameAt, nameInSource } from '#profbuf/profile/source-maps/source-name.js';

/** The name at the place that `¦` marks. */
function nameAt(marked: string): string | undefined {
  const offset = marked.indexOf('¦');
  const text = marked.replace('¦', '');
  const found = nameInSource(text, offset);
  if (found !== undefined && !found.name.startsWith('[') && found.name !== 'default') {
    assert.ok(text.slice(found.at).replace(/^['"]/, '').startsWith(found.name), `${found.name} is not at ${found.at}`);
  }
  return found?.name;
}

const cases: Readonly<Record<string, string | undefined>> = {
  'function ¦parse(text: string) {}': 'parse',
  '¦function parse(text) {}': 'parse',
  'function parse¦(text: string) {}': 'parse',
  'function parse(¦text: string) {}': 'parse',
  'function parse<T extends Map<string, () => T>>(¦text: T) {}': 'parse',
  'export async function* ¦walk(n = 1) {}': 'walk',
  '¦export default async function walk() {}': 'walk',
  'export default ¦function (x) {}': 'default',
  '¦export default (x: number) => x;': 'default',
  'export default function (¦n: number) {}': 'default',
  'export default async (¦n: number) => n;': 'default',
  'const ¦area = (r: number) => r;': 'area',
  '¦const area = (r: number) => r;': 'area',
  'const area = ¦(r: number) => r;': 'area',
  'const area = (¦r: number) => r;': 'area',
  'const area = ¦r => r;': 'area',
  'const area = async ¦r => r;': 'area',
  'const area = ¦async (r) => r;': 'area',
  'const area: (r: number) => number = (¦r) => r;': 'area',
  'const area: Handler<[a: string, b: number]> = async (¦r) => r;': 'area',
  'const area: ns.Handler = (¦r) => r;': 'area',
  'const area: Handler | undefined = (¦r) => r;': 'area',
  'const area = <T,>(¦r: T) => r;': 'area',
  'const area = ¦<T>(r: T) => r;': 'area',
  'const area = function ¦(r) {};': 'area',
  'const area = function inner(¦r) {};': 'inner',
  'let a = 1, area = (¦r) => r;': 'area',
  'const area = ({ ¦width, height }) => width;': 'area',
  'const area = ¦({ width, height }) => width;': 'area',
  'const area = ([¦first]: number[]) => first;': 'area',
  'const area = (...¦rest: number[]) => rest;': 'area',
  'const area = (¦r = 1) => r;': 'area',
  'this.area ??= (¦r) => r;': 'area',
  'exports.area = (¦r) => r;': 'area',
  'class A { ¦area(r: number) {} }': 'area',
  'class A { private readonly ¦area = (r: number) => r; }': 'area',
  'class A { ¦private static async area(r: number) {} }': 'area',
  'class A { ¦get area() { return 1; } }': 'area',
  'class A { ¦get(key: string) {} }': 'get',
  'class A { ¦static(key: string) {} }': 'static',
  'class A { get(¦key: string) {} }': 'get',
  'class A { #area(¦r: number) {} }': '#area',
  'class A { #area = (¦r: number) => r; }': '#area',
  'class A { ¦constructor(private r: number) {} }': 'constructor',
  'class A { constructor(¦private r: number) {} }': 'constructor',
  'class A { ¦@log() @Inject(Token) public area(r: number) {} }': 'area',
  'class A { ¦@log area(r: number) {} }': 'area',
  'class A { handler?: Handler = (¦r) => r; }': 'handler',
  '¦class Shape extends Base { x = 1; }': 'Shape',
  'const Shape = ¦class { x = 1; };': 'Shape',
  'class A { [Symbol.iterator]¦() {} }': '[Symbol.iterator]',
  "const a = { 'parse item'(¦x) {} };": 'parse item',
  'const a = { parse: (¦x) => x };': 'parse',
  'const a = { b, parse: ¦async (x) => x };': 'parse',
  'const a = { // first\n  parse: function (¦x) {} };': 'parse',
  "const a = { 'parse item': (¦x) => x };": 'parse item',
  'foo({ ¦parse(x) {} });': 'parse',
  'foo({ parse(¦x) {} });': 'parse',
  // Call-backs have none.
  'list.map(¦(x) => x);': undefined,
  'list.map((¦x) => x);': undefined,
  'list.map(¦x => x);': undefined,
  'list.map(async (¦x) => x);': undefined,
  'list.map(¦function (x) {});': undefined,
  'list.reduce((¦sum, x) => sum + x, 0);': undefined,
  'setTimeout(10, ¦() => {});': undefined,
  'const f = yes ? (¦a) => a : b;': undefined,
  'const f = yes ? a : (¦b) => b;': undefined,
  'const f = a || ((¦b) => b);': undefined,
  'return (¦a) => a;': undefined,
  'if (a === ¦(() => 1)()) {}': undefined,
  'const f = (a) => (¦b) => a + b;': undefined,
  'list[0]((¦x) => x);': undefined,
  '¦(() => {})();': undefined,
};

describe('the name of a function in its source', () => {
  for (const [marked, name] of Object.entries(cases)) {
    it(`is ${name ?? 'not there'} in ${marked}`, () => assert.equal(nameAt(marked), name));
  }

  it('of a constructor is that of its class', () => {
    const text = 'class A { x() {} }\nconst B = class {};\nclass C<T> extends A { constructor() {} }\n';
    assert.equal(classNameAt(text, text.indexOf('constructor')), 'C');
    assert.equal(classNameAt(text, text.indexOf('class C')), 'C');
    assert.equal(classNameAt(text, text.indexOf('x()')), 'A');
    assert.equal(classNameAt('// a class of its own\nclass A { constructor() {} }', 40), 'A');
  });

  it('is looked for in reasonable time, wherever one looks', () => {
    const text = `${'<'.repeat(5000)}${'('.repeat(5000)}${'{['.repeat(5000)}a = ${'>'.repeat(5000)}`;
    const start = performance.now();
    for (let offset = 0; offset < text.length; offset += 97) nameInSource(text, offset);
    assert.ok(performance.now() - start < 20_000);
  });
});
