import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { SourceFile, type SourceFunction } from '#profbuf/collector/sampling/inlining/source-file.js';
import { type CallFrame, runtimeState } from '#profbuf/profile/frame-name.js';
import { root } from '../../../cli/command.js';

const text = `'use strict';
const { far } = require('./far.cjs');
import near from "./near.mjs";
function outer(x) {
  const inner = (y) => y + far(x);
  // nobody() comes here
  return inner(x).call(this.there);
}
class Shape {
  constructor(a) { this.a = a; }
  area() { return this.a ** 2; }
  async later() {}
}
Shape.prototype.grow = function () {};
exports.help = () => {};
var plain = function () {}, renamed = function own() {};
const list = { 'quoted': function () {}, short() {} };
export default (z) => z;
`;
const file = new SourceFile('/app.js', text);
const at = (part: string): CallFrame => {
  const offset = text.indexOf(part);
  const before = text.slice(0, offset).split('\n');
  return { functionName: '', url: '', lineNumber: before.length - 1, columnNumber: before.at(-1)?.length ?? 0 };
};
const find = (part: string): SourceFunction => {
  const found = file.find(at(part));
  assert.ok(found, part);
  return found;
};
const nameOf = (part: string) => file.callFrame(find(part)).functionName;

describe('a source file', () => {
  it('finds functions where V8 says that they begin, and the file itself', () => {
    assert.deepEqual(file.callFrame(find('(x) {')), {
      functionName: 'outer',
      url: '/app.js',
      lineNumber: 3,
      columnNumber: 14,
    });
    assert.equal(file.find(at('outer')), undefined);
    assert.equal(file.find({ functionName: '', url: '', lineNumber: 0, columnNumber: 0 })?.number, 0);
    assert.equal(file.find({ functionName: '', url: '', lineNumber: -1, columnNumber: -1 })?.number, 0);
  });

  it('fits only what begins there', () => {
    assert.ok(file.fits(at('(y) =>')));
    assert.ok(!file.fits(at('y) =>')));
    assert.ok(!file.fits({ functionName: '', url: '', lineNumber: 1000, columnNumber: 2 }));
    // A constructor that nobody wrote begins with its class, and what sets fields has a name of V8's own.
    assert.ok(file.fits(at('class Shape')));
    assert.ok(file.fits({ ...at('area'), functionName: '<instance_members_initializer>' }));
  });

  it('names functions as V8 does', () => {
    const parts = [
      '(y)',
      '(a)',
      '() { return this',
      '() {};\nexports',
      '() => {}',
      '() {}, renamed',
      '() {};\nconst',
      '() {}, short',
      '() {} };',
      '(z)',
    ];
    const names = ['inner', 'Shape', 'area', 'Shape.grow', 'exports.help', 'plain', 'own', 'quoted', 'short', ''];
    assert.deepEqual(parts.map(nameOf), names);
  });

  it('knows whose the code of a line is', () => {
    const names = (line: number) => file.functionsOn(line).map((found) => file.callFrame(found).functionName);
    assert.deepEqual([2, 4, 5, 6, 7, 8].map(names), [
      [''],
      ['', 'outer'],
      ['outer', 'inner'],
      [],
      ['outer'],
      ['outer'],
    ]);
    assert.ok(file.hasCodeOn(5, find('(y)')));
    assert.ok(!file.hasCodeOn(7, find('(y)')));
    assert.deepEqual(file.functionsOn(1000), []);
  });

  it('knows which functions V8 may inline', () => {
    assert.ok(file.mayBeInlined(find('(x)')));
    assert.ok(!file.mayBeInlined(find('() {}\n}')));
    const large = new SourceFile('/large.js', `function large() { ${'word();'.repeat(401)} }`);
    assert.ok(!large.mayBeInlined(large.functionsOn(1)[1] as SourceFunction));
  });

  it("knows what a function's own code names, and what the file imports", () => {
    const { names, members } = file.wordsOf(find('(x)'));
    assert.ok(names.has('inner') && members.has('call') && members.has('there'));
    assert.ok(!names.has('far') && !names.has('nobody'));
    assert.deepEqual([...file.specifiers], ['./far.cjs', './near.mjs']);
  });

  it('knows which plain names scope resolves', () => {
    const [outer, inner] = [find('(x)'), find('(y)')];
    assert.ok(file.isInScope(inner, outer) && file.isInScope(outer, inner));
    assert.ok(!file.isInScope(inner, find('(a)')));
    assert.deepEqual(file.named('grow'), [find('() {};\nexports')]);
    assert.deepEqual(file.nested(outer), [inner]);
  });

  it('is counted without the byte order mark, as Node compiles it', () => {
    const marked = new SourceFile('/marked.js', '\uFEFFfunction a() {}');
    assert.ok(marked.fits({ functionName: 'a', url: '', lineNumber: 0, columnNumber: 10 }));
  });
});

/** Every function that this thread runs while it works with some packages, as V8's profiler names it. */
async function callFramesOf(work: () => Promise<unknown>): Promise<CallFrame[]> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: 100 });
  await session.post('Profiler.start');
  await work();
  const { profile } = await session.post('Profiler.stop');
  session.disconnect();
  return profile.nodes.map(({ callFrame }) => callFrame).filter((callFrame) => runtimeState(callFrame) === undefined);
}

it('fits what V8 has compiled of packages, and names functions alike', async (t) => {
  const require = createRequire(join(root, 'package.json'));
  const callFrames = await callFramesOf(async () => {
    const ts = require('ts5') as typeof import('ts5');
    const source = readFileSync(require.resolve('ts5'), 'utf8').slice(0, 300_000);
    ts.transpileModule(source, { compilerOptions: { target: ts.ScriptTarget.ES2015 } });
    const { rollup } = require('rollup') as typeof import('rollup');
    await rollup({ input: require.resolve('ajv'), onwarn() {}, logLevel: 'silent' });
  });
  const files = new Map<string, SourceFile>();
  let named = 0;
  let found = 0;
  for (const callFrame of callFrames) {
    if (!callFrame.url.startsWith('file:')) continue;
    const path = fileURLToPath(callFrame.url);
    const file = files.get(path) ?? new SourceFile(path, readFileSync(path, 'utf8'));
    files.set(path, file);
    assert.ok(file.fits(callFrame), JSON.stringify(callFrame));
    const inFile = file.find(callFrame);
    if (inFile === undefined || inFile.number === 0) continue;
    found++;
    if (file.callFrame(inFile).functionName === callFrame.functionName) named++;
    else t.diagnostic(`${file.callFrame(inFile).functionName} is ${callFrame.functionName} for V8`);
  }
  t.diagnostic(`${found} functions of ${files.size} files, ${named} named alike`);
  assert.ok(found > 300, String(found));
  assert.ok(named / found > 0.97, `${named} of ${found}`);
});
