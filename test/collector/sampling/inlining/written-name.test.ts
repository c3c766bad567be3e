import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assignedName, methodName, writtenName } from '#profbuf/collector/sampling/inlining/written-name.js';

/** The place that `|` marks. */
function at<Value>(marked: string, find: (text: string, start: number) => Value): Value {
  return find(marked.replace('|', ''), marked.indexOf('|'));
}

const functions: readonly [marked: string, name: string][] = [
  ['function busy|() {}', 'busy'],
  ['function  *  busy |() {}', 'busy'],
  ['async function busy|() {}', 'busy'],
  ['x = function|() {}', 'x'],
  ['a.b.c = async function *|() {}', 'a.b.c'],
  ['Tree.prototype.grow = function|() {}', 'Tree.grow'],
  ["{ 'key' : function|() {} }", 'key'],
  ['const list = |async () => {}', 'list'],
  ['const list = |x => x', 'list'],
  ['call(|() => {})', ''],
  ['call(function|() {})', ''],
  ['a == |() => {}', ''],
  ['x[1] = |() => {}', ''],
  ['..x = |() => {}', 'x'],
  ['müller = |() => {}', 'müller'],
  ['#own = |() => {}', '#own'],
  ['|() => {}', ''],
];

for (const [marked, name] of functions) {
  test(`the function at the mark of ${marked} is called ${name || 'nothing'}`, () => {
    assert.equal(at(marked, writtenName), name);
  });
}

const methods: readonly [marked: string, name: string][] = [
  ['{ grow|() {} }', 'grow'],
  ['{ get size |() {} }', 'get size'],
  ['{ static set size|(x) {} }', 'set size'],
  ['{ target size|() {} }', 'size'],
  ["{ 'two words'|() {} }", 'words'],
  ['{ [Symbol.iterator]|() {} }', 'iterator'],
  ['{ async *#all|() {} }', '#all'],
];

for (const [marked, name] of methods) {
  test(`the method at the mark of ${marked} is called ${name}`, () => {
    assert.equal(at(marked, methodName), name);
  });
}

test('what is put into nothing has no name', () => {
  assert.equal(at('return |class {}', assignedName), '');
  assert.equal(at('Shape = |class {}', assignedName), 'Shape');
});
