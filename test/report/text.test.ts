import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Profile } from 'profbuf';
import { columnsOf } from '#profbuf/report/columns.js';
import { keyingOf } from '#profbuf/report/keying.js';
import { markdown } from '#profbuf/report/markdown.js';
import { plainText } from '#profbuf/report/plain-text.js';
import { PriorityQueue } from '#profbuf/report/priority-queue.js';
import { ReportData } from '#profbuf/report/report-data.js';
import { heaviestStacks, textReport } from '#profbuf/report/text-report.js';
import { Folder, profbuf } from '../cli/command.js';
import { arbitraryProfile } from '../profile/arbitrary-profile.js';
import { exampleProfile } from '../profile/example-profile.js';
import { arbitrarySamples, hostileProfile, profileOf } from './profiles.js';
import '../seed.js';

const linesOf = (text: string) => text.split('\n').slice(0, -1);
// What would begin another line, or turn the direction of one.
const unprintable = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;

describe('report --text', () => {
  it('has functions, the tree, stacks, lines and labels', async (t) => {
    const folder = new Folder(t);
    folder.write('cpu.pb.gz', await exampleProfile().encode());
    folder.write('feed.js', `${'\n'.repeat(24)}  return hot(line);\n`);
    const { code, stdout, stderr } = await profbuf(['report', '--text', 'cpu.pb.gz'], { cwd: folder.path });
    assert.deepEqual([code, stderr], [0, '']);
    assert.equal(
      stdout,
      `cpu.pb.gz
1.20 s cpu, 120 samples, in 2 s, from 2023-11-14T22:13:20Z
- sample rate: 100 Hz

Functions by what they took themselves: 7 of 7, cpu
  self       %   total       %  function                  place
660 ms  55.0 %  660 ms  55.0 %  parse                     /srv/feed.js:20
200 ms  16.7 %  340 ms  28.3 %  walk                      /srv/walk.js:10
140 ms  11.7 %  140 ms  11.7 %  (anonymous walk.js:12:3)  /srv/walk.js:12
100 ms  8.33 %  100 ms  8.33 %  (garbage collector)
 90 ms  7.50 %   90 ms  7.50 %  [Symbol.iterator]         /srv/a b;c#d.js:5
 10 ms  0.83 %   10 ms  0.83 %  readFileSync              node:fs:400
     0     0 %  1.10 s  91.7 %  main                      /srv/app.js:1

From the root
  91.7 %  main  srv/app.js:1
  55.0 %    parse  srv/feed.js:20
  28.3 %    walk  srv/walk.js:10
  16.7 %      walk > walk  srv/walk.js:10
  11.7 %      (anonymous walk.js:12:3)  srv/walk.js:12
  7.50 %    [Symbol.iterator]  srv/a b;c#d.js:5
  8.33 %  (garbage collector)

Heaviest stacks
  55.0 %  660 ms  parse  srv/feed.js:20
          < main  srv/app.js:1
  16.7 %  200 ms  walk  srv/walk.js:10
          < walk  srv/walk.js:10
          < walk  srv/walk.js:10
          < main  srv/app.js:1
  11.7 %  140 ms  (anonymous walk.js:12:3)  srv/walk.js:12
          < walk  srv/walk.js:10
          < main  srv/app.js:1
  8.33 %  100 ms  (garbage collector)
  7.50 %  90 ms  [Symbol.iterator]  srv/a b;c#d.js:5
          < main  srv/app.js:1
  0.83 %  10 ms  readFileSync  node:fs:400
          < main  srv/app.js:1

Lines of hot functions: self, total, share, line
parse /srv/feed.js:20
   600 ms    600 ms   50.0 %     25
    60 ms     60 ms   5.00 %     27
walk /srv/walk.js:10
   200 ms    340 ms   28.3 %     14

Labels
  55.0 %     660 ms  route=/feed
  45.0 %     540 ms  route=(none)
  50.0 %     600 ms  status=200
  45.0 %     540 ms  status=(none)
  5.00 %      60 ms  status=404
`,
    );
    const samples = await profbuf(['report', '--text', '--sample-type', 'samples', 'cpu.pb.gz'], { cwd: folder.path });
    assert.match(samples.stdout, /^ {2}66 {2}55\.0 % {5}66 {2}55\.0 % {2}parse /m);
  });

  it('has the lines of source files, and goes into a file', async (t) => {
    const folder = new Folder(t);
    const { model } = exampleProfile();
    const functions = model.functions.map((info) => ({
      ...info,
      filename: info.filename.replace('/srv/', `${folder.path}/`),
    }));
    folder.write('cpu.pb.gz', await Profile.fromModel({ ...model, functions }).encode());
    folder.write('feed.js', `${'\n'.repeat(24)}  return hot(line); // \x1b[31m\n`);
    const { code, stderr } = await profbuf(['report', '--markdown', '-o', 'cpu.md', 'cpu.pb.gz'], { cwd: folder.path });
    assert.deepEqual([code, stderr], [0, 'profbuf: cpu.md\n']);
    const text = folder.read('cpu.md').toString();
    assert.match(
      text,
      /^`parse` `feed\.js:20`\n\n```text\n +600 ms +600 ms +50\.0 % +25 {2}return hot\(line\); \/\/ \\x1b\[31m\n/m,
    );
    assert.match(text, /^\| 660 ms \| 55\.0 % \| 660 ms \| 55\.0 % \| `parse` \| `feed\.js:20` \|$/m);
  });

  it('is at most 200 lines of what can be printed, whatever the profile', () => {
    fc.assert(
      fc.property(arbitraryProfile, (model) => {
        const columns = columnsOf(model, 'a\nb');
        for (let type = 0; type < columns.sampleTypes.length; type++) {
          const blocks = textReport(columns, type);
          for (const text of [plainText(blocks), markdown(blocks)]) {
            assert.ok(linesOf(text).length <= 200);
            for (const line of linesOf(text)) assert.doesNotMatch(line, unprintable);
          }
        }
      }),
    );
  });

  it('fits where there is much of everything', () => {
    const { model } = exampleProfile();
    const many = Array.from({ length: 400 }, (_, index) => index);
    const profile = {
      ...model,
      functions: many.map((index) => ({
        name: `f${index}`,
        systemName: '',
        filename: '/srv/a.js',
        startLine: 10 * index + 1,
      })),
      locations: many.flatMap((index) =>
        many.slice(0, 9).map((line) => ({
          mapping: -1,
          address: 0,
          isFolded: false,
          lines: [{ function: index, line: 10 * index + line + 1, column: 0 }],
        })),
      ),
      samples: many.flatMap((index) =>
        many.slice(0, 9).map((line) => ({
          stack: many.slice(0, 20).map((depth) => ((index % 40) * 7 + depth) * 9 + line),
          values: [1, 1000],
          labels: many.slice(0, 8).map((key) => ({ key: `key${key}`, value: `value${index}`, unit: '' })),
        })),
      ),
      comments: many.slice(0, 40).map((index) => `comment ${index}`),
    };
    const blocks = textReport(columnsOf(profile, 'much'), 1);
    const count = linesOf(plainText(blocks)).length;
    assert.ok(count > 120 && count < 200, String(count));
    assert.match(plainText(blocks), /\nand the labels|and the labels key4, key5, key6, key7\n$/);
  });

  it('leaves what is markup in Markdown in code', () => {
    const text = markdown(textReport(columnsOf(hostileProfile().model, 'ti`tle`` | <b>'), 1));
    assert.match(text, /^# ```ti`tle`` \| <b>```$/m);
    for (const line of linesOf(text)) {
      // Outside of blocks of code: what stands between spans of code has no markup.
      if (/^(\||- |# |## )/.test(line))
        assert.doesNotMatch(line.replace(/(`+)(?!`).*?[^`]\1(?!`)/g, ''), /[<>]|script/);
      if (line.startsWith('|')) assert.equal(line.replaceAll('\\|', '').split('|').length, 8, line);
    }
  });

  it('has the heaviest stacks, all lines of one together', () => {
    fc.assert(
      fc.property(arbitrarySamples, (taken) => {
        const data = new ReportData(columnsOf(profileOf(taken), ''));
        const keying = keyingOf(data.columns, data.origins, 'function', new Set());
        const stacks = heaviestStacks(
          data.columns,
          keying,
          data.weights(0, () => true),
          5,
        );
        const sums = new Map<string, number>();
        for (const { stack, count } of taken) {
          const way = stack.map(([index]) => `f${index}`).join(';');
          if (way !== '') sums.set(way, (sums.get(way) ?? 0) + count);
        }
        const heaviest = [...sums.values()].filter((value) => value > 0).sort((a, b) => b - a);
        assert.deepEqual(
          stacks.map(({ value }) => value),
          heaviest.slice(0, 5),
        );
        for (const { keys, value } of stacks) {
          const way = keys
            .map((key) => data.functionName(keying.representative[key] ?? 0))
            .reverse()
            .join(';');
          assert.equal(sums.get(way), value);
        }
      }),
    );
  });
});

it('a priority queue gives back the heaviest first', () => {
  fc.assert(
    fc.property(fc.array(fc.integer()), (weights) => {
      const queue = new PriorityQueue<number>();
      for (const weight of weights) queue.push(weight, weight);
      const given: number[] = [];
      for (let next = queue.pop(); next !== undefined; next = queue.pop()) given.push(next);
      assert.deepEqual(
        given,
        weights.toSorted((a, b) => b - a),
      );
    }),
  );
});
