import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { resolveProgram, windowsCommandLine } from '#profbuf/cli/program.js';
import { Folder } from './command.js';

const skip = process.platform === 'win32' && 'commands are run by cmd.exe';

test('what is run by this Node, by the shell, or as it is', { skip }, (t) => {
  const folder = new Folder(t);
  const script = folder.write('app.mts', '');
  const plain = folder.write('plain', '');
  const executable = folder.write('tool', '#!/bin/sh\n');
  chmodSync(executable, 0o755);
  const spacedScript = folder.write('an app.js', '');
  const spaced = folder.write('a tool', '#!/bin/sh\n');
  chmodSync(spaced, 0o755);
  const byNode = (words: string[]) => ({
    file: process.execPath,
    args: words,
    argv0: process.argv0,
    shell: false,
    title: words.join(' '),
  });
  const asItIs = ([file = '', ...args]: string[]) => ({ file, args, shell: false, title: [file, ...args].join(' ') });
  for (const words of [
    [script, '-x'],
    [spacedScript],
    [plain],
    [folder.path],
    ['--import', 'tsx', 'app.ts'],
    ['-e', '1'],
  ]) {
    assert.deepEqual(resolveProgram(words), byNode(words));
  }
  for (const words of [[executable, 'x y'], [spaced], ['npm', 'start'], ['no-such-command']]) {
    assert.deepEqual(resolveProgram(words), asItIs(words));
  }
  for (const line of ['a && b | c', 'npm run build && node check.js']) {
    assert.deepEqual(resolveProgram([line]), { file: line, args: [], shell: true, title: line });
  }
  assert.throws(() => resolveProgram([join(folder.path, 'missing.js')]), /there is no script/);
});

test('on Windows: words that cmd.exe and then the program take apart to what they were', () => {
  assert.equal(windowsCommandLine(['npm', 'run', 'build:all', '--x=1']), 'npm run build:all --x=1');
  assert.equal(windowsCommandLine(['npm', 'a b']), 'npm ^"a^ b^"');
  assert.equal(windowsCommandLine(['x', 'say "%PATH%" & go\\']), 'x ^"say^ \\^"^%PATH^%\\^"^ ^&^ go\\\\^"');
});
