import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { busyFor, Folder, main, root, run } from './command.js';

const skip = process.platform === 'win32' && 'there is no sh';

test('the commands of docs/report.md run', { skip }, async (t) => {
  const page = readFileSync(join(root, 'docs/report.md'), 'utf8');
  const blocks = [...page.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = '']) => block);
  const lines = blocks.flatMap((block) => block.split('\n')).filter((line) => line !== '');
  assert.ok(lines.length > 8);
  const folder = new Folder(t);
  folder.write('app.js', busyFor(50));
  const first = await run(process.execPath, [main, 'record', '-q', '-o', 'profile.pb.gz', 'app.js'], {
    cwd: folder.path,
  });
  assert.equal(first.code, 0, first.stderr);
  for (const name of ['cpu', 'monday', 'tuesday']) folder.write(`${name}.pb.gz`, folder.read('profile.pb.gz'));
  for (const line of lines) {
    // One serves until it is ended, and one opens a browser, which other tests do.
    if (/ view | --open /.test(line)) continue;
    const command = line.replaceAll('npx profbuf', `'${process.execPath}' '${main}'`);
    const { code, stderr } = await run('sh', ['-ec', command], { cwd: folder.path });
    assert.equal(code, 0, `${line}\n${stderr}`);
  }
  assert.match(folder.read('cpu.md').toString(), /^# `profile\.pb\.gz`\n/);
});
