import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { busyFor, Folder, main, root, run } from './command.js';

const page = readFileSync(join(root, 'docs/diff.md'), 'utf8');
const skip = process.platform === 'win32' && 'there is no sh';

/** The page's example as it is written, but for where profbuf is. */
function script(fence: string): string {
  const [, block = ''] = new RegExp(`^\`\`\`${fence}\n(.*?)^\`\`\`$`, 'ms').exec(page) ?? [];
  return block.replaceAll('npx profbuf', `'${process.execPath}' '${main}'`);
}

test('the commands of docs/diff.md run', { skip }, async (t) => {
  const folder = new Folder(t);
  folder.write('bench.js', busyFor(300));
  const { code, stdout, stderr } = await run('sh', ['-ec', script('sh')], { cwd: folder.path });
  assert.equal(stderr, '');
  assert.equal(code, 0);
  assert.match(stdout, / noise +busy {2}bench\.js:2$/m);
  assert.match(stdout, / noise +\(without\)$/m);
});

test('the step for CI of docs/diff.md runs between two versions of a program, and fails for what takes longer', {
  skip,
}, async (t) => {
  const folder = new Folder(t);
  const bench = (units: number, more = '') => `${more}
    const define = (name) => eval('(function ' + name + '(n) { return n < 2 ? n : ' + name + '(n - 1) + ' + name + '(n - 2); })');
    const hot = define('hot');
    const rest = define('rest');
    for (let i = 0; i < 30; i++) { for (let j = 0; j < ${units}; j++) hot(20); for (let j = 0; j < 60; j++) rest(20); }
  `;
  const project = join(folder.path, 'project');
  const git = async (...words: readonly string[]) => {
    const identity = ['-c', 'user.name=a', '-c', 'user.email=a@example.org', '-c', 'init.defaultBranch=main'];
    const { code, stdout, stderr } = await run('git', [...identity, ...words], { cwd: project });
    assert.equal(code, 0, stderr);
    return stdout.trim();
  };
  mkdirSync(project);
  folder.write('project/bench.js', bench(30));
  await git('init', '--quiet');
  await git('add', '.');
  await git('commit', '--quiet', '-m', 'before');
  await git('remote', 'add', 'origin', project);
  const base = await git('rev-parse', 'HEAD');
  folder.write('project/bench.js', bench(150, '// an edit above'));

  const [, step = ''] = /^ {2}run: \|\n(.*)/ms.exec(script('yaml')) ?? [];
  // No packages, and three runs of less than a second for five of ten.
  const line = step.replace('npm ci', ':').replace('1 2 3 4 5', '1 2 3');
  const env = { BASE: base, RUNNER_TEMP: folder.path, GITHUB_STEP_SUMMARY: join(folder.path, 'summary.md') };
  const { code, stderr } = await run('sh', ['-ec', line], { cwd: project, env });
  assert.match(stderr, /profbuf: over 5 % of --fail-above: hot takes \d+\.\d % more\n$/);
  assert.equal(code, 1);
  const summary = folder.read('summary.md').toString();
  assert.match(summary, /^\| \*\*<code>hot<\/code>\*\*.* \| \*\*more\*\* \|$/m);
  assert.match(summary, /^\| <code>rest<\/code>.* \| noise \|$/m);
});
