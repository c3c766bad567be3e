import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Folder } from '../cli/command.js';
import { comparable, differences, filesOf, type Outcome, withoutOwnWords } from './comparison.js';

const outcome: Outcome = {
  ending: 'status 0',
  stdout: 'a\nb\n',
  stderr: '',
  files: new Map([
    ['out.txt', 'x'],
    ['log', ''],
  ]),
};

test('two runs that show the same differ in nothing', () => {
  assert.deepEqual(differences(outcome, { ...outcome, files: new Map(outcome.files) }), []);
});

test('each thing that a run shows otherwise is told', () => {
  const other: Outcome = {
    ending: 'SIGTERM',
    stdout: 'a\n',
    stderr: 'b',
    files: new Map([
      ['out.txt', 'y'],
      ['new', ''],
    ]),
  };
  assert.deepEqual(differences(outcome, other), [
    'ends with SIGTERM, bare with status 0',
    'stdout, line 2: "", bare "b"',
    'stderr, line 1: "b", bare ""',
    'out.txt holds something else',
    'there is a file new',
    'there is no file log',
  ]);
});

test('times, process ids and colours are no difference, other numbers are', () => {
  const text = (time: string, pid: number) =>
    `\u001b[32mdone\u001b[0m in ${time} at 2026-11-28T03:41:00.123Z (node:${pid}) pid=${pid}`;
  assert.equal(comparable(text('1.2 s', 17)), comparable(text('340ms', 4711)));
  assert.notEqual(comparable('3 tests'), comparable('4 tests'));
  assert.equal(comparable('build id AbC', [/id \w+/]), comparable('build id xyz', [/id \w+/]));
});

test('own words are taken out of the lines and kept', () => {
  const { rest, words } = withoutOwnWords('one\nprofbuf: a word\ntwo\n');
  assert.deepEqual([rest, words], ['one\ntwo\n', ['profbuf: a word']]);
});

test('the files of a project are all but what was installed', (t) => {
  const folder = new Folder(t);
  folder.write('a/b.txt', 'took 3 ms');
  folder.write('node_modules/x/index.js', '');
  folder.write('a/node_modules/x/index.js', '');
  folder.write('c.bin', 'x'.repeat(3000));
  folder.write('cache/1', 'any');
  const files = filesOf(folder.path, { namesAlone: /^cache/ });
  assert.deepEqual([...files.keys()], ['a/b.txt', 'c.bin', 'cache/1']);
  assert.deepEqual([files.get('a/b.txt'), files.get('cache/1'), files.get('c.bin')?.length], ['took …', '', 64]);
});
