import assert from 'node:assert/strict';
import fs, { mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { afterEach, test } from 'node:test';
import { numberedPath } from '#profbuf/profile/numbered-path.js';
import { giveName, OwnFile, takeOver } from '#profbuf/profile/own-file.js';
import { Folder } from '../cli/command.js';

const { linkSync } = fs;

function setLinks(link: typeof linkSync): void {
  fs.linkSync = link;
  syncBuiltinESMExports();
}

/** As FAT, and some file systems of networks and containers. */
function withoutLinks(): void {
  setLinks(() => {
    throw Object.assign(new Error('EPERM: operation not permitted, link'), { code: 'EPERM', errno: -1 });
  });
}

afterEach(() => setLinks(linkSync));

function textsIn(folder: Folder): Record<string, string> {
  return Object.fromEntries(
    readdirSync(folder.path)
      .sort()
      .map((name) => [name, folder.read(name).toString()]),
  );
}

test('a number stands before the ending', () => {
  const paths = {
    '/a/cpu.pb.gz': '/a/cpu.2.pb.gz',
    '/a/profile.app.js.71.pb.gz': '/a/profile.app.js.71.2.pb.gz',
    '/a.b/cpu': '/a.b/cpu.2',
    '/a/cpu.speedscope.json': '/a/cpu.2.speedscope.json',
    '/a/cpu.collapsed.txt': '/a/cpu.2.collapsed.txt',
    '/a/cpu.cpuprofile': '/a/cpu.2.cpuprofile',
    '/a/cpu.2026-11-28': '/a/cpu.2026-11-28.2',
    '/a/.pb.gz': '/a/.pb.2.gz',
  };
  for (const [path, numbered] of Object.entries(paths)) assert.equal(numberedPath(path, 2), numbered);
});

for (const [system, prepare] of [
  ['with links', () => {}],
  ['without links', withoutLinks],
] as const) {
  test(`${system}: a file replaces itself alone, under a name that was free`, (t) => {
    prepare();
    const folder = new Folder(t);
    const path = folder.write('cpu.pb.gz', 'earlier');
    const [own, other] = [new OwnFile(path), new OwnFile(path)];
    assert.equal(own.isWritten, false);
    own.write('own');
    other.write('other');
    own.write('own, longer');
    other.write('other');
    assert.deepEqual([own.path, other.path], [join(folder.path, 'cpu.2.pb.gz'), join(folder.path, 'cpu.3.pb.gz')]);
    assert.deepEqual(textsIn(folder), {
      'cpu.2.pb.gz': 'own, longer',
      'cpu.3.pb.gz': 'other',
      'cpu.pb.gz': 'earlier',
    });
  });

  test(`${system}: a file that was moved or removed is written again, and what has its name stays`, (t) => {
    prepare();
    const folder = new Folder(t);
    const path = join(folder.path, 'cpu.pb.gz');
    const own = new OwnFile(path);
    own.write('one');
    renameSync(path, join(folder.path, 'kept.pb.gz'));
    own.write('two');
    assert.equal(own.path, path);
    rmSync(path);
    writeFileSync(path, 'of another');
    own.write('three');
    own.write('four');
    assert.deepEqual(textsIn(folder), { 'cpu.2.pb.gz': 'four', 'cpu.pb.gz': 'of another', 'kept.pb.gz': 'one' });
  });

  test(`${system}: an empty file is a name that is kept free`, (t) => {
    prepare();
    const folder = new Folder(t);
    const path = folder.write('mktemp', '');
    const own = new OwnFile(path);
    own.write('one');
    assert.deepEqual(textsIn(folder), { mktemp: 'one' });
    const empty = folder.write('empty', '');
    assert.equal(takeOver(folder.write('new', 'new'), empty), undefined);
    assert.deepEqual(textsIn(folder), { empty: 'new', mktemp: 'one' });
  });

  test(`${system}: what is to have the name moves aside what had it, and loses none`, (t) => {
    prepare();
    const folder = new Folder(t);
    const path = join(folder.path, 'profile.pb.gz');
    const asides = ['a', 'b', 'c'].map((text) => takeOver(folder.write('new', text), path));
    assert.deepEqual(
      asides,
      [undefined, 1, 2].map((number) => number && numberedPath(path, number)),
    );
    assert.equal(giveName(folder.write('new', 'd'), path), numberedPath(path, 3));
    assert.deepEqual(textsIn(folder), {
      'profile.1.pb.gz': 'a',
      'profile.2.pb.gz': 'b',
      'profile.3.pb.gz': 'd',
      'profile.pb.gz': 'c',
    });
  });

  test(`${system}: what is no file is an error, and nothing is left`, (t) => {
    prepare();
    const folder = new Folder(t);
    const path = join(folder.path, 'out');
    mkdirSync(path);
    assert.throws(() => new OwnFile(path).write('text'), /^Error: it is a directory, .*out$/);
    const device = join(folder.path, 'device');
    symlinkSync('/dev/null', device);
    assert.throws(() => new OwnFile(device).write('text'), /^Error: it is not a regular file, .*device$/);
    const missing = join(folder.path, 'no-such-folder', 'cpu.pb.gz');
    assert.throws(() => new OwnFile(missing).write('text'), {
      code: 'ENOENT',
      message: `ENOENT: no such file or directory, ${missing}`,
    });
    assert.deepEqual(readdirSync(folder.path).sort(), ['device', 'out']);
  });
}
