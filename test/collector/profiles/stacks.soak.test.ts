import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Folder, profbuf } from '../../cli/command.js';
import { randomStacks, totalsOf } from '../profiled-program.js';

/** The limit of 65,536 stacks, and one for the rest. */
const mostSamples = 65_537;

describe('a program with more stacks than a profile tells apart', () => {
  test('has the rest under (other), all of its samples, and says so in the profile and at the end', async (t) => {
    const folder = new Folder(t);
    folder.write('app.mjs', randomStacks({ seconds: 60, threads: 2, depth: 3 }));
    const { stderr } = await profbuf(['record', '--rate', '10000', 'app.mjs'], { cwd: folder.path });
    const profile = folder.profile();
    const { samples, functions, locations, comments } = profile.model;
    assert.equal(samples.length, mostSamples, stderr);
    const others = samples.filter(({ stack }) =>
      stack.every((place) => locations[place]?.lines.every((line) => functions[line.function]?.name === '(other)')),
    );
    assert.equal(others.length, 1);
    const count = Number(others[0]?.values[0]);
    // Those that have a stack of their own were seen once at least.
    assert.ok(totalsOf(profile).samples - count >= mostSamples - 1, stderr);
    assert.ok(
      comments.includes(`${count} samples are under (other): the table of stacks was full`),
      comments.join('\n'),
    );
    assert.match(stderr, /lost: [\d,]+ samples without a stack of its own/);
  });
});
