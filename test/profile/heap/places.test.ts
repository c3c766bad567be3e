import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Places } from '#profbuf/profile/heap/places.js';

const url = 'file:///srv/app.js';
const lost = (functionName: string, scriptId = '7') => ({
  functionName,
  scriptId,
  url: '',
  lineNumber: -1,
  columnNumber: -1,
});
const at = (functionName: string, lineNumber: number, scriptId: string | number = '7') => ({
  functionName,
  scriptId,
  url,
  lineNumber,
  columnNumber: 9,
});

test('a function whose script is gone is where it was seen before, by readings of the heap or by CPU samples', () => {
  const places = new Places();
  places.learn(at('parse', 41));
  // Profile handles give the number of a script as a number.
  places.learn(at('format', 51, 7));
  const { file, line, functionName } = places.frameOf(lost('parse'));
  assert.deepEqual({ file, line, functionName }, { file: '/srv/app.js', line: 42, functionName: 'parse' });
  assert.equal(places.frameOf(lost('format')).line, 52);
});

test('one that nobody met, that has no name, or shares it with another of its script, has the file and no line', () => {
  const places = new Places();
  places.learn(at('get', 1));
  places.learn(at('get', 2));
  places.learn(at('get', 1));
  places.learn(at('', 3));
  for (const name of ['get', '', 'other']) {
    const { file, line, startLine, functionName } = places.frameOf(lost(name));
    assert.deepEqual(
      { file, line, startLine, functionName },
      { file: '/srv/app.js', line: 0, startLine: 0, functionName: name || '(anonymous)' },
    );
  }
});

test('of a script that nobody met there is the name; and what has a place, or is V8’s own, keeps what it has', () => {
  const places = new Places();
  places.learn(at('parse', 41));
  assert.deepEqual(places.frameOf(lost('parse', '8')).file, '');
  assert.equal(places.frameOf(at('parse', 99)).line, 100);
  assert.equal(places.frameOf(lost('(V8 API)', '0')).functionName, '(V8 API)');
});

test('a program that makes up code for ever does not fill the memory', () => {
  const places = new Places();
  for (let i = 0; i < 100_000; i++) places.learn(at('made', i, `${i}`));
  assert.equal(places.frameOf(lost('made', '99999')).line, 100_000);
  assert.equal(places.frameOf(lost('made', '0')).file, '');
});
