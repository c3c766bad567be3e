import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { Folder, profbuf, root } from './command.js';

/** Records the program once more, at 1000 Hz, and fails if that fails. */
async function record(folder: Folder, name: string, cwd: string, ...program: readonly string[]): Promise<string> {
  const file = join(folder.path, name);
  const { code, stderr } = await profbuf(['record', '--rate', '1000', '-q', '-o', file, ...program], { cwd });
  assert.equal(code, 0, stderr);
  return file;
}

/** The status of the gate. */
async function gate(folder: Folder, base: readonly string[], fresh: readonly string[], ...options: readonly string[]) {
  const words = ['diff', ...base, '--', ...fresh, '--fail-above', '5%', ...options];
  const { code, stdout, stderr } = await profbuf(words, { cwd: folder.path });
  assert.ok(code === 0 || code === 1, stderr);
  return { passes: code === 0, said: `${stderr}${stdout}` };
}

test('two runs of one compile pass the gate in at least 38 of 40 tries, and so do three against three', async (t) => {
  const folder = new Folder(t);
  const runs: string[] = [];
  for (let run = 0; run < 80; run++) {
    const tsc = [join(root, 'node_modules/ts5/bin/tsc'), '--project', '.', '--noEmit'];
    runs.push(await record(folder, `run${run}.pb.gz`, root, ...tsc));
  }
  const passed = async (sideLength: number, tries: number): Promise<number> => {
    let count = 0;
    for (let i = 0; i < tries; i++) {
      const [base, fresh] = [2 * i, 2 * i + 1].map((side) => runs.slice(side * sideLength, (side + 1) * sideLength));
      const { passes, said } = await gate(folder, base ?? [], fresh ?? []);
      if (passes) count++;
      else t.diagnostic(said);
    }
    return count;
  };
  const [ones, threes] = [await passed(1, 40), await passed(3, 13)];
  t.diagnostic(`${ones} of 40 pairs of single runs, ${threes} of 13 of three and three`);
  assert.ok(ones >= 38, `${ones} of 40`);
  assert.ok(threes >= 12, `${threes} of 13`);
});

/**
 * A program whose function `hot` has three tenths of the work, beside others that call themselves, allocate, sort and parse.
 * Two arguments: how many rounds, and how much of `hot` there is in one of them, 100 being three tenths.
 */
const program = `
  const [rounds, much] = process.argv.slice(2).map(Number);
  const define = (name) => eval('(function ' + name + '(n) { return n < 2 ? n : ' + name + '(n - 1) + ' + name + '(n - 2); })');
  const hot = define('hot');
  const others = ['parse', 'render', 'route', 'query', 'log', 'check', 'sign', 'zip'].map(define);
  const text = JSON.stringify(Array.from({ length: 300 }, (_, i) => ({ i, name: 'item' + i })));
  function sortItems() { return JSON.parse(text).sort((a, b) => (a.name < b.name ? 1 : -1)).length; }
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < much; i++) hot(15);
    for (const other of others) for (let i = 0; i < 24; i++) other(15);
    for (let i = 0; i < 2; i++) sortItems();
  }
`;

test('a function that takes a tenth longer of a share of three tenths is found in 10 s runs at 1000 Hz', async (t) => {
  const folder = new Folder(t);
  folder.write('app.cjs', program);
  // How many rounds are 10 s here?
  const trial = await record(folder, 'trial.pb.gz', folder.path, 'app.cjs', '500', '100');
  const top = folder.profile('trial.pb.gz').top();
  const total = top.reduce((sum, { flat }) => sum + flat, 0);
  const share = (top.find(({ functionName }) => functionName === 'hot')?.flat ?? 0) / total;
  assert.ok(share > 0.25 && share < 0.36, `${trial}: hot has ${share}`);
  const rounds = String(Math.round((500 * 10e9) / total));

  const sides: Record<'base' | 'same' | 'slow', string[]> = { base: [], same: [], slow: [] };
  // One after the other, as a careful person measures.
  for (let run = 0; run < 5; run++) {
    sides.base.push(await record(folder, `base${run}.pb.gz`, folder.path, 'app.cjs', rounds, '100'));
    sides.slow.push(await record(folder, `slow${run}.pb.gz`, folder.path, 'app.cjs', rounds, '110'));
    sides.same.push(await record(folder, `same${run}.pb.gz`, folder.path, 'app.cjs', rounds, '100'));
  }
  const slow = await gate(folder, sides.base, sides.slow);
  t.diagnostic(slow.said);
  assert.ok(!slow.passes, slow.said);
  assert.match(slow.said, /over 5 % of --fail-above: hot takes \d+\.\d % more\n/);
  const asked = await gate(folder, sides.base, sides.slow, '--function', '^hot$');
  assert.ok(!asked.passes, asked.said);
  const same = await gate(folder, sides.base, sides.same);
  assert.ok(same.passes, same.said);
});
